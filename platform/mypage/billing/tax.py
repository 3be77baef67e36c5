"""The arithmetic of the 適格請求書: the tax is rounded once per rate per invoice, never per line (ACTV-61).

Amounts are yen without tax; lines with tax included are not handled here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from mypage.lib.money import Rounding, divide, whole_yen

BASIS_POINTS = 10_000
STANDARD_RATE_BP = 1_000

TaxMode = Rounding


class Taxable(Protocol):
    """What is billed: yen without tax, the rate in basis points (1000 = 10 %), and whether that is the 軽減税率."""

    @property
    def amount(self) -> int: ...
    @property
    def rate_bp(self) -> int: ...
    @property
    def reduced(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class TaxableLine:
    """The least that `totals` needs of a line; a negative amount is a credit."""

    amount: int
    rate_bp: int = STANDARD_RATE_BP
    reduced: bool = False


@dataclass(frozen=True, slots=True)
class RateTotal:
    """One row of 税率ごとの合計. The reduced 8 % and the former standard 8 % are two rates in law, hence two rows."""

    rate_bp: int
    reduced: bool
    net: int
    tax: int

    @property
    def gross(self) -> int:
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class InvoiceTotals:
    """The totals per rate, highest rate first, and their sums."""

    rates: tuple[RateTotal, ...]

    @property
    def net(self) -> int:
        return sum(rate.net for rate in self.rates)

    @property
    def tax(self) -> int:
        return sum(rate.tax for rate in self.rates)

    @property
    def gross(self) -> int:
        return self.net + self.tax


def tax_on(net: int, rate_bp: int, mode: TaxMode = TaxMode.DOWN) -> int:
    """The tax on a sum of lines of one rate. ValueError for a rate outside 0..100 %, TypeError for a float."""
    if not 0 <= whole_yen(rate_bp) <= BASIS_POINTS:
        raise ValueError(f"a tax rate is 0 to {BASIS_POINTS} basis points, not {rate_bp}")
    return divide(whole_yen(net) * rate_bp, BASIS_POINTS, mode)


def totals(lines: Iterable[Taxable], mode: TaxMode = TaxMode.DOWN) -> InvoiceTotals:
    """Sums the lines of each rate and rounds the tax of each sum once: one call is one invoice."""
    nets: defaultdict[tuple[int, bool], int] = defaultdict(int)
    for line in lines:
        nets[line.rate_bp, line.reduced] += whole_yen(line.amount)
    ordered = sorted(nets.items(), key=lambda item: (-item[0][0], item[0][1]))
    return InvoiceTotals(
        tuple(RateTotal(rate_bp, reduced, net, tax_on(net, rate_bp, mode)) for (rate_bp, reduced), net in ordered)
    )


def rate_text(rate_bp: int) -> str:
    """`1000` -> `10%`, `625` -> `6.25%`."""
    percent, hundredths = divmod(rate_bp, 100)
    return f"{percent}.{hundredths:02d}".rstrip("0").rstrip(".") + "%" if hundredths else f"{percent}%"
