"""The one page of a small portal: who, the services, and rows that lead elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from mypage.billing.pages import CardFact
from mypage.contracts.pages import Fact
from mypage.web.page import Page


@dataclass(frozen=True, slots=True)
class ProgressStep:
    """A step of an application: `done_on` is past; `planned_on` with `note` is what is known of one to come."""

    label: str
    state: Literal["done", "now", "todo"]
    done_on: date | None
    planned_on: date | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLine:
    """One service. Before its start date `progress` is shown, afterwards `facts` (USEN-35 to USEN-37).

    `bundles` are what comes with it, named with their price (USEN-38).
    """

    name: str
    started: bool
    since: date | None
    progress: tuple[ProgressStep, ...]
    facts: tuple[Fact, ...]
    bundles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayLine:
    """How one pays: `card` is the one in use. The button is a form that leads to the payment company's page."""

    label: str
    value: str
    card: CardFact | None
    button: str
    start_url: str
    back_url: str
    operation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutLine:
    """A link to a page elsewhere, in a new tab; `guide_url` leads to how it is used."""

    label: str
    value: str
    link: str
    url: str
    note: str
    guide: str
    guide_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryPage(Page):
    """All of a small portal on one page (USEN-32, USEN-33). `ways` are label and address of pages elsewhere."""

    template: ClassVar[str] = "billing/summary.html"

    title: str
    over: str
    name: str
    number_label: str
    number: str
    number_note: str
    services_title: str
    empty_text: str
    before: str
    after: str
    progress_label: str
    no_progress: str
    started_label: str
    bundle_label: str
    lines: tuple[ServiceLine, ...]
    rows_title: str
    rows: tuple[PayLine | OutLine, ...]
    ways: tuple[tuple[str, str], ...]
