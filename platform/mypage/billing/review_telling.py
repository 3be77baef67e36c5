"""Telling a customer what was decided about a card: a mail to the contact address, and a notice in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import bindparam, exists, select

from mypage.audit.trail import record
from mypage.auth.models import Customer
from mypage.billing.brands import brand_name
from mypage.billing.models import PaymentMethod, PaymentReview
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.permissions import CARD_CHANGE
from mypage.i18n import Catalogue
from mypage.mail.errors import BadMail
from mypage.mail.service import send_mail
from mypage.mail.values import MailValue
from mypage.notices.models import Notice

ACCEPTED, REJECTED = "card_accepted", "card_rejected"
SHOWN = timedelta(days=90)
"""How long the notice stands."""

_PAYS = exists().where(
    PaymentMethod.tenant_id == bindparam("tenant"),
    PaymentMethod.customer_id == bindparam("customer"),
    PaymentMethod.current,
)
_ABOUT = (
    select(Customer.email, Customer.language, PaymentMethod.brand, PaymentMethod.last4, _PAYS.label("pays"))
    .join(
        PaymentMethod,
        (PaymentMethod.tenant_id == Customer.tenant_id) & (PaymentMethod.id == bindparam("method")),
    )
    .where(Customer.tenant_id == bindparam("tenant"), Customer.id == bindparam("customer"))
)


def tell(
    tx: Tx, vault: Vault, words: Mapping[str, Catalogue], review: PaymentReview, *, accepted: bool, told: str = ""
) -> None:
    """Queue the mail and write the notice; without an address that a mail can reach, the notice alone.

    `told` is what the operator has the customer be told as the reason of a rejection, a msgid. Only accounts that may
    change the card see the notice: others of a family have no part in it (UCOM-167).
    """
    about = tx.execute(
        _ABOUT, {"tenant": tx.tenant, "customer": review.customer_id, "method": review.payment_method_id}
    ).one()
    card = f"{brand_name(about.brand)} **** {about.last4}"
    japanese, english = (
        notice_words(words[locale], card, accepted=accepted, pays=about.pays, told=told) for locale in ("ja", "en")
    )
    tx.add(
        Notice(
            tenant_id=tx.tenant,
            key=f"card-review-{review.id}",
            customer_id=review.customer_id,
            permission=CARD_CHANGE,
            title=japanese[0],
            body=japanese[1],
            title_en=english[0],
            body_en=english[1],
            importance="important",
            starts_at=tx.now(),
            ends_at=tx.now() + SHOWN,
        )
    )
    tx.flush()
    if not about.email:
        return
    values: dict[str, MailValue] = {"card": card, "decided_at": tx.now(), "pays": about.pays}
    if told:
        values["reason"] = (words.get(about.language) or words["ja"])(told)
    template = ACCEPTED if accepted else REJECTED
    try:
        send_mail(
            tx,
            vault,
            template=template,
            recipient=about.email,
            language=about.language,
            values=values,
            subject_id=review.customer_id,
        )
    except BadMail:
        record(tx, "card.mail_impossible", "customer", review.customer_id, customer_id=review.customer_id)


def notice_words(t: Catalogue, card: str, *, accepted: bool, pays: bool, told: str = "") -> tuple[str, str]:
    """Title and text of the notice in one language. `pays`: another card goes on paying after a rejection."""
    if accepted:
        lines = [
            t("We have checked your credit card (%(card)s). It is registered now.", card=card),
            t("Your next bills will be charged to this card."),
        ]
        return t("Your credit card is registered"), "\n".join(lines)
    lines = [
        t("We could not confirm that the name on the card (%(card)s) is the contract holder's.", card=card),
        t("The card was not registered."),
        *([t(told)] if told else []),
        t("Your card until now stays in use.") if pays else t("No credit card is registered."),
        t("Please register a card in the name of the contract holder."),
    ]
    return t("Your credit card could not be registered"), "\n".join(lines)
