"""What the two pages of ending a contract show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mypage.forms.form import PortalForm
from mypage.staff.approvals.carrying import Told
from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingPage(Page):
    """The form; without living `contracts` there is nothing to end."""

    template: ClassVar[str] = "staff/ending/form.html"

    customer: str
    customer_url: str
    contracts: bool
    form: PortalForm
    action_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingCheckPage(Page):
    """Everything that would end. `waiting_url` leads to the same proposal where it waits already."""

    template: ClassVar[str] = "staff/ending/check.html"

    customer: str
    told: tuple[Told, ...]
    reason: str
    waiting_url: str
    operation: str
    action_url: str
    back_url: str
