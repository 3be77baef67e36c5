from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mypage.billing.tax import RateTotal, TaxableLine, TaxMode, rate_text, tax_on, totals

Reference = dict[tuple[int, bool], tuple[int, int]]

rates = st.sampled_from([(1000, False), (800, True), (800, False), (0, False), (625, False)])
lines = st.builds(lambda amount, rate: TaxableLine(amount, *rate), st.integers(-(10**7), 10**7), rates)
many_lines = st.lists(lines, max_size=30)
modes = st.sampled_from(TaxMode)


def reference(given_lines: Sequence[TaxableLine], mode: TaxMode) -> Reference:
    """The law in other words: add up per rate, take the exact tax as a fraction, round its size once."""
    result: Reference = {}
    for key in {(line.rate_bp, line.reduced) for line in given_lines}:
        net = sum(line.amount for line in given_lines if (line.rate_bp, line.reduced) == key)
        exact = abs(Fraction(net * key[0], 10_000))
        size = {
            TaxMode.DOWN: math.floor(exact),
            TaxMode.UP: math.ceil(exact),
            TaxMode.HALF: math.floor(exact + Fraction(1, 2)),
        }[mode]
        result[key] = net, size if net >= 0 else -size
    return result


@pytest.mark.req("ACTV-61")
@given(many_lines, modes)
def test_totals_agree_with_the_reference(given_lines: list[TaxableLine], mode: TaxMode) -> None:
    result = totals(given_lines, mode)
    expected = reference(given_lines, mode)
    assert {(rate.rate_bp, rate.reduced): (rate.net, rate.tax) for rate in result.rates} == expected
    assert result.net == sum(line.amount for line in given_lines)
    assert result.gross == result.net + sum(tax for _, tax in expected.values())


@pytest.mark.req("ACTV-61")
@given(many_lines, modes)
def test_each_rate_is_off_by_less_than_one_yen(given_lines: list[TaxableLine], mode: TaxMode) -> None:
    for rate in totals(given_lines, mode).rates:
        assert abs(rate.tax - Fraction(rate.net * rate.rate_bp, 10_000)) < 1


@given(many_lines, modes, st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(given_lines: list[TaxableLine], mode: TaxMode, random: object) -> None:
    shuffled = list(given_lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert totals(shuffled, mode) == totals(given_lines, mode)


@given(st.lists(st.tuples(lines, st.integers(-(10**6), 10**6)), max_size=20), modes)
def test_splitting_a_line_changes_nothing(pairs: list[tuple[TaxableLine, int]], mode: TaxMode) -> None:
    halves = [
        TaxableLine(amount, line.rate_bp, line.reduced) for line, part in pairs for amount in (part, line.amount - part)
    ]
    assert totals(halves, mode) == totals([line for line, _ in pairs], mode)


@given(many_lines, modes)
def test_a_credit_note_mirrors_its_invoice(given_lines: list[TaxableLine], mode: TaxMode) -> None:
    mirrored = totals([TaxableLine(-line.amount, line.rate_bp, line.reduced) for line in given_lines], mode)
    original = totals(given_lines, mode)
    assert (mirrored.net, mirrored.tax) == (-original.net, -original.tax)


@pytest.mark.req("ACTV-61")
def test_the_tax_is_rounded_per_rate_and_not_per_line() -> None:
    three = [TaxableLine(105)] * 3
    assert totals(three).tax == 31
    assert sum(totals([line]).tax for line in three) == 30


def test_rates_stand_from_high_to_low_and_the_reduced_rate_apart() -> None:
    result = totals(
        [TaxableLine(100, 0), TaxableLine(100, 800, True), TaxableLine(6800), TaxableLine(50, 800)], TaxMode.HALF
    )
    assert result.rates == (
        RateTotal(1000, False, 6800, 680),
        RateTotal(800, False, 50, 4),
        RateTotal(800, True, 100, 8),
        RateTotal(0, False, 100, 0),
    )
    assert result.gross == 7050 + 692


def test_no_lines_are_no_money() -> None:
    assert (totals([]).rates, totals([]).gross) == ((), 0)


@pytest.mark.parametrize("rate_bp", [-1, 10_001])
def test_a_rate_outside_0_to_100_percent_is_refused(rate_bp: int) -> None:
    with pytest.raises(ValueError, match="basis points"):
        tax_on(100, rate_bp)


def test_a_float_is_refused() -> None:
    with pytest.raises(TypeError):
        totals([TaxableLine(1.5)])  # type: ignore[arg-type]


def test_rates_are_written_exactly() -> None:
    assert [rate_text(bp) for bp in (1000, 800, 0, 625, 750, 5)] == ["10%", "8%", "0%", "6.25%", "7.5%", "0.05%"]
