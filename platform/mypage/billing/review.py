"""What staff decide about cards whose name is not clearly the customer's (UCOM-117)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, select

from mypage.audit.trail import record
from mypage.auth.models import Customer
from mypage.billing.card import lock_customer
from mypage.billing.card_methods import make_current
from mypage.billing.errors import AlreadyDecided
from mypage.billing.models import PaymentMethod, PaymentReview
from mypage.billing.review_queue import leave
from mypage.billing.review_telling import tell
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.desk import CARD_REVIEW, WorkReason
from mypage.i18n import Catalogue
from mypage.lib.errors import NotFound
from mypage.work.service import close_work

LONGEST_REASON = 500

_LIST = (
    select(
        PaymentReview.id,
        PaymentReview.card_name,
        PaymentReview.created_at,
        Customer.number,
        Customer.name,
        Customer.kana,
        PaymentMethod.brand,
        PaymentMethod.last4,
        PaymentMethod.exp_year,
        PaymentMethod.exp_month,
    )
    .join(Customer, (Customer.tenant_id == PaymentReview.tenant_id) & (Customer.id == PaymentReview.customer_id))
    .join(
        PaymentMethod,
        (PaymentMethod.tenant_id == PaymentReview.tenant_id) & (PaymentMethod.id == PaymentReview.payment_method_id),
    )
    .where(PaymentReview.tenant_id == bindparam("tenant"), PaymentReview.state == "waiting")
    .order_by(PaymentReview.created_at, PaymentReview.id)
    .limit(bindparam("limit"))
)
_ONE = (
    select(PaymentReview)
    .where(PaymentReview.tenant_id == bindparam("tenant"), PaymentReview.id == bindparam("review"))
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A card in the queue as staff see it: whose contract, which name on the card, brand and last four digits."""

    id: uuid.UUID
    customer_number: str
    customer_name: str
    customer_kana: str
    card_name: str
    brand: str
    last4: str
    expires: date
    """The first day of the month in which it expires."""
    since: datetime


def list_waiting(tx: Tx, *, limit: int = 1000) -> tuple[Waiting, ...]:
    """The cards that wait for a decision, the one that waits longest first."""
    return tuple(
        Waiting(
            id=row.id,
            customer_number=row.number,
            customer_name=row.name,
            customer_kana=row.kana,
            card_name=row.card_name,
            brand=row.brand,
            last4=row.last4,
            expires=date(row.exp_year, row.exp_month, 1),
            since=row.created_at,
        )
        for row in tx.execute(_LIST, {"tenant": tx.tenant, "limit": limit})
    )


def accept(tx: Tx, vault: Vault, words: Mapping[str, Catalogue], review_id: uuid.UUID, *, by: str) -> None:
    """Let the card pay from now on, and tell the customer by mail and notice in `words` (by language).

    `by` is who decides. Raises NotFound, or AlreadyDecided when somebody or a newer card was quicker.
    """
    review = _waiting(tx, review_id)
    review.state, review.decided_at, review.decided_by = "accepted", tx.now(), by
    tx.flush()
    make_current(tx, review.customer_id, review.payment_method_id, review=str(review.id))
    close_work(tx, CARD_REVIEW, review.id, state="done", by=by)
    record(tx, "card.review_accepted", "payment_review", review.id, customer_id=review.customer_id, after={"by": by})
    tell(tx, vault, words, review, accepted=True)


def reject(
    tx: Tx,
    vault: Vault,
    words: Mapping[str, Catalogue],
    review_id: uuid.UUID,
    *,
    by: str,
    reason: str,
    chosen: WorkReason | None = None,
) -> None:
    """Drop the card, here now and at the payment company by a job; the former card stays as it is.

    The customer is told that it was not registered, without the `reason`, which is for staff, but with what the reason
    `chosen` from the operator's list has for the customer. Raises as `accept`.
    """
    review = _waiting(tx, review_id)
    review.decided_by, review.reason = by, reason[:LONGEST_REASON]
    leave(tx, review, "rejected", code=chosen.code if chosen else "")
    record(
        tx,
        "card.review_rejected",
        "payment_review",
        review.id,
        customer_id=review.customer_id,
        after={"by": by, "reason": review.reason} | ({"chosen": chosen.code} if chosen else {}),
    )
    tell(tx, vault, words, review, accepted=False, told=chosen.told if chosen else "")


def _waiting(tx: Tx, review_id: uuid.UUID) -> PaymentReview:
    """The review, after everything else about the customer's card has ended, if it still waits."""
    values = {"tenant": tx.tenant, "review": review_id}
    review = tx.execute(_ONE, values).scalar_one_or_none()
    if review is None:
        raise NotFound
    lock_customer(tx, review.customer_id)
    review = tx.execute(_ONE, values).scalar_one()
    if review.state != "waiting":
        raise AlreadyDecided(review.state, review.decided_by)
    return review
