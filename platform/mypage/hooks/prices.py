"""Prices as data: which months of what somebody holds are charged, and what they cost. Amounts are yen without tax."""

from __future__ import annotations

from dataclasses import dataclass, field

STANDARD_RATE_BP = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedMonths:
    """Which calendar months of one purchase are charged, each in full: nothing is ever split by days.

    ``first``: the month of purchase. ``last``: the month of ending. ``only``: the month of both, when it was bought and
    ended in one (a free first month is lost then, UCOM-146). Months in between are always charged.
    """

    first: bool = False
    last: bool = True
    only: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrice:
    """A fee for each purchase by itself: purchases never merge (UCOM-148, UCOM-149).

    ``monthly`` for each charged month. ``once`` in the month of every purchase. ``again`` in the month of each purchase
    that follows an ended one of the same product by the same holder (UCOM-151).
    """

    monthly: int = 0
    once: int = 0
    again: int = 0
    months: ChargedMonths = field(default_factory=ChargedMonths)
    rate_bp: int = STANDARD_RATE_BP

    def __post_init__(self) -> None:
        _check_amounts(self.monthly, self.once, self.again)
        _check_rate(self.rate_bp)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierPrice:
    """A fee by how many pieces of the product a holder has in a charged month: a total, not per piece (OCN-161).

    ``totals[n]`` is the fee of n pieces; more pieces than the last entry cannot be priced.
    """

    totals: tuple[int, ...]
    months: ChargedMonths = field(default_factory=ChargedMonths)
    rate_bp: int = STANDARD_RATE_BP

    def __post_init__(self) -> None:
        _check_amounts(*self.totals)
        _check_rate(self.rate_bp)
        if len(self.totals) < 2 or self.totals[0] != 0:
            raise ValueError("totals begin with 0 for no piece and price at least one")


Price = UnitPrice | TierPrice


def _check_amounts(*amounts: int) -> None:
    for amount in amounts:
        if isinstance(amount, bool) or not isinstance(amount, int) or amount < 0:
            raise ValueError(f"a price is a whole number of yen from 0, not {amount!r}")


def _check_rate(rate_bp: int) -> None:
    if not 0 <= rate_bp <= 10_000:
        raise ValueError(f"a tax rate is 0 to 10000 basis points, not {rate_bp}")
