"""What one contract's bill of a month is: `charging` and `tax`, each answer kept for all contracts that are alike.

Which lines a contract gets depends on few facts about each purchase: the product, whether it was bought or ended in the
month, whether it is a repetition, and who else of the contract has the same. Most contracts of a tenant share them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mypage.billing.charging import ChargeKind, Purchase, charges
from mypage.billing.run_values import RunPlan
from mypage.billing.tax import totals
from mypage.db.staging import copy_row
from mypage.hooks.prices import Price
from mypage.lib.months import add_months

MOST_KEPT = 20_000
"""Kinds of bills that are kept; beyond that all are forgotten, so that memory stays flat."""
_MICROSECOND = timedelta(microseconds=1)

Held = tuple[str, int, bool, bool, bool]
"""One purchase: product, number of its holder within the contract, bought now, ended now, a repetition."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A single amount; `id` is its row."""

    id: str
    description: str
    amount: int
    rate_bp: int
    reduced: bool


@dataclass(frozen=True, slots=True)
class LineForm:
    """A line for COPY without ids: `head` up to the description, to which the holder's name is added, and `tail`.

    `holder` is the number of the holder within the contract, -1 for none; `sources` the numbers of the contract's
    purchases and then its postings.
    """

    head: str
    holder: int
    tail: str
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BillForm:
    """A bill for COPY without ids; `lines` is empty when there is nothing to bill."""

    lines: tuple[LineForm, ...] = ()
    taxes: tuple[str, ...] = ()
    amounts: str = ""
    total: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with its texts, before it is one of a bill. `reduced` marks the 軽減税率."""

    description: str
    holder: int
    kind: str
    amount: int
    rate_bp: int
    sources: tuple[int, ...]
    reduced: bool = False


class Reckoner:
    """Bills of one run."""

    def __init__(self, plan: RunPlan) -> None:
        """Knows nothing yet."""
        self._plan = plan
        self._prices: Mapping[str, Price] = {code: priced.price for code, priced in plan.priced.items()}
        self._kept: dict[tuple[Held, ...], BillForm] = {}
        self._last_day = add_months(plan.month) - timedelta(days=1)

    def bill(self, held: tuple[Held, ...], posted: Sequence[Posted] = ()) -> BillForm:
        """The bill of a contract. `held` is in the order of holder, purchase, id. Raises PriceError."""
        if posted:
            extra = (_posting(number, each) for number, each in enumerate(posted, len(held)))
            return self._form([*self._charged(held), *extra])
        found = self._kept.get(held)
        if found is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            found = self._kept[held] = self._form(self._charged(held))
        return found

    def _charged(self, held: tuple[Held, ...]) -> list[_Line]:
        found = charges(self._plan.month, (self._purchase(n, each) for n, each in enumerate(held)), self._prices)
        return [
            _Line(
                self._described(charge.product, charge.kind),
                int(charge.holder),
                charge.kind,
                charge.amount,
                charge.rate_bp,
                tuple(map(int, charge.purchases)),
            )
            for charge in found
        ]

    def _purchase(self, number: int, held: Held) -> Purchase:
        """One that is alike in all that prices look at."""
        product, holder, bought_now, ended_now, again = held
        bought = self._plan.begins if bought_now else self._plan.begins - _MICROSECOND
        ended = self._plan.ends - _MICROSECOND if ended_now else None
        return Purchase(f"{number:06d}", product, f"{holder:06d}", bought, ended, again)

    def _described(self, code: str, kind: ChargeKind) -> str:
        product = self._plan.priced[code]
        label = {"once": product.once_label, "again": product.again_label}.get(kind, "")
        return f"{product.name} {label}".rstrip()

    def _form(self, lines: Sequence[_Line]) -> BillForm:
        if not any(line.amount for line in lines):
            return BillForm()
        reckoned = totals(lines, self._plan.tax_mode)
        return BillForm(
            lines=tuple(self._line_form(place, line) for place, line in enumerate(lines, 1)),
            taxes=tuple(copy_row((r.rate_bp, r.reduced, r.net, r.tax)) for r in reckoned.rates),
            amounts=copy_row((reckoned.net, reckoned.tax, reckoned.gross)),
            total=reckoned.gross,
        )

    def _line_form(self, place: int, line: _Line) -> LineForm:
        monthly = line.kind in ("monthly", "tier")
        period: tuple[date | None, date | None] = (self._plan.month, self._last_day) if monthly else (None, None)
        tail = copy_row((*period, "", line.rate_bp, line.reduced, line.amount, line.kind))
        return LineForm(copy_row((place, line.description)), line.holder, tail, line.sources)


def _posting(number: int, posted: Posted) -> _Line:
    return _Line(posted.description, -1, "posting", posted.amount, posted.rate_bp, (number,), posted.reduced)
