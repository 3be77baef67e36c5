"""The print view of a request, and the list of requests with what only they can be filtered by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from mypage.staff.queue.pages import QueuePage
from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintStep:
    """Something that happened."""

    at: datetime
    title: str
    who: str
    body: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintPage(Page):
    """All of a request on one sheet of paper. Every text is in the reader's language already."""

    template: ClassVar[str] = "staff/requests/print.html"
    company: str
    title: str
    section: str
    number: str
    state: str
    filed_at: datetime
    closed_at: datetime | None
    customer: str
    customer_number: str
    contract_number: str
    rows: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, int], ...]
    steps: tuple[PrintStep, ...]
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestQueuePage(QueuePage):
    """The queue of requests. `sections` are (value, label), `section` is the chosen one."""

    template: ClassVar[str] = "staff/requests/list.html"
    sections: tuple[tuple[str, str], ...]
    section: str
    content_url: str
