"""Whether a customer can pay: what products that need payment data ask before they are sold (UCOM-121)."""

from __future__ import annotations

import uuid
from typing import Literal

from sqlalchemy import bindparam, exists, select

from mypage.billing.cards import Card
from mypage.billing.models import PaymentMethod, PaymentReview
from mypage.db.session import Tx

Standing = Literal["none", "valid", "expired", "review"]

_WAITING = exists().where(
    PaymentReview.tenant_id == bindparam("tenant"),
    PaymentReview.customer_id == bindparam("customer"),
    PaymentReview.state == "waiting",
)
_CURRENT = select(PaymentMethod.brand, PaymentMethod.last4, PaymentMethod.exp_month, PaymentMethod.exp_year).where(
    PaymentMethod.tenant_id == bindparam("tenant"),
    PaymentMethod.customer_id == bindparam("customer"),
    PaymentMethod.current,
)


def payment_standing(tx: Tx, customer_id: uuid.UUID) -> Standing:
    """How it stands with the card that pays for a customer, today in Japan.

    "review": a newer card waits for a decision, and until then nothing that needs payment data is sold, although the
    former card goes on paying for the rest (UCOM-116, UCOM-117). "valid": the card in force has not expired; it is
    valid to the last day of its month. "expired": it has. "none": there is no card.
    """
    values = {"tenant": tx.tenant, "customer": customer_id}
    if tx.execute(select(_WAITING), values).scalar_one():
        return "review"
    row = tx.execute(_CURRENT, values).one_or_none()
    if row is None:
        return "none"
    card = Card(row.brand, row.last4, row.exp_month, row.exp_year)
    return "expired" if card.expired(tx.today()) else "valid"
