"""The rows of registered cards: adding one, letting it pay, forgetting its token."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from mypage.audit.trail import record
from mypage.billing.models import PaymentMethod
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.payment import StoredCard

_SHOWN = (
    PaymentMethod.id,
    PaymentMethod.gateway,
    PaymentMethod.brand,
    PaymentMethod.last4,
    PaymentMethod.exp_month,
    PaymentMethod.exp_year,
)
_CURRENT = (
    select(*_SHOWN)
    .where(
        PaymentMethod.tenant_id == bindparam("tenant"),
        PaymentMethod.customer_id == bindparam("customer"),
        PaymentMethod.current,
    )
    .with_for_update()
)
_ONE = select(*_SHOWN).where(PaymentMethod.tenant_id == bindparam("tenant"), PaymentMethod.id == bindparam("method"))


def add_method(tx: Tx, vault: Vault, *, customer_id: uuid.UUID, gateway: str, card: StoredCard) -> uuid.UUID:
    """Store a registered card that does not pay yet; the id of its row, for which the token is sealed.

    Brand, last four digits and expiry are all that is kept of the card beside the token.
    """
    method_id = uuid.uuid4()
    sealed = vault.seal(tx, card.token.encode(), table="payment_method", column="token_sealed", row=str(method_id))
    tx.add(
        PaymentMethod(
            tenant_id=tx.tenant,
            id=method_id,
            customer_id=customer_id,
            gateway=gateway,
            token_sealed=sealed,
            brand=card.brand,
            last4=card.last4,
            exp_month=card.exp_month,
            exp_year=card.exp_year,
            current=False,
            created_at=tx.now(),
        )
    )
    tx.flush()
    return method_id


def make_current(tx: Tx, customer_id: uuid.UUID, method_id: uuid.UUID, **more: Any) -> None:
    """Let a stored card pay from the next collection on, in place of the old one; the customer is locked before.

    `more` is what else the trail says about it.
    """
    old = tx.execute(_CURRENT, {"tenant": tx.tenant, "customer": customer_id}).one_or_none()
    if old is not None:
        _set(tx, old.id, current=False, replaced_at=tx.now())
    _set(tx, method_id, current=True, replaced_at=None)
    new = tx.execute(_ONE, {"tenant": tx.tenant, "method": method_id}).one()
    record(
        tx,
        "card.changed",
        "payment_method",
        method_id,
        customer_id=customer_id,
        before={"brand": old.brand, "last4": old.last4, "gateway": old.gateway} if old is not None else None,
        after=shown(new) | more,
    )


def forget_token(tx: Tx, method_id: uuid.UUID) -> None:
    """A card that never paid and never will: nothing is left here by which it could be charged."""
    _set(tx, method_id, current=False, replaced_at=tx.now(), token_sealed=b"")


def shown(card: Row[*tuple[Any, ...]] | StoredCard, **more: Any) -> dict[str, Any]:
    """What the trail says of a card."""
    told = {"brand": card.brand, "last4": card.last4, "expires": f"{card.exp_year:04d}-{card.exp_month:02d}"}
    return told | more


def _set(tx: Tx, method_id: uuid.UUID, **values: Any) -> None:
    tx.execute(
        update(PaymentMethod)
        .where(PaymentMethod.tenant_id == tx.tenant, PaymentMethod.id == method_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
