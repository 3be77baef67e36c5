"""What the pages of the work queue show."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from mypage.forms.form import PortalForm
from mypage.staff.queue.means import Line
from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Until when: `left` in business days, 0 today, less than 0 when it is over. Closed work has none."""

    day: date
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """A line of the queue. `take_url` is "" where it cannot be taken; `assignee` "" when nobody has it."""

    id: uuid.UUID
    url: str
    reference: str
    kind: str
    title: str
    customer: str
    customer_number: str
    came: str
    """When it came, in short."""
    created_at: datetime
    closed_at: datetime | None
    due: Due | None
    state: str
    assignee: str
    version: int
    take_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat:
    """A number above the list that leads to what it counts."""

    label: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilters:
    """What can be chosen, and what is. Options are (value, label); `fixed` is a list of certain kinds."""

    text: str
    kind: str
    state: str
    who: str
    sort: str
    kinds: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, str], ...]
    people: tuple[tuple[str, str], ...]
    sorts: tuple[tuple[str, str], ...]
    fixed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage(Page):
    """A list of work. `refresh_url` is asked again by a script every half minute, a limited number of times."""

    template: ClassVar[str] = "staff/queue/list.html"
    title: str
    stats: tuple[Stat, ...]
    filters: QueueFilters
    rows: tuple[WorkRow, ...]
    here_url: str
    list_url: str
    next_url: str
    first_url: str
    export_url: str
    refresh_url: str
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRow:
    """Something that was done with or said about an item. `text` says what, with names; `body` is what was written."""

    at: datetime
    text: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActButton:
    """A way to settle an item."""

    label: str
    url: str
    danger: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage(Page):
    """One item with everything about it. `trouble` says what somebody else did meanwhile."""

    template: ClassVar[str] = "staff/queue/item.html"
    row: WorkRow
    what: str
    lines: tuple[Line, ...]
    subject_links: tuple[tuple[str, str, bool], ...]
    """Label, address, and whether it is a file."""
    hint: str
    customer_url: str
    page_label: str
    page_url: str
    notes: tuple[NoteRow, ...]
    acts: tuple[ActButton, ...]
    ask_url: str
    release_url: str
    hand_url: str
    hand_form: PortalForm | None
    resume_url: str
    resume_form: PortalForm | None
    note_url: str
    note_form: PortalForm | None
    back_url: str
    trouble: str = ""
    outcome: str = ""
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActPage(Page):
    """What an act will do, in words and with names, and what it asks; `sealed` are the values of the second step."""

    template: ClassVar[str] = "staff/queue/act.html"
    title: str
    over: str
    sure: str
    told: tuple[str, ...]
    reason: str
    note: str
    form: PortalForm
    sealed: tuple[tuple[str, str], ...]
    button: str
    danger: bool
    action_url: str
    back_url: str
    version: int
    templates: tuple[tuple[str, str], ...] = ()
