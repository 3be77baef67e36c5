"""What the console shows before somebody sees a portal as the customer does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from mypage.forms.form import PortalForm
from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A view that goes on; `end_url` is empty for those who may not end it."""

    staff: str
    reason: str
    since: datetime
    end_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewPage(Page):
    """The account and the reason. `link` leads into the portal once it was asked for, for `seconds`; "" before."""

    template: ClassVar[str] = "staff/viewing/view.html"

    customer: str
    customer_url: str
    action_url: str
    form: PortalForm | None
    running: tuple[Running, ...] = ()
    link: str = ""
    seconds: int = 0
    minutes: int = 0
