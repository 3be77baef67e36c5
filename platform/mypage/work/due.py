"""Business days in Japan: when work is due, and how late it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

import jpholiday

from mypage.hooks.desk import NEW_YEAR

_DAY = timedelta(days=1)
_FRIDAY = 4

ClosedDays = Iterable[tuple[int, int]]
"""Days of each year (month, day) on which nobody works, besides weekends and holidays."""


def is_business_day(day: date, closed: ClosedDays = NEW_YEAR) -> bool:
    """Whether somebody works on that day: no Saturday, Sunday, public holiday or day off of the operator."""
    return day.weekday() <= _FRIDAY and (day.month, day.day) not in closed and not _holiday(day)


def business_day(start: date, days: int, closed: ClosedDays = NEW_YEAR) -> date:
    """The day that many business days after `start`; with 0 that day itself, or the next on which somebody works."""
    closed = frozenset(closed)
    day = start
    while not is_business_day(day, closed) and days == 0:
        day += _DAY
    for _ in range(days):
        day += _DAY
        while not is_business_day(day, closed):
            day += _DAY
    return day


def days_left(today: date, due: date, closed: ClosedDays = NEW_YEAR) -> int:
    """Business days from today until a due day: 0 on the day itself, less than 0 when it is over."""
    if due < today:
        return -_between(due, today, closed) or -1
    return _between(today, due, closed)


def _between(after: date, until: date, closed: ClosedDays) -> int:
    closed = frozenset(closed)
    whole = (after + _DAY * n for n in range(1, (until - after).days + 1))
    return sum(1 for day in whole if is_business_day(day, closed))


@lru_cache(maxsize=4096)
def _holiday(day: date) -> bool:
    return bool(jpholiday.is_holiday(day))
