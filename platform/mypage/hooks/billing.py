"""How bills are shown and how a card is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mypage.hooks.markers import hookspec
from mypage.hooks.payment import CardBrandChoice, CardField, CardLabels, PaymentGateway
from mypage.hooks.products import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingView:
    """Titles of the bill pages and how many months back they reach."""

    bills_title: str
    invoices_title: str
    months: int = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRows:
    """A card as rows of the operator's own labels; an empty label leaves its row out.

    `method` and `method_value` say that one pays by card. `expires` may hold ``%(year)04d`` and ``%(month)02d``,
    `masked` ``%(last4)s``. `holder` is the name on the card, shown for confirmation only; where it was asked for in two
    parts, `parts` may hold ``%(given)s`` and ``%(family)s``. `confirmed` are the rows of the confirm page, in order.
    """

    brand: str = ""
    expiry: str = ""
    number: str = ""
    holder: str = ""
    method: str = ""
    method_value: str = ""
    expires: str = "%(month)02d/%(year)04d"
    masked: str = "**** %(last4)s"
    parts: str = ""
    confirmed: tuple[CardField, ...] = ("expiry", "holder", "number")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFirst:
    """What the first page says to who has no card that can pay: a title, a sentence, and how one pays."""

    title: str
    lead: str = ""
    method_label: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChange:
    """The words of the card change, and whether names are compared. Entry itself always happens on the gateway's page.

    `confirm` and `back` are the buttons of the confirm page. `review`: a card pays only when the name on it is the
    customer's in roman letters, or when staff have accepted it (UCOM-116 to UCOM-118). `lead`, the bullets `notes` and
    `start` (the button) stand on the first page; with `consent` there is a tick under `consent_label` before the
    gateway's page. `current_title` and `entry_title` are the headings of its two blocks. `rows`: the card in the
    operator's own rows. The confirm and the completion page may have titles and sentences of their own; `held` is the
    sentence of the completion page for a card that has to be looked at. `brands` are the cards that are taken, in the
    operator's words and order; without them all, in the core's. `first`: the words of the first page while there is no
    card that can pay.
    """

    title: str
    labels: CardLabels
    confirm: str = ""
    back: str = ""
    review: bool = False
    lead: str = ""
    notes: tuple[Sentence, ...] = ()
    consent: str = ""
    consent_label: str = ""
    start: str = ""
    current_title: str = ""
    entry_title: str = ""
    rows: CardRows | None = None
    confirm_title: str = ""
    confirm_lead: str = ""
    complete_title: str = ""
    complete: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    brands: tuple[CardBrandChoice, ...] = ()
    first: CardFirst | None = None


class BillingSpec:
    """Hooks about bills and payment."""

    @hookspec(firstresult=True)
    def billing_view_policy(self) -> BillingView:
        """Titles and reach of the bill pages."""

    @hookspec(firstresult=True)
    def card_change_policy(self) -> CardChange:
        """The words of the card change."""

    @hookspec
    def make_payment_gateway(self, name: str, settings: Mapping[str, str]) -> PaymentGateway | None:
        """The gateway called `name`, made with a tenant's settings of it, or None for other names.

        Raise ValueError with one line when the settings are wrong; the start then stops with it.
        """
