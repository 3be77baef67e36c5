"""What the home page, the bills and the invoices show. Amounts are yen, months the first of the month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from mypage.billing.tax import rate_text
from mypage.contracts.pages import Fact
from mypage.notices.pages import NoticeRow
from mypage.web.frame import MenuGroup
from mypage.web.page import Page
from mypage.web.paging import Pager

BillState = Literal["scheduled", "paid", "unpaid", "failed"]
CardState = Literal["ok", "expiring", "expired", "refused"]
Concern = Literal[
    "unpaid", "failed", "card_expiring", "card_expired", "card_refused", "card_missing", "notice", "other"
]
Taxing = Literal["down", "up", "half"]


@dataclass(frozen=True, slots=True)
class Link:
    """A link whose label is the operator's or one file's name."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class CardFact:
    """A registered card as it may be shown: brand, last four digits, the month it expires in."""

    brand: str
    last4: str
    expires: date | None = None
    state: CardState = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How and when a bill is paid. `method` is the operator's word for it, empty for a card or an unknown way."""

    method: str = ""
    card: CardFact | None = None
    due_on: date | None = None
    paid_on: date | None = None
    change_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Something the customer should see to, with the page to do it on.

    `month`, `amount` belong to a bill, `on` is its due date or the month in which a card expires. `title` and `text`
    are the operator's words: they replace the core's, and `other` and `notice` need the title.
    """

    kind: Concern
    url: str
    month: date | None = None
    amount: int = 0
    on: date | None = None
    title: str = ""
    text: str = ""
    action: str = ""
    urgent: bool = False

    def __post_init__(self) -> None:
        """ValueError when a title is needed and missing."""
        if self.kind in ("notice", "other") and not self.title:
            raise ValueError(f"an attention of kind {self.kind} needs a title")


@dataclass(frozen=True, slots=True, kw_only=True)
class BillFigure:
    """The latest bill, as the home page shows it."""

    month: date
    amount: int
    state: BillState
    url: str
    payment: Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeBlock:
    """The newest notices. `lead` and `empty_text` are the operator's sentences (ACTV-29, ACTV-57)."""

    title: str
    rows: tuple[NoticeRow, ...]
    lead: str = ""
    empty_text: str = ""
    all_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage(Page):
    """The first page after login (ACTV-56).

    `bill` is None while there is none; an operator without bills sets `bills` to False and the figure is left out.
    `services` summarise the contracts, category and course; `attentions` come with the most pressing first.
    """

    template: ClassVar[str] = "home/home.html"

    holder: str
    services: tuple[Fact, ...]
    contract_url: str
    tiles: tuple[MenuGroup, ...]
    notices: NoticeBlock | None
    attentions: tuple[Attention, ...] = ()
    bills: bool = True
    bill: BillFigure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRow:
    """One month of the bill list. `mark` and `state_text` are the operator's sign and words for the state, if any."""

    month: date
    amount: int
    state: BillState
    url: str
    due_on: date | None = None
    mark: str = ""
    state_text: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """A month in the chart; `height` is a percentage of the tallest."""

    month: date
    height: int
    now: bool


def bars_of(rows: Sequence[BillRow], most: int = 13) -> tuple[Bar, ...]:
    """The chart of the latest of the rows, which come newest first, turned round; nothing for fewer than three."""
    shown = rows[:most][::-1]
    top = max((row.amount for row in shown), default=0)
    if len(shown) < 3 or top <= 0:
        return ()
    return tuple(Bar(row.month, max(0, row.amount) * 95 // top, row is shown[-1]) for row in shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Legend:
    """What a mark of the bill list means, in the operator's words."""

    state: BillState
    mark: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillsPage(Page):
    """The bills by month, newest first (ACTV-59, ACTV-61). Give `bars` on the first page of the pager only."""

    template: ClassVar[str] = "billing/bills.html"

    title: str
    rows: tuple[BillRow, ...]
    lead: str = ""
    bars: tuple[Bar, ...] = ()
    csv_url: str = ""
    note: str = ""
    legend: tuple[Legend, ...] = ()
    pager: Pager | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """A line of a bill: yen without tax, `rate_bp` in basis points (1000 = 10 %), `group` a heading it stands under."""

    name: str
    amount: int
    rate_bp: int
    reduced: bool = False
    period_from: date | None = None
    period_to: date | None = None
    period_text: str = ""
    group: str = ""

    @property
    def rate(self) -> str:
        """The rate as text, such as 10%."""
        return rate_text(self.rate_bp)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRate:
    """What was charged at one tax rate."""

    rate_bp: int
    net: int
    tax: int
    reduced: bool = False

    @property
    def rate(self) -> str:
        """The rate as text, such as 10%."""
        return rate_text(self.rate_bp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The lines and sums of one month."""

    month: date
    total: int
    lines: tuple[BillLine, ...]
    rates: tuple[BillRate, ...]


@dataclass(frozen=True, slots=True)
class MonthLink:
    """A neighbouring month."""

    month: date
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillPage(Page):
    """One bill. `difference` is against the month before, None without one; `reason` says why."""

    template: ClassVar[str] = "billing/bill.html"

    title: str
    statement: Statement
    state: BillState
    payment: Payment
    all_url: str
    difference: int | None = None
    reason: str = ""
    state_text: str = ""
    unpaid_text: str = ""
    pdf_url: str = ""
    invoice: Link | None = None
    older: MonthLink | None = None
    newer: MonthLink | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRow:
    """One invoice of the list."""

    month: date
    number: str
    issued_on: date
    amount: int
    url: str
    pdf_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicesPage(Page):
    """The qualified invoices by month, newest first (ACTV-60)."""

    template: ClassVar[str] = "billing/invoices.html"

    title: str
    rows: tuple[InvoiceRow, ...]
    lead: str = ""
    pager: Pager | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A qualified invoice (適格請求書): all that the law wants on it, and how its tax was rounded."""

    number: str
    issued_on: date
    addressee: str
    company: bool
    customer_number: str
    customer_number_label: str
    issuer: str
    registration_number: str
    issuer_address: str = ""
    issuer_phone: str = ""
    rounding: Taxing = "down"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePage(Page):
    """One qualified invoice as a printable sheet (ACTV-61)."""

    template: ClassVar[str] = "billing/invoice.html"

    sheet: Sheet
    statement: Statement
    payment: Payment
    back: Link
    pdf_url: str
