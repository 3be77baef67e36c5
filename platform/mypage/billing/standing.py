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

    "valid": a card is in force and its last month is not over; a newer card under review does not change that
    (UCOM-117). "review": none is in force, and one waits for a decision. "expired": the card in force has expired.
    "none": there is no card.
    """
    values = {"tenant": tx.tenant, "customer": customer_id}
    row = tx.execute(_CURRENT, values).one_or_none()
    if row is not None and not Card(row.brand, row.last4, row.exp_month, row.exp_year).expired(tx.today()):
        return "valid"
    if tx.execute(select(_WAITING), values).scalar_one():
        return "review"
    return "none" if row is None else "expired"
