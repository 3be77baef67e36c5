"""What error pages, public pages and the list of portals show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from mypage.hooks.portal import Paragraphs, Question
from mypage.web.frame import Choice
from mypage.web.page import Page

ErrorKind = Literal[
    "bad-request",
    "forbidden",
    "closed",
    "not-found",
    "method",
    "too-large",
    "stale",
    "too-many",
    "broken",
    "maintenance",
    "busy",
    "at-once",
    "unknown-host",
    "viewing",
    "view-over",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage(Page):
    """A page of trouble inside a portal. The words follow from `kind`; `code` is the HTTP status.

    `back_url` opens the page anew ("stale", "busy", "at-once", "maintenance"); `reference` is what the customer can
    tell on the phone; `wait_minutes` belongs to "too-many", `starts_at` and `ends_at` to "maintenance". `refusal` is
    the operator's own sentence instead of the core's.
    """

    template: ClassVar[str] = "errors/error.html"

    code: int
    kind: ErrorKind
    back_url: str = ""
    reference: str = ""
    wait_minutes: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BareErrorPage(Page):
    """The same where no portal is known, such as for an unknown host: no brand, no link."""

    template: ClassVar[str] = "errors/bare.html"

    code: int
    kind: ErrorKind
    lang: str
    styles: tuple[str, ...] = ()
    reference: str = ""
    wait_minutes: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTextPage(Page):
    """A page that everybody may read, as the operator declares it: texts, lists, questions that open."""

    template: ClassVar[str] = "public/page.html"

    title: str
    lead: str = ""
    blocks: tuple[Paragraphs | Question, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidancePage(Page):
    """How something is done that cannot be done here: the reason and the ways (UCOM-178 to UCOM-182).

    `leads_to` (label and address) is a page with a login of its own, and `note` says what it asks for; `documents` are
    labels with addresses. Nothing of the session goes to any of them.
    """

    template: ClassVar[str] = "guidance/page.html"

    title: str
    lead: str = ""
    why: str = ""
    blocks: tuple[Paragraphs | Question, ...] = ()
    phone: str = ""
    tel_url: str = ""
    hours: str = ""
    documents: tuple[tuple[str, str], ...] = ()
    leads_to: tuple[str, str] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SampleLogin:
    """An invented account to try a portal with; `about` says what there is to see."""

    about: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PortalCard:
    """One portal of the installation. `hint` is what to know before one tries the logins."""

    name: str
    company: str
    url: str
    logins: tuple[SampleLogin, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalIndexPage(Page):
    """The front door of a demonstration: every portal with sample logins; `more` are further links (label, address)."""

    template: ClassVar[str] = "platform/index.html"

    lang: str
    styles: tuple[str, ...]
    icon_url: str = ""
    languages: tuple[Choice, ...]
    portals: tuple[PortalCard, ...]
    logo_url: str = ""
    more: tuple[tuple[str, str], ...] = ()
