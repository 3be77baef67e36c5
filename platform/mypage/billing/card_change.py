"""A registered card takes the place of the old one, or waits until a person has compared its name: in one unit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, select

from mypage.audit.trail import record
from mypage.auth.models import Account, Customer
from mypage.billing.brands import brand_name
from mypage.billing.card import lock_customer, note_registered
from mypage.billing.card_entry import Entry
from mypage.billing.card_methods import add_method, make_current
from mypage.billing.review_queue import hold, name_agrees, replace_waiting
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.desk import USUAL, DeskPolicy
from mypage.hooks.payment import StoredCard
from mypage.mail.errors import BadMail
from mypage.mail.service import checked_address, send_mail
from mypage.mail.values import MailValue

MAIL = "card_changed"

_ADDRESSEE = (
    select(
        Account.email,
        Account.language,
        Customer.email.label("customer_email"),
        Customer.language.label("customer_language"),
    )
    .join(Customer, (Customer.tenant_id == Account.tenant_id) & (Customer.id == Account.customer_id))
    .where(Account.tenant_id == bindparam("tenant"), Account.id == bindparam("account"))
)


def replace_card(tx: Tx, vault: Vault, entry: Entry, card: StoredCard, desk: DeskPolicy = USUAL) -> None:
    """Store the card that the company has registered for a locked entry. It pays from the next collection on.

    Where names are compared and this one is not clearly the customer's, the card waits for a decision and the old one
    goes on paying (UCOM-116, UCOM-117); `desk` says until when staff decide. A card that waited for a decision gives
    way to this one.
    """
    lock_customer(tx, entry.customer_id)
    replace_waiting(tx, entry.customer_id)
    method_id = add_method(tx, vault, customer_id=entry.customer_id, gateway=entry.gateway, card=card)
    note_registered(tx, entry, card)
    if entry.reviewed and not name_agrees(tx, entry.customer_id, card):
        hold(tx, entry, method_id, card, desk)
        return
    make_current(
        tx,
        entry.customer_id,
        method_id,
        gateway=entry.gateway,
        three_d_secure=card.three_d_secure,
        setup=str(entry.id),
        account=str(entry.account_id),
    )
    _tell(tx, vault, entry, card)


def mail_address(tx: Tx, entry: Entry) -> str:
    """Where the mail about the change goes; "" when neither account nor customer has an address for it."""
    row = _addressee(tx, entry)
    try:
        return checked_address(_address(row)) if row is not None and _address(row) else ""
    except BadMail:
        return ""


def _addressee(tx: Tx, entry: Entry) -> Row[*tuple[Any, ...]] | None:
    return tx.execute(_ADDRESSEE, {"tenant": tx.tenant, "account": entry.account_id}).one_or_none()


def _address(row: Row[*tuple[Any, ...]]) -> str:
    return str(row.email or row.customer_email)


def _tell(tx: Tx, vault: Vault, entry: Entry, card: StoredCard) -> None:
    row = _addressee(tx, entry)
    if row is None or not _address(row):
        return
    values: dict[str, MailValue] = {"card": f"{brand_name(card.brand)} **** {card.last4}", "changed_at": tx.now()}
    try:
        send_mail(
            tx,
            vault,
            template=MAIL,
            recipient=_address(row),
            language=row.language or row.customer_language,
            values=values,
            subject_id=entry.account_id,
        )
    except BadMail:
        # The company has registered the card: an address that no mail can reach must not undo that here.
        record(tx, "card.mail_impossible", "account", entry.account_id, customer_id=entry.customer_id)
