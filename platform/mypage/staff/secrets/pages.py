"""What the pages of secrets show: labels, and in one answer one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from mypage.forms.form import PortalForm
from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRow:
    """A secret by its label; `url` leads to the page that asks why."""

    contract: str
    label: str
    updated_at: datetime
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsPage(Page):
    """The labels of a customer's secrets."""

    template: ClassVar[str] = "staff/secrets/list.html"

    over: str
    rows: tuple[SecretRow, ...]
    customer_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPage(Page):
    """Asks why, and says what will happen. `told`: the masked address at which the customer is told, "" for none."""

    template: ClassVar[str] = "staff/secrets/ask.html"

    over: str
    label: str
    contract: str
    told: str
    most: int
    form: PortalForm
    operation: str
    action_url: str
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretShownPage(Page):
    """The value, in this answer alone; "" when this press has shown it before."""

    template: ClassVar[str] = "staff/secrets/shown.html"

    over: str
    label: str
    contract: str
    value: str = field(repr=False)
    told: str
    reason: str
    customer_url: str
    list_url: str
