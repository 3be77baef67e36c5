"""What the pages of products show: choosing, checking, the end, licences, and what was ordered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from mypage.auth.pages import Link, LinkSentence
from mypage.hooks.portal import Paragraphs
from mypage.hooks.prices import ChargedMonths
from mypage.hooks.products import Licence, ProductPage
from mypage.orders.preview import Ahead, Amount
from mypage.web.page import Page
from mypage.web.paging import Pager


@dataclass(frozen=True, slots=True)
class Fee:
    """A price with its label; `once` is not charged every month."""

    label: str
    amount: Amount
    once: bool = False


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """An account that can be chosen, by its login ID."""

    id: str
    login_id: str
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCard:
    """A product for the chosen holder. `act` is what its form does, "" when there is nothing to press.

    `refusal` says why it cannot be bought, and `refusal_link` leads to what mends that. `no_end` says how it ends when
    that is not done here. `consent` is the tick, `terms_mark` the wording that it stands below.
    """

    code: str
    name: str
    held: bool
    fees: tuple[Fee, ...]
    description: Paragraphs | None
    while_held: Paragraphs | None
    terms: tuple[str, ...]
    act: str
    other_act: str
    consent: Any = None
    terms_mark: str = ""
    refusal: str = ""
    refusal_link: Link | None = None
    no_end: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionPage(Page):
    """Where a product is chosen (UCOM-95, UCOM-102, UCOM-132). `accounts` is empty on pages of the contract."""

    template: ClassVar[str] = "orders/choose.html"

    words: ProductPage
    cards: tuple[ProductCard, ...]
    accounts: tuple[AccountChoice, ...]
    account_id: str
    action_url: str
    holdings_url: str
    orders_url: str
    register_url: str
    form: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRows:
    """The rows of the confirm and the completion page; `account` "" on pages of the contract."""

    words: ProductPage
    account: str
    product: str
    action: str
    fees: tuple[Fee, ...]
    day: date
    description: Paragraphs | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionConfirmPage(Page):
    """What would be ordered, and the bills that follow from it. `months` and `monthly` are of the product's price."""

    template: ClassVar[str] = "orders/confirm.html"

    words: ProductPage
    title: str
    rows: OrderRows
    ending: bool
    ahead: tuple[Ahead, ...]
    months: ChargedMonths
    monthly: Amount
    again: Fee | None
    once_label: str
    notes: tuple[str, ...]
    action_url: str
    back_url: str
    operation_id: str
    shown_bills: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionDonePage(Page):
    """What was ordered, under its number. `said` is for orders that are completed; `over`: nothing more will happen."""

    template: ClassVar[str] = "orders/done.html"

    words: ProductPage
    title: str
    said: tuple[LinkSentence, ...]
    rows: OrderRows
    ending: bool
    state: str
    over: bool
    number: str
    page_url: str
    orders_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceRow:
    """A product of the page and whether it is held; `pin` only after it was asked for, `waiting` before it has come."""

    code: str
    name: str
    held: bool
    licence: Licence | None
    pin: str = ""
    waiting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingsPage(Page):
    """Licences and downloads of one account (UCOM-110)."""

    template: ClassVar[str] = "orders/holdings.html"

    words: ProductPage
    rows: tuple[LicenceRow, ...]
    accounts: tuple[AccountChoice, ...]
    account_id: str
    action_url: str
    pin_url: str
    page_url: str
    register_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One order. `by` is who placed it, `why` what it followed from when nobody placed it."""

    number: str
    product: str
    action: str
    subject: str
    placed_at: datetime
    effective_on: date
    state: str
    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersPage(Page):
    """What was ordered, the newest first."""

    template: ClassVar[str] = "orders/orders.html"

    rows: tuple[OrderRow, ...]
    pager: Pager | None
