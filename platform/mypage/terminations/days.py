"""The days on which a contract may end, and how they are written."""

from __future__ import annotations

from datetime import date, timedelta

from mypage.hooks.terminations import EndDays
from mypage.work.due import business_day, is_business_day

_JAPANESE = "月火水木金土日"
_DAY = timedelta(days=1)


def offered_days(rules: EndDays, today: date) -> tuple[date, ...]:
    """The days from the earliest to the latest, both included; business days alone unless every day is offered."""
    day, last = business_day(today, rules.earliest, rules.closed), business_day(today, rules.latest, rules.closed)
    found: list[date] = []
    while day <= last:
        if rules.every_day or is_business_day(day, rules.closed):
            found.append(day)
        day += _DAY
    return tuple(found)


def day_text(day: date, locale: str) -> str:
    """A day with its weekday, such as 2024/01/11(木) (OCN-129)."""
    weekday = f"({_JAPANESE[day.weekday()]})" if locale == "ja" else f" ({day:%a})"
    return f"{day:%Y/%m/%d}{weekday}"
