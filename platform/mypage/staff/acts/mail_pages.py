"""What the list of a customer's mails shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRow:
    """A mail. `again_url` is "" when it cannot be sent again; `why_not` says why. `anew`: it is made anew then."""

    at: datetime
    what: str
    to: str
    state: str
    sent_at: datetime | None
    trouble: str
    again_url: str
    anew: bool
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailsPage(Page):
    """The last mails of a customer, the newest first."""

    template: ClassVar[str] = "staff/acts/mails.html"

    over: str
    rows: tuple[MailRow, ...]
    customer_url: str
    contact_url: str
