"""The registered card takes the place of the old one: method, trail and mail in one unit."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import bindparam, select, update

from mypage.audit.trail import record
from mypage.auth.models import Account, Customer
from mypage.billing.brands import brand_name
from mypage.billing.card import lock_customer, note_registered
from mypage.billing.card_entry import Entry
from mypage.billing.models import PaymentMethod
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.payment import StoredCard
from mypage.mail.errors import BadMail
from mypage.mail.service import checked_address, send_mail
from mypage.mail.values import MailValue

MAIL = "card_changed"

_OLD = (
    select(PaymentMethod.id, PaymentMethod.gateway, PaymentMethod.brand, PaymentMethod.last4)
    .where(
        PaymentMethod.tenant_id == bindparam("tenant"),
        PaymentMethod.customer_id == bindparam("customer"),
        PaymentMethod.current,
    )
    .with_for_update()
)
_ADDRESSEE = (
    select(Account.email, Account.language, Customer.language.label("customer_language"))
    .join(Customer, (Customer.tenant_id == Account.tenant_id) & (Customer.id == Account.customer_id))
    .where(Account.tenant_id == bindparam("tenant"), Account.id == bindparam("account"))
)


def replace_card(tx: Tx, vault: Vault, entry: Entry, card: StoredCard) -> None:
    """Store the card that the company has registered for a locked entry. It pays from the next collection on.

    The token is sealed for its row; brand, last four digits and expiry are all that is kept of the card beside it.
    """
    lock_customer(tx, entry.customer_id)
    old = tx.execute(_OLD, {"tenant": tx.tenant, "customer": entry.customer_id}).one_or_none()
    now = tx.now()
    if old is not None:
        tx.execute(
            update(PaymentMethod)
            .where(PaymentMethod.tenant_id == tx.tenant, PaymentMethod.id == old.id)
            .values(current=False, replaced_at=now)
            .execution_options(synchronize_session=False)
        )
    method_id = uuid.uuid4()
    sealed = vault.seal(tx, card.token.encode(), table="payment_method", column="token_sealed", row=str(method_id))
    tx.add(
        PaymentMethod(
            tenant_id=tx.tenant,
            id=method_id,
            customer_id=entry.customer_id,
            gateway=entry.gateway,
            token_sealed=sealed,
            brand=card.brand,
            last4=card.last4,
            exp_month=card.exp_month,
            exp_year=card.exp_year,
            current=True,
            created_at=now,
        )
    )
    tx.flush()
    note_registered(tx, entry, card)
    record(
        tx,
        "card.changed",
        "payment_method",
        method_id,
        customer_id=entry.customer_id,
        before={"brand": old.brand, "last4": old.last4, "gateway": old.gateway} if old is not None else None,
        after=_shown(entry, card),
    )
    _tell(tx, vault, entry, card)


def mail_address(tx: Tx, entry: Entry) -> str:
    """Where the mail about the change goes; "" when the account has no address that a mail can reach."""
    row = tx.execute(_ADDRESSEE, {"tenant": tx.tenant, "account": entry.account_id}).one_or_none()
    try:
        return checked_address(row.email) if row is not None and row.email else ""
    except BadMail:
        return ""


def _shown(entry: Entry, card: StoredCard) -> dict[str, Any]:
    return {
        "brand": card.brand,
        "last4": card.last4,
        "gateway": entry.gateway,
        "expires": f"{card.exp_year:04d}-{card.exp_month:02d}",
        "three_d_secure": card.three_d_secure,
        "setup": str(entry.id),
    }


def _tell(tx: Tx, vault: Vault, entry: Entry, card: StoredCard) -> None:
    row = tx.execute(_ADDRESSEE, {"tenant": tx.tenant, "account": entry.account_id}).one_or_none()
    if row is None or not row.email:
        return
    values: dict[str, MailValue] = {"card": f"{brand_name(card.brand)} **** {card.last4}", "changed_at": tx.now()}
    try:
        send_mail(
            tx,
            vault,
            template=MAIL,
            recipient=row.email,
            language=row.language or row.customer_language,
            values=values,
            subject_id=entry.account_id,
        )
    except BadMail:
        # The company has registered the card: an address that no mail can reach must not undo that here.
        record(tx, "card.mail_impossible", "account", entry.account_id, customer_id=entry.customer_id)
