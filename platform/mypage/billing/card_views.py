"""Card entries as pages show them, and the wish as the payment company gets it."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any, Literal, cast, get_args

from mypage.auth.pages import LinkSentence
from mypage.billing.brands import ACCEPTED, brand_name
from mypage.billing.card import UNAVAILABLE
from mypage.billing.card_entry import Entry
from mypage.billing.card_pages import (
    CardCompletePage,
    CardConfirmPage,
    CardFailedPage,
    CardOutcome,
    CardPage,
    CardWait,
    CardWaitPage,
    Row,
)
from mypage.billing.cards import Card
from mypage.billing.views import card_fact
from mypage.forms.choices import TickField
from mypage.forms.form import PortalForm
from mypage.hooks.billing import CardRows
from mypage.hooks.payment import CardBrand, CardBrandChoice, CardLabels, CardPageTheme, CardSetupRequest, StoredCard
from mypage.hooks.products import Sentence
from mypage.i18n import Translator
from mypage.lib.tokens import new_token
from mypage.operators.tenants import Tenant
from mypage.web.request import PortalRequest
from mypage.web.steps import Step, gate_steps, step_row

SLOW_AFTER = 20
"""Seconds after which waiting is called slow."""

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_REASONS = {
    "insufficient_funds": "The card company says that the limit of this card has been reached.",
    "authentication": "The card company could not confirm that the card is yours.",
}
_STEPS = ("Card entry", "Check", "Finished")


def card_request(rq: PortalRequest, current: Card | None, *, return_token: str) -> CardSetupRequest:
    """The wish in the customer's language and the tenant's colours; the key is set when the entry is stored."""
    portal = rq.operator.portal
    return CardSetupRequest(
        idempotency_key="",
        tenant=rq.tenant.name,
        customer_reference=str(rq.principal.customer_id),
        return_url=rq.absolute("card-return", token=return_token),
        labels=_labels(rq.operator.card_change.labels, rq.t),
        locale=rq.locale,
        theme=_theme(rq.tenant, f"{rq.t(portal.company)} {rq.t(portal.portal_name)}"),
        brands=_brands(rq),
        current_brand=cast("CardBrand", current.brand) if current and current.brand in get_args(CardBrand) else None,
        current_last4=current.last4 if current else None,
    )


def start_page(
    rq: PortalRequest, current: Card | None, *, form: PortalForm | None, pending: Entry | None, under_review: bool
) -> CardPage:
    """The card in use, what has to be read first, and the way to the payment company's page."""
    words = rq.operator.card_change
    first = words.first if current is None or current.unfixed else None
    return CardPage(
        title=first.title if first else words.title,
        card=card_fact(rq, current),
        start_url=rq.href("card-start"),
        operation_id=new_token(),
        method=Row(first.method_label, rq.t(first.method)) if first and first.method_label else None,
        accepted=rq.t(", ").join(choice.label for choice in _brands(rq)) if words.brands else "",
        lead=first.lead if first else words.lead,
        start_label=words.start,
        pending_url=rq.href("card-result", setup_id=pending.id) if pending else "",
        steps=(gate_steps(rq.operator, "card") if first else ()) or steps(0),
        notes=tuple(_note(rq, note) for note in words.notes),
        form=form,
        consent_label=words.consent_label,
        current_title=words.current_title,
        entry_title=words.entry_title,
        rows=card_rows(rq, current),
        under_review=under_review,
    )


def consent_form(rq: PortalRequest, *, posted: bool = False) -> PortalForm | None:
    """The tick that an operator demands before the payment company's page."""
    label = rq.operator.card_change.consent
    return PortalForm({"consent": TickField(label)}, rq.form if posted else None, t=rq.t) if label else None


def card_rows(rq: PortalRequest, card: Card | None) -> tuple[Row, ...]:
    """A registered card in the operator's own rows; none where it has no such words."""
    words = rq.operator.card_change.rows
    if words is None or card is None:
        return ()
    rows = (
        Row(words.method, rq.t(words.method_value) if words.method_value else ""),
        Row(words.brand, _brand(rq, card)),
        Row(words.expiry, _expires(rq, words, card)),
        Row(words.number, rq.t(words.masked, last4=card.last4)),
    )
    return tuple(row for row in rows if row.label)


def entered_rows(rq: PortalRequest, card: Card, stored: StoredCard | None) -> tuple[Row, ...]:
    """An entered card in the operator's own rows, with the name on it as the payment company tells it just now."""
    words = rq.operator.card_change.rows
    if words is None:
        return ()
    rows = {
        "brand": Row(words.brand, _brand(rq, card)),
        "expiry": Row(words.expiry, _expires(rq, words, card)),
        "holder": Row(words.holder, _holder(rq, words, stored)),
        "number": Row(words.number, rq.t(words.masked, last4=card.last4)),
    }
    return tuple(rows[name] for name in words.confirmed if name in rows and rows[name].label)


