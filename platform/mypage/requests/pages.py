"""What the pages of requests show. Texts of the operator are translated by the templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from mypage.forms.form import PortalForm
from mypage.hooks.requests import RequestCatalogue, RequestField, RequestForm
from mypage.requests.content import ContentRow
from mypage.web.page import Page
from mypage.web.paging import Pager


@dataclass(frozen=True, slots=True)
class FormLink:
    """An entry of the catalogue."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class SectionView:
    """A heading with its entries."""

    code: str
    title: str
    forms: tuple[FormLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """A line of the customer's list. `kind` and `mark` are the badge of its state."""

    number: str
    title: str
    state: str
    kind: str
    mark: str
    filed_at: datetime
    contract_number: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguePage(Page):
    """Every form by section (BIZ-58, BIZ-59), found by words, and the newest requests."""

    template: ClassVar[str] = "requests/catalogue.html"

    words: RequestCatalogue
    sections: tuple[SectionView, ...]
    popular: tuple[FormLink, ...]
    query: str
    found: int
    total: int
    here_url: str
    list_url: str
    recent: tuple[RequestLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestListPage(Page):
    """What was filed, the newest first (BIZ-66)."""

    template: ClassVar[str] = "requests/list.html"

    words: RequestCatalogue
    rows: tuple[RequestLine, ...]
    catalogue_url: str
    pager: Pager | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file that came along. `url` downloads it, "" before the request is filed."""

    id: str
    name: str
    size: int
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Fields that are there only when an option of the field above them is chosen.

    `numbers` are the places of those options from 1, `labels` their texts (msgids).
    """

    numbers: tuple[int, ...]
    labels: tuple[str, ...]
    views: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One row of a form: `field` is the operator's, `input` the control of the form ("" for what is only shown).

    `again` is the second input. `fills` are the rows that a postal code fills, `address_url` where they come from.
    `limits` are sentences about days or files.
    """

    field: RequestField
    input: str = ""
    again: str = ""
    value: str = ""
    fills: tuple[FieldView, ...] = ()
    address_url: str = ""
    cases: tuple[Case, ...] = ()
    files: tuple[FileView, ...] = ()
    limits: tuple[str, ...] = ()
    accept: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInputPage(Page):
    """The form: what is entered, and what is known already (BIZ-61)."""

    template: ClassVar[str] = "requests/form.html"

    words: RequestCatalogue
    rules: RequestForm
    views: tuple[FieldView, ...]
    form: PortalForm
    draft: str
    action_url: str
    catalogue_url: str
    contract: str
    has_files: bool
    problem: str = ""
    """A sentence about the address that a postal code was looked up for."""
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFields(Page):
    """The rows that a postal code fills, for the form while one types."""

    template: ClassVar[str] = "requests/_address.html"

    view: FieldView
    form: PortalForm
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestConfirmPage(Page):
    """Everything that would be sent. `open_number`: one of the same form is open already, and leads there (BIZ-65)."""

    template: ClassVar[str] = "requests/confirm.html"

    words: RequestCatalogue
    rules: RequestForm
    rows: tuple[ContentRow, ...]
    form: PortalForm
    contract: str
    operation: str
    action_url: str
    back_url: str
    here_url: str
    open_number: str = ""
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDonePage(Page):
    """The number, and what happens next (BIZ-61)."""

    template: ClassVar[str] = "requests/done.html"

    words: RequestCatalogue
    rules: RequestForm
    number: str
    due_on: date | None
    request_url: str
    catalogue_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRow:
    """A step that was reached, or the end that is not. `body` is a question, an answer or a reason, by lines."""

    title: str
    state: Literal["done", "now", "todo"]
    at: datetime | None = None
    text: str = ""
    body: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPage(Page):
    """One request: where it stands, every step, what it says (BIZ-66). `answer_form` while a question is open.

    `withdraw_url` "" where it cannot be taken back; `no_withdrawal` then says how else.
    """

    template: ClassVar[str] = "requests/request.html"

    words: RequestCatalogue
    title: str
    number: str
    state: str
    state_word: str
    filed_at: datetime
    contract_number: str
    due_on: date | None
    timeline: tuple[TimelineRow, ...]
    rows: tuple[ContentRow, ...]
    files: tuple[FileView, ...]
    list_url: str
    question: tuple[str, ...] = ()
    question_id: str = ""
    answer_form: Any = None
    answer_url: str = ""
    withdraw_url: str = ""
    no_withdrawal: str = ""
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawPage(Page):
    """What taking it back means, and the button."""

    template: ClassVar[str] = "requests/withdraw.html"

    words: RequestCatalogue
    title: str
    number: str
    action_url: str
    back_url: str
