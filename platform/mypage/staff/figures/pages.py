"""What the page of figures shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from mypage.staff.figures.service import Day, Unpaid
from mypage.web.page import Page


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the picture: its height in percent of the highest. The table holds the same numbers."""

    day: date
    height: int
    now: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of one figure over the days, the oldest first, with what it is a picture of."""

    title: str
    total: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """Open work of one kind by age; `url` leads to it in the queue."""

    label: str
    ages: tuple[int, ...]
    total: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresPage(Page):
    """Logins, orders, work and failed payments."""

    template: ClassVar[str] = "staff/figures/figures.html"
    charts: tuple[Chart, ...]
    days: tuple[Day, ...]
    ages: tuple[str, ...]
    waiting: tuple[WaitingRow, ...]
    unpaid: tuple[Unpaid, ...]
