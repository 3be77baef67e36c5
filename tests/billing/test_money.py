from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mypage.lib.money import CURRENCY, Rounding, divide, format_yen, grouped, parse_yen, whole_yen

amounts = st.integers(-(10**15), 10**15)


def test_amounts_are_written_as_people_read_them() -> None:
    assert CURRENCY == "JPY"
    assert [grouped(n) for n in (0, 7480, -500, 1234567)] == ["0", "7,480", "-500", "1,234,567"]
    assert [format_yen(n) for n in (1234, -500, 0)] == ["1,234円", "-500円", "0円"]
    assert [format_yen(n, "en") for n in (1234, -500)] == ["¥1,234", "-¥500"]


@pytest.mark.parametrize("value", [1.0, True, "1", None])
def test_only_whole_yen_are_money(value: object) -> None:
    with pytest.raises(TypeError):
        whole_yen(value)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234円", 1234),
        ("￥１，２３４", 1234),
        ("¥500", 500),
        ("-500", -500),
        ("−500円", -500),
        (" 0 ", 0),
        ("－１２", -12),
    ],
)
def test_amounts_from_people_and_other_systems_are_read(text: str, amount: int) -> None:
    assert parse_yen(text) == amount


@pytest.mark.parametrize("text", ["", "円", "1.5", "1,23", "12,3456", "1e3", "--1", "1 2", "٣", "9" * 30])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        parse_yen(text)


@given(amounts)
def test_what_is_written_can_be_read(amount: int) -> None:
    assert parse_yen(format_yen(amount)) == amount
    assert parse_yen(format_yen(amount, "en")) == amount


@given(amounts, st.integers(1, 10**6), st.sampled_from(Rounding))
def test_division_is_exact_rounding(numerator: int, denominator: int, rounding: Rounding) -> None:
    exact = Fraction(numerator, denominator)
    result = divide(numerator, denominator, rounding)
    assert abs(result - exact) < 1
    match rounding:
        case Rounding.DOWN:
            assert abs(result) <= abs(exact)
        case Rounding.UP:
            assert abs(result) >= abs(exact)
        case Rounding.HALF:
            assert abs(result - exact) <= Fraction(1, 2)
    assert divide(-numerator, denominator, rounding) == -result


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [(Rounding.DOWN, [0, 0, 0, 1]), (Rounding.HALF, [0, 1, 1, 1]), (Rounding.UP, [1, 1, 1, 1])],
)
def test_the_three_ways_to_round(rounding: Rounding, expected: list[int]) -> None:
    assert [divide(n, 10, rounding) for n in (4, 5, 9, 10)] == expected


def test_nothing_is_divided_by_nothing() -> None:
    with pytest.raises(ValueError, match="positive"):
        divide(1, 0)
