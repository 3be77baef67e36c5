"""What the two pages of an amount by hand show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mypage.forms.form import PortalForm
from mypage.staff.approvals.carrying import Told
from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountPage(Page):
    """The form. `contracts` is False where the customer has none, and then there is nothing to fill in."""

    template: ClassVar[str] = "staff/money/form.html"

    customer: str
    customer_url: str
    contracts: bool
    form: PortalForm
    action_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountCheckPage(Page):
    """What would be done, and what the bill comes to before and after, with tax, in words.

    `partly`: not everything on the bill is priced here, so that both sums lack something. `waiting_url` leads to the
    same proposal where it waits already.
    """

    template: ClassVar[str] = "staff/money/check.html"

    customer: str
    told: tuple[Told, ...]
    reason: str
    before: str
    after: str
    partly: bool
    waiting_url: str
    operation: str
    draft: str
    action_url: str
    back_url: str
