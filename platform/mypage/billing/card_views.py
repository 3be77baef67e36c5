"""Card entries as pages show them, and the wish as the payment company gets it."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any, Literal, cast, get_args

from mypage.billing.brands import ACCEPTED
from mypage.billing.card import UNAVAILABLE
from mypage.billing.card_entry import Entry
from mypage.billing.card_pages import CardConfirmPage, CardFailedPage, CardOutcome, CardWait, CardWaitPage, Step
from mypage.billing.cards import Card
from mypage.billing.views import card_fact
from mypage.hooks.payment import CardBrand, CardLabels, CardPageTheme, CardSetupRequest
from mypage.i18n import Translator
from mypage.operators.tenants import Tenant
from mypage.web.request import PortalRequest

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
        brands=ACCEPTED,
        current_brand=cast("CardBrand", current.brand) if current and current.brand in get_args(CardBrand) else None,
        current_last4=current.last4 if current else None,
    )


def confirm_page(rq: PortalRequest, entry: Entry, current: Card | None) -> CardConfirmPage:
    """Before and after, for an entry whose card is known."""
    words = rq.operator.card_change
    after = card_fact(rq, entry.card)
    assert after is not None
    return CardConfirmPage(
        title=words.title,
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
    return tuple(
        Step(label, "done" if place < now else "now" if place == now else "todo") for place, label in enumerate(_STEPS)
    )


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
