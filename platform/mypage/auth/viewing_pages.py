"""What staff see before and after they look at a portal as a customer does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewTicketPage(Page):
    """One button: whose pages one will see, for how many minutes, and what stands in the trail as the reason."""

    template: ClassVar[str] = "auth/view_ticket.html"

    customer: str
    staff: str
    reason: str
    minutes: int
    action_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewOverPage(Page):
    """It was ended; the window can be closed."""

    template: ClassVar[str] = "auth/view_over.html"
