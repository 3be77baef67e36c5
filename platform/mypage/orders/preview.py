"""What the next bills will be if something is bought or ended now, and why; the arithmetic is the bill's own.

Of one product and one holder only. Pure: nothing is read or written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from mypage.billing.charging import Charge, Purchase, forecast
from mypage.billing.tax import TaxableLine, TaxMode, totals
from mypage.hooks.prices import Price, UnitPrice
from mypage.hooks.products import Product
from mypage.lib.months import month_of
from mypage.orders.values import Holding

Reason = Literal[
    "free", "begins", "each-month", "again", "once", "earlier", "full-last", "lost-free", "ended", "nothing"
]
"""Why a month costs what it does: free month of purchase, charged from here on, charged until it is ended, fee for
buying anew, one-off fee, an earlier purchase of the month, full month of ending, free month lost, ended, no fee."""

NEW = "new"
_MONTHLY = ("monthly", "tier")


@dataclass(frozen=True, slots=True)
class Amount:
    """Yen without tax, and the tax on it."""

    net: int
    tax: int

    @property
    def gross(self) -> int:
        """With tax."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Ahead:
    """One month's bill; `onward`: and every one after it. `first`: the first that charges for the product."""

    month: date
    amount: Amount
    reasons: tuple[Reason, ...]
    first: bool = False
    onward: bool = False


def mark_of(ahead: Iterable[Ahead]) -> str:
    """Of bills that were shown, for a form: any other amount, and the same amounts in other months, have another."""
    told = "\n".join(f"{each.month} {each.amount.net} {each.amount.tax}" for each in ahead)
    return hashlib.sha256(told.encode()).hexdigest()


def amount_of(net: int, rate_bp: int, mode: TaxMode) -> Amount:
    """A price with its tax."""
    summed = totals([TaxableLine(net, rate_bp)], mode)
    return Amount(summed.net, summed.tax)


def monthly_net(price: Price) -> int:
    """What a month of one piece costs, without tax."""
    return price.monthly if isinstance(price, UnitPrice) else price.totals[1]


def ahead_of_buying(
    product: Product, mine: Iterable[Holding], now: datetime, *, again: bool, mode: TaxMode = TaxMode.DOWN
) -> tuple[Ahead, ...]:
    """This month, the next, and every month from the one after it. `mine` are the holder's purchases of the product."""
    purchases = (*map(_purchase, mine), Purchase(NEW, product.code, "", now, again=again))
    found: list[Ahead] = []
    for place, (month, lines) in enumerate(forecast(month_of(now), 3, purchases, {product.code: product.price})):
        own = [line for line in lines if NEW in line.purchases and line.kind in _MONTHLY and line.amount]
        first = bool(own) and not any(each.first for each in found)
        found.append(Ahead(month, _sum(lines, mode), _why(lines, own, first, place), first, place == 2))
    return tuple(found)


def ahead_of_ending(
    product: Product, holding: Holding, mine: Iterable[Holding], now: datetime, *, mode: TaxMode = TaxMode.DOWN
) -> tuple[Ahead, ...]:
    """This month, and every month from the next, if a purchase ends now."""
    ended = Purchase(str(holding.id), product.code, "", holding.bought_at, max(now, holding.bought_at), holding.again)
    purchases = (*(_purchase(each) for each in mine if each.id != holding.id), ended)
    found: list[Ahead] = []
    for place, (month, lines) in enumerate(forecast(month_of(now), 2, purchases, {product.code: product.price})):
        reasons: list[Reason] = [_end_reason(product, ended, lines, month)] if place == 0 else ["ended"]
        if any(ended.id not in line.purchases and line.amount for line in lines):
            reasons.append("earlier")
        found.append(Ahead(month, _sum(lines, mode), tuple(reasons), first=False, onward=place == 1))
    return tuple(found)


def _purchase(held: Holding) -> Purchase:
    return Purchase(str(held.id), held.product, "", held.bought_at, held.ended_at, held.again)


def _sum(lines: Iterable[Charge], mode: TaxMode) -> Amount:
    summed = totals([TaxableLine(line.amount, line.rate_bp) for line in lines], mode)
    return Amount(summed.net, summed.tax)


def _why(lines: Iterable[Charge], own: list[Charge], first: bool, place: int) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    if own:
        reasons.append("begins" if first and place < 2 else "each-month")
    else:
        reasons.append("free" if place == 0 else "nothing")
    if any(line.kind == "again" and NEW in line.purchases for line in lines):
        reasons.append("again")
    if any(line.kind == "once" and NEW in line.purchases for line in lines):
        reasons.append("once")
    if any(NEW not in line.purchases and line.amount for line in lines):
        reasons.append("earlier")
    return tuple(reasons)


def _end_reason(product: Product, ended: Purchase, lines: Iterable[Charge], month: date) -> Reason:
    if not any(ended.id in line.purchases and line.kind in _MONTHLY and line.amount for line in lines):
        return "nothing"
    return "lost-free" if month_of(ended.bought) == month and not product.price.months.first else "full-last"
