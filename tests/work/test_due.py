"""Business days in Japan: weekends, holidays, the days around New Year, and how late something is."""

from __future__ import annotations

from datetime import date

import pytest

from mypage.work.due import business_day, days_left, is_business_day


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
        (date(2026, 11, 21), 0, date(2026, 11, 24)),  # Saturday; Monday is Labour Thanksgiving Day
        (date(2026, 11, 20), 1, date(2026, 11, 24)),
        (date(2026, 11, 20), 3, date(2026, 11, 26)),
        (date(2026, 12, 28), 1, date(2027, 1, 4)),
        (date(2027, 4, 28), 2, date(2027, 5, 6)),  # Golden Week
        (date(2027, 3, 19), 1, date(2027, 3, 23)),  # the equinox on a Sunday moves to Monday
    ],
)
def test_what_is_due_when(start: date, days: int, due: date) -> None:
    assert business_day(start, days) == due


def test_days_off_are_the_operators() -> None:
    assert is_business_day(date(2026, 12, 29), closed=())
    assert not is_business_day(date(2026, 12, 29))
    assert not is_business_day(date(2026, 8, 13), closed=((8, 13),))
    assert business_day(date(2026, 8, 12), 1, closed=((8, 13), (8, 14))) == date(2026, 8, 17)


@pytest.mark.parametrize(
    ("today", "due", "left"),
    [
        (date(2026, 11, 20), date(2026, 11, 20), 0),
        (date(2026, 11, 20), date(2026, 11, 26), 3),
        (date(2026, 11, 26), date(2026, 11, 24), -2),
        (date(2026, 11, 21), date(2026, 11, 20), -1),  # over, although no business day has passed yet
    ],
)
def test_how_much_is_left(today: date, due: date, left: int) -> None:
    assert days_left(today, due) == left
