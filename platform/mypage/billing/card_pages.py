"""What the pages around a change of the credit card show. No card number ever comes here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

from mypage.auth.pages import LinkSentence
from mypage.billing.pages import CardFact
from mypage.web.page import Page
from mypage.web.steps import Step

CardOutcome = Literal["refused", "cancelled", "expired", "unavailable"]


@dataclass(frozen=True, slots=True)
class Row:
    """A fact about a card under the operator's label."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPage(Page):
    """The registered card and the way to another one (ACTV-62, ACTV-63, UCOM-112).

    `start_url` takes a POST that leads to the payment company's page; `operation_id` makes a double click one entry.
    `pending_url` is set while an earlier entry has no known outcome. `start_label` is the operator's word for the
    button; `accepted` the cards it takes, in its words. `notes` are read before; `form` has the tick `consent` where
    one is demanded. `rows`: the card in the operator's own rows. `under_review`: a newer card waits for a decision.
    `method`: how one pays, where the operator says it to who has no card.
    """

    template: ClassVar[str] = "billing/card.html"

    title: str
    card: CardFact | None
    start_url: str
    operation_id: str
    method: Row | None = None
    lead: str = ""
    start_label: str = ""
    accepted: str = ""
    company: str = ""
    pending_url: str = ""
    steps: tuple[Step, ...] = ()
    notes: tuple[LinkSentence | str, ...] = ()
    form: Any = None
    consent_label: str = ""
    current_title: str = ""
    entry_title: str = ""
    rows: tuple[Row, ...] = ()
    under_review: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPhonePage(Page):
    """The registered card where no payment company takes entries: another card is a matter for the telephone."""

    template: ClassVar[str] = "billing/card_phone.html"

    title: str
    card: CardFact | None
    home_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWaitPage(Page):
    """The payment company has not told the outcome yet. `url` is this page; `slow` once it takes longer than usual."""

    template: ClassVar[str] = "billing/card_wait.html"

    title: str
    url: str
    home_url: str
    slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWait(Page):
    """What the wait page asks for every two seconds; answer with HX-Redirect as soon as the outcome is known."""

    template: ClassVar[str] = "billing/_card_wait.html"

    url: str
    home_url: str
    slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardConfirmPage(Page):
    """Before and after, or the operator's own `rows` (UCOM-114), then the registration.

    The labels are the operator's words for the buttons; `over` is the name of the procedure.
    """

    template: ClassVar[str] = "billing/card_confirm.html"

    title: str
    before: CardFact | None
    after: CardFact
    action_url: str
    back_url: str
    operation_id: str
    lead: str = ""
    register_label: str = ""
    back_label: str = ""
    steps: tuple[Step, ...] = ()
    rows: tuple[Row, ...] = ()
    over: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCompletePage(Page):
    """The new card is registered, or `held` until its name was compared (UCOM-115, UCOM-116).

    `from_month` is the first bill it pays, when that is known; `sentences` are the operator's own.
    """

    template: ClassVar[str] = "billing/card_complete.html"

    title: str
    card: CardFact
    home_url: str
    from_month: date | None = None
    mailed: bool = False
    steps: tuple[Step, ...] = ()
    rows: tuple[Row, ...] = ()
    over: str = ""
    held: bool = False
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFailedPage(Page):
    """No new card. `card` is the one that stays in use; `reason` is a plain sentence to translate."""

    template: ClassVar[str] = "billing/card_failed.html"

    title: str
    outcome: CardOutcome
    retry_url: str
    home_url: str
    card: CardFact | None = None
    reason: str = ""
