"""From what was bought and ended to what a month costs: pure arithmetic for bills, previews and the monthly run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from mypage.hooks.prices import ChargedMonths, Price, TierPrice, UnitPrice
from mypage.lib.months import add_months, month_of

ChargeKind = Literal["monthly", "once", "again", "tier"]


class PriceError(ValueError):
    """Something is held that the operator's prices do not cover; the message names product and holder.

    `problem` is the message without the holder, whose id says nothing to people.
    """

    def __init__(self, product: str, holder: str, reason: str) -> None:
        super().__init__(f"{product} of {holder} {reason}")
        self.problem = f"{product} {reason}"


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase of a product. `holder` is the contract or account that has it; `ended` is None while it lasts.

    `again` says that the holder had the product before and had ended it: `with_again` finds out.
    """

    id: str
    product: str
    holder: str
    bought: datetime
    ended: datetime | None = None
    again: bool = False

    def __post_init__(self) -> None:
        if self.ended is not None and self.ended < self.bought:
            raise ValueError(f"purchase {self.id} ended before it was bought")


@dataclass(frozen=True, slots=True)
class Charge:
    """A line of a month's bill: yen without tax. `purchases` are the ids that it charges for, a tier's all together."""

    product: str
    holder: str
    kind: ChargeKind
    amount: int
    rate_bp: int
    purchases: tuple[str, ...]


def charged_span(months: ChargedMonths, bought: date, ended: date | None) -> tuple[date, date | None] | None:
    """First and last charged month of a purchase (None as last: no end yet), or None when no month is charged."""
    if ended == bought:
        return (bought, bought) if months.only else None
    first = bought if months.first else add_months(bought)
    if ended is None:
        return first, None
    last = ended if months.last else add_months(ended, -1)
    return (first, last) if first <= last else None


def charges(month: date, purchases: Iterable[Purchase], prices: Mapping[str, Price]) -> tuple[Charge, ...]:
    """What one month costs: by product in the order of `prices`, then holder, then purchase. Fees of 0 yen are lines.

    Raises PriceError for a product without a price and for more pieces than a tier has.
    """
    held: dict[str, list[Purchase]] = defaultdict(list)
    for purchase in purchases:
        held[purchase.product].append(purchase)
    for product in held.keys() - prices.keys():
        raise PriceError(product, held[product][0].holder, "has no price; declare one")
    found: list[Charge] = []
    for product, price in prices.items():
        ordered = sorted(held.get(product, ()), key=lambda p: (p.holder, p.bought, p.id))
        found += _units(month, price, ordered) if isinstance(price, UnitPrice) else _tiers(month, price, ordered)
    return tuple(found)


def forecast(
    month: date, count: int, purchases: Iterable[Purchase], prices: Mapping[str, Price]
) -> tuple[tuple[date, tuple[Charge, ...]], ...]:
    """The charges of `count` months from `month` on if nothing else is bought or ended, for a confirm page."""
    known = tuple(purchases)
    return tuple((each, charges(each, known, prices)) for each in (add_months(month, n) for n in range(count)))


def with_again(purchases: Iterable[Purchase]) -> tuple[Purchase, ...]:
    """The same purchases, each marked when the holder had ended the same product before it was bought."""
    known = tuple(purchases)
    ends: dict[tuple[str, str], list[tuple[datetime, str]]] = defaultdict(list)
    for p in known:
        if p.ended is not None:
            ends[p.product, p.holder].append((p.ended, p.id))
    earliest = {key: sorted(found)[:2] for key, found in ends.items()}
    return tuple(
        replace(p, again=any(end <= p.bought and id_ != p.id for end, id_ in earliest.get((p.product, p.holder), ())))
        for p in known
    )


def _covers(months: ChargedMonths, purchase: Purchase, month: date) -> bool:
    span = charged_span(months, month_of(purchase.bought), month_of(purchase.ended) if purchase.ended else None)
    return span is not None and span[0] <= month and (span[1] is None or month <= span[1])


def _units(month: date, price: UnitPrice, purchases: Iterable[Purchase]) -> Iterable[Charge]:
    for p in purchases:
        if month_of(p.bought) == month:
            if price.once:
                yield Charge(p.product, p.holder, "once", price.once, price.rate_bp, (p.id,))
            if price.again and p.again:
                yield Charge(p.product, p.holder, "again", price.again, price.rate_bp, (p.id,))
        if _covers(price.months, p, month):
            yield Charge(p.product, p.holder, "monthly", price.monthly, price.rate_bp, (p.id,))


def _tiers(month: date, price: TierPrice, purchases: Iterable[Purchase]) -> Iterable[Charge]:
    pieces: dict[str, list[Purchase]] = defaultdict(list)
    for p in purchases:
        if _covers(price.months, p, month):
            pieces[p.holder].append(p)
    for holder, held in pieces.items():
        if len(held) >= len(price.totals):
            reason = f"has {len(held)} pieces, but prices end at {len(price.totals) - 1}"
            raise PriceError(held[0].product, holder, reason)
        ids = tuple(p.id for p in held)
        yield Charge(held[0].product, holder, "tier", price.totals[len(held)], price.rate_bp, ids)
