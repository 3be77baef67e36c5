"""What the pages of the trail show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from mypage.forms.form import PortalForm
from mypage.staff.customers.telling import EventRow
from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailRow:
    """An entry in words, with its bare action and what it is about beside them."""

    event: EventRow
    action: str
    url: str
    customer: str = ""
    customer_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seals:
    """The state of the chain: `wrong` is what the last verification found, None before there was one."""

    count: int
    upto: datetime | None
    verified_at: datetime | None
    wrong: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailPage(Page):
    """The filters, the entries, newest first. `rows` is None while a filter is wrong; `sent` repeats the filters."""

    template: ClassVar[str] = "staff/trail/list.html"

    form: PortalForm
    list_url: str
    rows: tuple[TrailRow, ...] | None
    seals: Seals
    export_url: str
    sent: tuple[tuple[str, str], ...] = ()
    first_url: str = ""
    older_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value of an entry, before and after; None where it was not there."""

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEntryPage(Page):
    """One entry with all that it says. `seal` is what its seal says, `seq` and `sealed_at` its link's."""

    template: ClassVar[str] = "staff/trail/entry.html"

    event: EventRow
    facts: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]
    seal: Literal["waiting", "holds", "broken", "unknown"]
    seq: int
    sealed_at: datetime | None
    back_url: str
    customer: str = ""
    customer_url: str = ""