def confirm_page(
    rq: PortalRequest, entry: Entry, current: Card | None, stored: StoredCard | None = None
) -> CardConfirmPage:
    """Before and after, for an entry whose card is known."""
    words = rq.operator.card_change
    after = card_fact(rq, entry.card)
    assert after is not None
    assert entry.card is not None
    return CardConfirmPage(
        title=words.confirm_title,
        over=words.title,
        lead=words.confirm_lead,
        rows=entered_rows(rq, entry.card, stored),
        before=card_fact(rq, current),
        after=after,
        action_url=rq.href("card-confirm", setup_id=entry.id),
        back_url=rq.href("card"),
        operation_id=entry.key,
        register_label=words.confirm,
        back_label=words.back,
        steps=steps(1),
    )


def failed_page(
    rq: PortalRequest, entry: Entry, current: Card | None, *, retry: str = "card", **params: Any
) -> CardFailedPage:
    """Why there is no new card."""
    outcome: CardOutcome = "unavailable"
    if entry.final and entry.reason != UNAVAILABLE:
        outcome = cast("Literal['refused', 'cancelled', 'expired']", entry.state)
    return CardFailedPage(
        title=rq.operator.card_change.title,
        outcome=outcome,
        retry_url=rq.href(retry, **params),
        home_url=rq.href("home"),
        card=card_fact(rq, current),
        reason=_REASONS.get(entry.reason or "", ""),
    )


def wait_page(rq: PortalRequest, entry: Entry, *, url: str) -> CardWaitPage | CardWait:
    """The page that asks again, or its inside when htmx asks."""
    slow = (rq.clock.now() - entry.updated_at).total_seconds() >= SLOW_AFTER
    home = rq.href("home")
    if rq.htmx:
        return CardWait(url=url, home_url=home, slow=slow)
    return CardWaitPage(title=rq.operator.card_change.title, url=url, home_url=home, slow=slow)


def steps(now: int) -> tuple[Step, ...]:
    """The procedure with the step that is going on; after the last one all are done."""
    return step_row(_STEPS, now)


def complete_page(rq: PortalRequest, card: Card, *, held: bool, mailed: bool) -> CardCompletePage:
    """The card that was registered, and that it pays from now on, or that somebody has to look at it first."""
    words, fact = rq.operator.card_change, card_fact(rq, card)
    assert fact is not None
    return CardCompletePage(
        title=words.complete_title,
        over=words.title,
        card=fact,
        rows=card_rows(rq, card),
        home_url=rq.href("home"),
        mailed=mailed and not held,
        steps=steps(3),
        held=held,
        sentences=words.held if held else words.complete,
    )


def _note(rq: PortalRequest, note: Sentence) -> LinkSentence | str:
    return LinkSentence.of(rq.t(note.text), rq.href(note.route, **note.params)) if note.route else note.text


def _brands(rq: PortalRequest) -> tuple[CardBrandChoice, ...]:
    """The cards that are taken, in the operator's words and the customer's language."""
    stated = rq.operator.card_change.brands
    return tuple(replace(choice, label=rq.t(choice.label)) for choice in stated) or ACCEPTED


def _brand(rq: PortalRequest, card: Card) -> str:
    return next((choice.label for choice in _brands(rq) if choice.brand == card.brand), brand_name(card.brand))


def _expires(rq: PortalRequest, words: CardRows, card: Card) -> str:
    return rq.t(words.expires, year=card.exp_year, month=card.exp_month)


def _holder(rq: PortalRequest, words: CardRows, stored: StoredCard | None) -> str:
    if stored is None:
        return rq.t("Cannot be shown just now")
    apart = words.parts and stored.given and stored.family
    return rq.t(words.parts, given=stored.given, family=stored.family) if apart else stored.holder


def _labels(labels: CardLabels, t: Translator) -> CardLabels:
    texts: dict[str, Any] = {}
    for label in fields(labels):
        text = getattr(labels, label.name)
        if isinstance(text, str) and text:
            texts[label.name] = t(text)
    return replace(labels, **texts)


def _theme(tenant: Tenant, name: str) -> CardPageTheme:
    """The colours of the tenant's mails, which are plain values and contrast-checked as the rest of the theme."""
    known = {"brand": "brand", "action": "action", "action_ink": "action_ink", "link": "link", "background": "ground"}
    colours = {ours: tenant.theme.colours.get(theirs, "") for ours, theirs in known.items()}
    fitting = {ours: colour for ours, colour in colours.items() if _COLOUR.fullmatch(colour)}
    if "action" in fitting:
        fitting["action_hover"] = fitting["action"]
    return CardPageTheme(name=name, **fitting)
