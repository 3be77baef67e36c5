"""What the pages of numbered places show: list, input, terms, check, what was taken, and the cancellation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from mypage.auth.pages import LinkSentence
from mypage.hooks.slot_pages import SlotOptionWords, SlotPage
from mypage.orders.preview import Amount
from mypage.slots.forms import SlotForm
from mypage.web.page import Page

RowState = Literal["used", "free", "add", "change", "remove", "blocked"]


@dataclass(frozen=True, slots=True)
class OptionCell:
    """An option of a place in the list: its heading, what it is, and what a change in process asks for."""

    label: str
    text: str
    becomes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotLine:
    """One numbered row (OCN-65 to OCN-71). URLs are "" without a button.

    `becomes` is the address that a change in process asks for; `refused` whether the last application was turned down,
    and `reason` why.
    """

    number: str
    name: str
    state: RowState
    options: tuple[OptionCell, ...]
    becomes: str = ""
    refused: bool = False
    reason: str = ""
    change_url: str = ""
    remove_url: str = ""
    add_url: str = ""
    cancel_url: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    """The step bar; `now` counts from 1. The last step has no number (OCN-90)."""

    names: tuple[str, ...]
    now: int
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotListPage(Page):
    """All places of the contract. `tier_now` and `tier_then`: how many are paid for now, and once all is processed."""

    template: ClassVar[str] = "slots/list.html"

    words: SlotPage
    steps: Steps
    intro: tuple[LinkSentence, ...]
    columns: tuple[str, ...]
    rows: tuple[SlotLine, ...]
    pending: int
    blocked: bool
    tier_now: int
    tier_then: int
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotInputPage(Page):
    """An addition, or a change with its patterns. `present` is what there is now, row by row; empty for an addition."""

    template: ClassVar[str] = "slots/input.html"

    words: SlotPage
    steps: Steps
    number: str
    present: tuple[tuple[str, str], ...]
    form: SlotForm
    action_url: str
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTermsPage(Page):
    """The terms of an option that is newly chosen (OCN-87). `mark` is the wording that the button agrees to."""

    template: ClassVar[str] = "slots/terms.html"

    words: SlotPage
    steps: Steps
    option: SlotOptionWords
    terms: tuple[str, ...]
    agree: str
    mark: str
    operation_id: str
    action_url: str


@dataclass(frozen=True, slots=True)
class DiffRow:
    """Before and after; `same` when nothing changes, `code` for what is typed letter by letter."""

    label: str
    before: str
    after: str
    same: bool = False
    code: bool = False


@dataclass(frozen=True, slots=True)
class PriceChange:
    """The monthly price of all places now and afterwards, and the tiers in words, "" where the tier stays."""

    before: Amount
    after: Amount
    tier: str


@dataclass(frozen=True, slots=True)
class MailChoice:
    """An own address that the receipt may go to."""

    address: str
    ticked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotConfirmPage(Page):
    """What will be applied for (OCN-93 to OCN-105, OCN-116, OCN-117, OCN-119). There is no password on it.

    An addition is told in `added`, label and value; the others in `rows`. `waiting`: the prices count other things that
    were applied for already.
    """

    template: ClassVar[str] = "slots/confirm.html"

    words: SlotPage
    steps: Steps
    action: Literal["add", "change", "remove"]
    heading: str
    added: tuple[tuple[str, str], ...]
    rows: tuple[DiffRow, ...]
    counts: DiffRow
    price: PriceChange
    warnings: tuple[str, ...]
    mails: tuple[MailChoice, ...]
    waiting: bool
    operation_id: str
    shown_price: str
    action_url: str
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotDonePage(Page):
    """The application was taken (OCN-107). `rows` are label and value; `mailed` the addresses that are told."""

    template: ClassVar[str] = "slots/done.html"

    words: SlotPage
    steps: Steps
    heading: str
    rows: tuple[tuple[str, str], ...]
    cancellable: bool
    state: str
    mailed: tuple[str, ...]
    list_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotCancelPage(Page):
    """The one question before an application is cancelled (OCN-71)."""

    template: ClassVar[str] = "slots/cancel.html"

    words: SlotPage
    heading: str
    rows: tuple[tuple[str, str], ...]
    operation_id: str
    action_url: str
    back_url: str
