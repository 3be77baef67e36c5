"""Cards whose name has to be compared with the contract: what staff see of them, and what they decide (UCOM-117)."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from mypage.auth.models import Customer
from mypage.billing.models import PaymentMethod, PaymentReview
from mypage.billing.review import accept, reject
from mypage.db.session import Tx
from mypage.hooks.permissions import CARD_CHANGE
from mypage.lib.errors import NotFound
from mypage.staff.queue.means import Act, Deciding, Kind, Line, Means, Subject
from mypage.work.models import WorkItem


def _accept(tx: Tx, deciding: Deciding) -> None:
    means = deciding.means
    accept(tx, means.vault, means.operator.catalogues, deciding.item.subject_id, by=str(means.by))


def _reject(tx: Tx, deciding: Deciding) -> None:
    means = deciding.means
    reject(
        tx,
        means.vault,
        means.operator.catalogues,
        deciding.item.subject_id,
        by=str(means.by),
        reason=deciding.why,
        chosen=deciding.reason,
    )


ACCEPT = Act(
    name="accept",
    label="Accept the card",
    sure="The card %(what)s is registered for %(customer)s and pays from the next bill on. A mail and a notice say so.",
    said="The card was accepted.",
    carry=_accept,
)
REJECT = Act(
    name="reject",
    label="Reject the card",
    sure="The card %(what)s of %(customer)s is dropped here and at the payment company. A mail and a notice say so.",
    said="The card was rejected.",
    carry=_reject,
    asks=frozenset({"reason", "note"}),
    danger=True,
)


def _title(stored: str, _: Means) -> str:
    return stored


def _subject(tx: Tx, item: WorkItem, _: Means) -> Subject:
    row = tx.execute(
        select(
            PaymentReview.card_name,
            PaymentReview.state,
            PaymentReview.created_at,
            PaymentMethod.exp_year,
            PaymentMethod.exp_month,
            Customer.name,
            Customer.kana,
        )
        .join(Customer, (Customer.tenant_id == PaymentReview.tenant_id) & (Customer.id == PaymentReview.customer_id))
        .join(
            PaymentMethod,
            (PaymentMethod.tenant_id == PaymentReview.tenant_id)
            & (PaymentMethod.id == PaymentReview.payment_method_id),
        )
        .where(PaymentReview.tenant_id == tx.tenant, PaymentReview.id == item.subject_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    found = Subject(
        what=item.title,
        lines=(
            Line(label="Name on the card", value=row.card_name),
            Line(label="Contract holder", value=row.name, note=row.kana),
            Line(label="Credit card", value=item.title),
            Line(label="Expiry date", value=f"{row.exp_month:02d}/{row.exp_year}"),
            Line(label="Entered", value=row.created_at),
        ),
        hint="Compare the name on the card with the contract holder's.",
    )
    return replace(found, acts=(ACCEPT, REJECT)) if row.state == "waiting" else found


CARDS = Kind(label="Check of the name on a card", title=_title, subject=_subject, notice_permission=CARD_CHANGE)
