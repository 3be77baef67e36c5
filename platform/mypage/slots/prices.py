"""What places cost a month, before and after an application; the tax as on a bill, rounded once for all of it.

Amounts for one place are never reckoned, so a fraction such as 192.5 is nowhere (OCN-162).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mypage.billing.tax import TaxableLine, TaxMode, totals
from mypage.hooks.prices import Price, TierPrice
from mypage.hooks.slots import Slots
from mypage.operators.operator import Operator
from mypage.orders.preview import Amount
from mypage.slots.values import SlotRow, SlotWish


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How many places are in use, and how many of them have each option."""

    slots: Slots
    count: int
    options: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLine:
    """A product of the places, a msgid, and what it costs a month."""

    name: str
    before: Amount
    after: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesAhead:
    """What all places of the kind cost a month. `mark` goes into the form: other prices have another one."""

    before: Amount
    after: Amount
    lines: tuple[PriceLine, ...]
    before_count: int
    after_count: int

    @property
    def mark(self) -> str:
        """Of these prices, for a form."""
        told = (self.before.net, self.before.tax, self.after.net, self.after.tax, self.before_count, self.after_count)
        return hashlib.sha256(" ".join(map(str, told)).encode()).hexdigest()


def prices_ahead(operator: Operator, before: Usage, after: Usage, mode: TaxMode = TaxMode.DOWN) -> PricesAhead:
    """A month's price of two ways of using the places of one kind, as soon as whole months are charged."""
    slots = before.slots
    counted = [(slots.product, before.count, after.count)]
    counted += [(o.product, before.options.get(o.code, 0), after.options.get(o.code, 0)) for o in slots.options]
    nets = [(operator.products[code], was, will) for code, was, will in counted]
    lines = tuple(
        PriceLine(
            name=product.name,
            before=_amount([(product.price, was)], mode),
            after=_amount([(product.price, will)], mode),
        )
        for product, was, will in nets
    )
    return PricesAhead(
        before=_amount([(product.price, was) for product, was, _ in nets], mode),
        after=_amount([(product.price, will) for product, _, will in nets], mode),
        lines=lines,
        before_count=before.count,
        after_count=after.count,
    )


def usage_of(slots: Slots, rows: Iterable[SlotRow]) -> Usage:
    """The places as they will be once all that waits is done."""
    count, options = 0, Counter[str]()
    for row in rows:
        waits = row.application
        there = row.address is not None if waits is None else waits.action != "remove"
        if there:
            count += 1
            options.update(row.options if waits is None else waits.options)
    return Usage(slots=slots, count=count, options=dict(options))


def usage_after(slots: Slots, rows: Iterable[SlotRow], wish: SlotWish) -> Usage:
    """As `usage_of`, with one more application done."""
    known = tuple(rows)
    row = known[wish.number - 1]
    was = usage_of(slots, known)
    options = Counter(was.options)
    options.subtract(row.options)
    if wish.action != "remove":
        options.update(wish.options)
    change = {"add": 1, "change": 0, "remove": -1}[wish.action]
    return Usage(slots=slots, count=was.count + change, options={code: n for code, n in options.items() if n})


def _monthly(price: Price, count: int) -> int:
    return price.totals[count] if isinstance(price, TierPrice) else price.monthly * count


def _amount(held: Iterable[tuple[Price, int]], mode: TaxMode) -> Amount:
    summed = totals([TaxableLine(_monthly(price, count), price.rate_bp) for price, count in held], mode)
    return Amount(summed.net, summed.tax)
