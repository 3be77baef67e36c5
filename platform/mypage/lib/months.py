"""Calendar months of Japan, each as its first day."""

from __future__ import annotations

from datetime import date, datetime

from mypage.lib.clock import tokyo_day


def month_of(instant: datetime) -> date:
    """The month in Japan of an aware instant."""
    return tokyo_day(instant).replace(day=1)


def add_months(month: date, count: int = 1) -> date:
    """The month so many later, or earlier when `count` is negative."""
    years, months = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(years, months + 1, 1)
