"""What the overview shows (UCOM-47 to UCOM-55)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar, Literal

from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewRow:
    """A label and a value; `kind` is how the value is set.

    `state` is there for a product: whether it is held. `url` with `action` leads to a change.
    """

    label: str
    value: str
    state: bool | None = None
    kind: Literal["", "code", "num"] = ""
    url: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRow:
    """How many are registered of how many, `note` in how far they are free of charge; `percent` None draws no bar."""

    label: str
    text: str
    note: str
    percent: int | None
    url: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewProducts:
    """The products of one page that an account holds or not; `links` are label and address."""

    title: str
    rows: tuple[OverviewRow, ...]
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEntry:
    """One account, to be opened. `marked` sets its role apart, because it may do more than the usual one."""

    id: uuid.UUID
    login_id: str
    name: str
    role: str
    marked: bool
    opened: bool
    rows: tuple[OverviewRow, ...]
    products: tuple[OverviewProducts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Accounts without a mail address, and where one is registered."""

    title: str
    text: str
    url: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage(Page):
    """Contract, options and accounts. What concerns the contract is empty for who reaches the own account alone."""

    template: ClassVar[str] = "subaccounts/overview.html"

    title: str
    hint: Hint | None
    contract_title: str
    contract: tuple[OverviewRow, ...]
    quotas_title: str
    quotas_note: str
    quotas: tuple[QuotaRow, ...]
    options_title: str
    options: tuple[OverviewRow, ...]
    accounts_title: str
    accounts: tuple[AccountEntry, ...]
    facts_title: str
    none_text: str
    add_url: str
    add_label: str
