"""What staff see before and after they look at a portal as a customer does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewTicketPage(Page):
    """One button, for how many minutes. It names nobody: whoever has the link sees no more by opening it."""

    template: ClassVar[str] = "auth/view_ticket.html"

    minutes: int
    action_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewOverPage(Page):
    """It was ended; the window can be closed."""

    template: ClassVar[str] = "auth/view_over.html"
