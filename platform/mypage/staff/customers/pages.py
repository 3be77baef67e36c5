"""What the page of one customer shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from mypage.staff.customers.service import CustomerFacts
from mypage.staff.customers.telling import EventRow
from mypage.web.page import Page
from mypage.web.paging import Pager


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that the reader may do for the customer."""

    url: str
    label: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter of the timeline."""

    url: str
    label: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """A service of a contract."""

    category: str
    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtRow:
    """What was bought on a contract, `count` times; `until` when it has ended."""

    name: str
    count: int
    since: date
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRow:
    """A contract. `quotas` are pairs of name and stand."""

    number: str
    name: str
    state: str
    place: str
    since: date | None
    until: date | None
    services: tuple[ServiceRow, ...]
    bought: tuple[BoughtRow, ...]
    quotas: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account; `locked_until` when it waits after wrong guesses."""

    logins: tuple[str, ...]
    name: str
    role: str
    status: str
    verified: bool
    since: date
    closed_on: date | None
    locked_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRow:
    """A bill; `mark` and `state` are how its payment stands."""

    number: str
    month: date
    total: int
    due_on: date | None
    mark: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """Work that waits; `assignee` "" when nobody has taken it."""

    url: str
    reference: str
    title: str
    due_on: date
    overdue: bool
    assignee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NowFacts:
    """How it stands with payment; `card` in words, "" for none."""

    standing: str
    card: str
    expires: date | None
    unpaid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow:
    """An application on paper that runs."""

    kind: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPage(Page):
    """Everything about one customer."""

    template: ClassVar[str] = "staff/customers/customer.html"

    customer: CustomerFacts
    number_label: str
    acts: tuple[Act, ...]
    now: NowFacts
    bills: tuple[BillRow, ...]
    work: tuple[WorkRow, ...]
    work_more: bool
    papers: tuple[PaperRow, ...]
    contracts: tuple[ContractRow, ...]
    contracts_total: int
    contracts_pager: Pager | None
    accounts: tuple[AccountRow, ...]
    accounts_total: int
    accounts_pager: Pager | None
    chips: tuple[Chip, ...]
    events: tuple[EventRow, ...]
    older_url: str
    newest_url: str
    """Where the timeline begins, when this page of it does not; else ""."""
