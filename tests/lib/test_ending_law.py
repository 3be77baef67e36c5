"""What an early end may cost a consumer (電気通信事業法施行規則 第22条の2の13の2)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mypage.lib.ending_law import AboveCap, check_early_end, construction_cap, early_end, month_of_contract

yen = st.integers(0, 100_000)


@pytest.mark.req("OCN-165")
def test_the_example_of_the_ministry() -> None:
    """24 months, ended in the tenth: (24 - 9) / 24 of the construction fee."""
    found = early_end(monthly=4_000, penalty=4_000, construction=24_000, months=24, month=10)
    assert (found.penalty, found.construction, found.total, found.cap) == (4_000, 15_000, 19_000, 19_000)


@pytest.mark.parametrize(
    ("month", "construction", "penalty"),
    [(1, 19_800, 3_000), (2, 18_975, 3_000), (24, 825, 3_000), (25, 0, 0), (60, 0, 0)],
)
def test_the_balance_declines_to_nothing(month: int, construction: int, penalty: int) -> None:
    found = early_end(monthly=3_980, penalty=3_000, construction=19_800, months=24, month=month)
    assert (found.construction, found.penalty) == (construction, penalty)


def test_a_part_of_a_yen_is_never_charged() -> None:
    assert construction_cap(10_000, 36, 1) == 9_722
    assert early_end(monthly=0, penalty=0, construction=1, months=36, month=2).construction == 0


def test_months_are_those_of_the_calendar() -> None:
    assert month_of_contract(date(2026, 1, 31), date(2026, 1, 31)) == 1
    assert month_of_contract(date(2026, 1, 31), date(2026, 2, 1)) == 2
    assert month_of_contract(date(2025, 3, 1), date(2025, 12, 31)) == 10
    assert month_of_contract(date(2026, 5, 1), date(2026, 4, 1)) == 1


def test_a_penalty_above_a_month_is_refused() -> None:
    check_early_end(monthly=4_000, penalty=4_000, construction=0, months=24)
    with pytest.raises(AboveCap, match="penalty of 4001 yen is above one month's fee of 4000 yen; charge 4000 at most"):
        check_early_end(monthly=4_000, penalty=4_001, construction=0, months=24)


def test_a_balance_that_declines_too_slowly_is_refused() -> None:
    check_early_end(monthly=0, penalty=0, construction=24_000, months=24, balance=(24_000, 23_000, 10_000))
    with pytest.raises(AboveCap, match="after 1 of 24 months the balance of 24000 yen is above 23000 yen"):
        check_early_end(monthly=0, penalty=0, construction=24_000, months=24, balance=(24_000, 24_000))
    with pytest.raises(AboveCap, match="after 24 of 24 months"):
        check_early_end(monthly=0, penalty=0, construction=24_000, months=24, balance=(0,) * 24 + (1,))


@pytest.mark.parametrize("wrong", [{"months": 0}, {"penalty": -1}, {"construction": 1.5}, {"monthly": True}])
def test_what_is_no_amount_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError):
        check_early_end(**({"monthly": 1, "penalty": 1, "construction": 1, "months": 1} | wrong))


@given(monthly=yen, construction=yen, months=st.integers(1, 60), month=st.integers(1, 100), part=st.integers(0, 100))
def test_nothing_above_the_cap_is_ever_charged(
    monthly: int, construction: int, months: int, month: int, part: int
) -> None:
    """The cap by exact fractions, worked out another way than by the code."""
    found = early_end(
        monthly=monthly, penalty=monthly * part // 100, construction=construction, months=months, month=month
    )
    assert found.total * months <= monthly * months + construction * max(0, months - month + 1)
    assert found.total <= found.cap
    later = early_end(
        monthly=monthly, penalty=monthly * part // 100, construction=construction, months=months, month=month + 1
    )
    assert later.total <= found.total
