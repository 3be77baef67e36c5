"""What the pages of the console show that belong to no topic: the choice of a tenant, and the first page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatChoice:
    """A tenant that one may work for; `role` is the word for one's role there."""

    tenant: str
    company: str
    portal: str
    role: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatPage(Page):
    """Which tenant to work for, one at a time."""

    template: ClassVar[str] = "staff/seat.html"
    choices: tuple[SeatChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPage(Page):
    """The first page: where to go from here."""

    template: ClassVar[str] = "staff/home.html"
    company: str
