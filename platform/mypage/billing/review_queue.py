"""Cards whose name has to be compared by a person: how they come into the queue, and leave it for a newer one."""

from __future__ import annotations

import uuid
from typing import Any, Literal, cast

from sqlalchemy import bindparam, exists, select

from mypage.audit.trail import record
from mypage.auth.models import Customer
from mypage.billing.brands import brand_name
from mypage.billing.card_entry import Entry
from mypage.billing.card_methods import forget_token, shown
from mypage.billing.models import CardSetup, PaymentReview
from mypage.db.session import Tx
from mypage.hooks.desk import CARD_REVIEW, USUAL, DeskPolicy
from mypage.hooks.payment import StoredCard
from mypage.jobs.queue import enqueue
from mypage.lib.romaji import same_name
from mypage.work.service import close_work, open_kind, short_reference

DISCARD = "card.discard"
"""The job that has the payment company forget a card that will never pay."""
REFERENCE = "C"
"""The letter with which the numbers of cards in the work queue begin."""

ReviewState = Literal["waiting", "accepted", "rejected", "replaced"]

_KANA = select(Customer.kana).where(Customer.tenant_id == bindparam("tenant"), Customer.id == bindparam("customer"))
_WAITING = (
    select(PaymentReview)
    .where(
        PaymentReview.tenant_id == bindparam("tenant"),
        PaymentReview.customer_id == bindparam("customer"),
        PaymentReview.state == "waiting",
    )
    .execution_options(populate_existing=True)
)
_STATE = select(PaymentReview.state).where(
    PaymentReview.tenant_id == bindparam("tenant"),
    PaymentReview.id == bindparam("review"),
    PaymentReview.customer_id == bindparam("customer"),
)
_ENTERED = select(exists().where(CardSetup.tenant_id == bindparam("tenant"), CardSetup.id == bindparam("entry")))
_TWO = 2
_NEWER = "a newer card"


def name_agrees(tx: Tx, customer_id: uuid.UUID, card: StoredCard) -> bool:
    """Whether the name on the card is the customer's in roman letters, in either order (UCOM-118).

    What is not exactly two words on both sides, such as a company's name, agrees with nothing.
    """
    kana = tx.execute(_KANA, {"tenant": tx.tenant, "customer": customer_id}).scalar_one().split()
    words = [card.given, card.family] if card.given and card.family else card.holder.split()
    return len(kana) == _TWO and len(words) == _TWO and same_name(kana[0], kana[1], words[0], words[1])


def hold(tx: Tx, entry: Entry, method_id: uuid.UUID, card: StoredCard, desk: DeskPolicy = USUAL) -> None:
    """Let a stored card wait for a decision; none of the customer's waits already, and the customer is locked.

    It is in the work queue of staff from then on, due when `desk` says. The name stands with the review and nowhere
    else (UCOM-120).
    """
    tx.add(
        PaymentReview(
            tenant_id=tx.tenant,
            id=entry.id,
            customer_id=entry.customer_id,
            payment_method_id=method_id,
            card_name=card.holder,
            state="waiting",
            created_at=tx.now(),
        )
    )
    tx.flush()
    record(
        tx,
        "card.review_opened",
        "payment_review",
        entry.id,
        customer_id=entry.customer_id,
        after=shown(card, gateway=entry.gateway, account=str(entry.account_id)),
    )
    open_kind(
        tx,
        desk,
        kind=CARD_REVIEW,
        subject_id=entry.id,
        customer_id=entry.customer_id,
        reference=short_reference(REFERENCE, tx.today(), entry.id),
        title=f"{brand_name(card.brand)} **** {card.last4}",
    )


def replace_waiting(tx: Tx, customer_id: uuid.UUID) -> None:
    """A newer card takes the place of the one that waits, if one does; the customer is locked (UCOM-117)."""
    waiting = tx.execute(_WAITING, {"tenant": tx.tenant, "customer": customer_id}).scalar_one_or_none()
    if waiting is not None:
        leave(tx, waiting, "replaced")
        record(tx, "card.review_replaced", "payment_review", waiting.id, customer_id=customer_id)


def leave(tx: Tx, review: PaymentReview, state: Literal["rejected", "replaced"], *, code: str = "") -> None:
    """Take a card out of the queue for good: here its token goes now, at the payment company by a job.

    `code` is the reason from the operator's list. A card that a feed brought was entered elsewhere: whoever did that
    has the company forget it.
    """
    review.state, review.decided_at = state, tx.now()
    tx.flush()
    forget_token(tx, review.payment_method_id)
    if state == "rejected":
        close_work(tx, CARD_REVIEW, review.id, state=state, by=review.decided_by, outcome=code, body=review.reason)
    else:
        close_work(tx, CARD_REVIEW, review.id, state="withdrawn", by=_NEWER)
    if tx.execute(_ENTERED, {"tenant": tx.tenant, "entry": review.id}).scalar_one():
        enqueue(tx, DISCARD, entry=str(review.id))


def review_waits(tx: Tx, customer_id: uuid.UUID) -> bool:
    """Whether a card of the customer waits for a decision."""
    return tx.execute(_WAITING, {"tenant": tx.tenant, "customer": customer_id}).scalar_one_or_none() is not None


def review_of(tx: Tx, entry: Entry) -> ReviewState | None:
    """How it stands with the card of an entry in the queue; None when it never was there."""
    values: dict[str, Any] = {"tenant": tx.tenant, "review": entry.id, "customer": entry.customer_id}
    return cast("ReviewState | None", tx.execute(_STATE, values).scalar_one_or_none())
