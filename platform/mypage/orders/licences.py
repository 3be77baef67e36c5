"""PINs of licences: sealed in the row of their purchase, opened when its holder asks, with a line in the trail."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from mypage.audit.trail import record
from mypage.contracts.models import Subscription
from mypage.contracts.reaching import ContractRef
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.errors import NotFound
from mypage.orders.service import PIN_PLACE


def open_pin(tx: Tx, vault: Vault, ref: ContractRef, product: str, holder_id: uuid.UUID) -> str:
    """The PIN of what is held now; who may see it is decided before. Audited.

    Raises NotFound: it is not held, has ended, has no PIN, or the PIN has not come yet (UCOM-111).
    """
    row = tx.execute(
        select(Subscription.id, Subscription.pin_sealed).where(
            Subscription.tenant_id == tx.tenant,
            Subscription.contract_id == ref.id,
            Subscription.holder_id == holder_id,
            Subscription.product == product,
            Subscription.ended_at.is_(None),
            Subscription.pin_sealed.is_not(None),
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    record(
        tx,
        "licence.shown",
        "subscription",
        row.id,
        customer_id=ref.customer_id,
        after={"product": product, "holder": holder_id},
    )
    return vault.open(tx, row.pin_sealed, row=str(row.id), **PIN_PLACE).decode()
