"""What the pages of notices show to who writes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from mypage.forms.form import PortalForm
from mypage.notices.pages import Paragraph
from mypage.staff.approvals.carrying import Told
from mypage.web.page import Page
from mypage.web.paging import Pager

NoticeState = Literal["draft", "scheduled", "shown", "ended", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRow:
    """A notice in the list. `reached` is None where nobody counted; `fed` when it came by a feed."""

    url: str
    title: str
    state: NoticeState
    importance: str
    audience: str
    starts_at: datetime
    ends_at: datetime | None
    read: int
    reached: int | None
    fed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPage(Page):
    """The notices, those that begin last first."""

    template: ClassVar[str] = "staff/notices/list.html"

    rows: tuple[WrittenRow, ...]
    new_url: str
    pager: Pager | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFormPage(Page):
    """Writing or changing one. `live`: customers may see it now, so that every change is seen at once."""

    template: ClassVar[str] = "staff/notices/form.html"

    new: bool
    live: bool
    form: PortalForm
    operation: str
    seen: str
    action_url: str
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A line of a notice's history."""

    at: datetime
    who: str
    action: str
    changes: tuple[tuple[str, str, str], ...] = ()
    """What changed: the label, before, after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingState:
    """How far the mails of a notice are."""

    done: bool
    wanted: int
    queued: int
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenNoticePage(Page):
    """One notice with all that can be done with it. An empty address means that it cannot be done now."""

    template: ClassVar[str] = "staff/notices/one.html"

    row: WrittenRow
    body: tuple[Paragraph, ...]
    english: bool
    trouble: str
    edit_url: str
    publish_url: str
    withdraw_url: str
    mail_url: str
    previews: tuple[tuple[str, str], ...]
    mailing: MailingState | None
    history: tuple[Happening, ...]
    list_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailCheckPage(Page):
    """What sending a notice by mail would do. `waiting_url` leads to the same proposal where it waits already."""

    template: ClassVar[str] = "staff/notices/mail.html"

    title: str
    told: tuple[Told, ...]
    form: PortalForm
    operation: str
    waiting_url: str
    action_url: str
    back_url: str
