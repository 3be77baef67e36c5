"""What a month costs, in the words of the manuals and without any cleverness: the measure of the fast arithmetic.

It looks at single months only: was the thing held at all in this month, was it bought in it, was it ended in it?
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction

from mypage.billing.charging import Purchase
from mypage.hooks.prices import ChargedMonths, Price, UnitPrice

JAPAN = timezone(timedelta(hours=9))


def year_and_month(instant: datetime) -> tuple[int, int]:
    there = instant.astimezone(JAPAN)
    return there.year, there.month


def is_charged(rule: ChargedMonths, purchase: Purchase, month: date) -> bool:
    this = month.year, month.month
    bought_now = year_and_month(purchase.bought) == this
    ended_now = purchase.ended is not None and year_and_month(purchase.ended) == this
    if year_and_month(purchase.bought) > this:
        return False
    if purchase.ended is not None and year_and_month(purchase.ended) < this:
        return False
    if bought_now and ended_now:
        return rule.only
    if bought_now:
        return rule.first
    return rule.last if ended_now else True


def month_costs(month: date, purchases: list[Purchase], prices: dict[str, Price]) -> Counter[tuple[str, str, str, int]]:
    """(product, holder, kind, yen) of each line, with how often it stands on the bill."""
    lines: Counter[tuple[str, str, str, int]] = Counter()
    for product, price in prices.items():
        mine = [p for p in purchases if p.product == product]
        if isinstance(price, UnitPrice):
            for p in mine:
                if is_charged(price.months, p, month):
                    lines[product, p.holder, "monthly", price.monthly] += 1
                if year_and_month(p.bought) != (month.year, month.month):
                    continue
                if price.once > 0:
                    lines[product, p.holder, "once", price.once] += 1
                had_before = any(
                    q is not p and q.holder == p.holder and q.ended is not None and q.ended <= p.bought for q in mine
                )
                if price.again > 0 and had_before:
                    lines[product, p.holder, "again", price.again] += 1
        else:
            for holder in {p.holder for p in mine}:
                pieces = sum(is_charged(price.months, p, month) for p in mine if p.holder == holder)
                if pieces:
                    lines[product, holder, "tier", price.totals[pieces]] += 1
    return lines


def tax_sums(lines: list[tuple[int, int, bool]], mode: str) -> list[tuple[int, bool, int, int]]:
    """(rate in basis points, reduced, net, tax) per rate, highest first, from (yen, rate, reduced) of each line."""
    rates = sorted({(rate, reduced) for _, rate, reduced in lines}, key=lambda each: (-each[0], each[1]))
    found = []
    for rate, reduced in rates:
        net = sum(yen for yen, *kind in lines if kind == [rate, reduced])
        exact = Fraction(abs(net)) * rate / 10_000
        whole = {"down": math.floor(exact), "up": math.ceil(exact), "half": math.floor(exact + Fraction(1, 2))}[mode]
        found.append((rate, reduced, net, -whole if net < 0 else whole))
    return found
