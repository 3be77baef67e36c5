"""A purchase whose start was declined for good: it is taken back, and counts and costs nothing."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, select, update
from sqlalchemy.orm import aliased

from mypage.audit.trail import record
from mypage.contracts.models import Contract, Subscription
from mypage.db.session import Tx
from mypage.orders.models import ProductOrder


def void_purchase(tx: Tx, order: ProductOrder) -> None:
    """End and void what an `add` order bought, with its line in the trail. One that ended meanwhile keeps its end.

    Nothing follows from it: what else the contract and its accounts hold stays. A later purchase that was a repetition
    only of this one is a first one now. What a bill has charged already stays on that bill. Called again it changes
    nothing.
    """
    # A purchase at the same moment decides by the earlier ones, under the same lock.
    tx.execute(
        select(Contract.id).where(Contract.tenant_id == tx.tenant, Contract.id == order.contract_id).with_for_update()
    )
    row = tx.execute(
        select(Subscription)
        .where(
            Subscription.tenant_id == tx.tenant,
            Subscription.id == order.subscription_id,
            Subscription.voided_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        return
    if row.ended_at is None:
        # Clocks of two machines differ by a little, and a purchase cannot end before it began.
        row.ended_at = max(tx.now(), row.bought_at)
    row.voided_at, row.pin_sealed = tx.now(), None
    tx.flush()
    record(
        tx,
        "option.voided",
        "subscription",
        row.id,
        customer_id=row.customer_id,
        after={
            "order": order.number,
            "product": row.product,
            "for": order.subject,
            "account": row.account_id,
            "first_again": _count_first(tx, row),
        },
    )


def _count_first(tx: Tx, voided: Subscription) -> int:
    """Take the mark of a repetition from purchases that repeat nothing any more; how many there were."""
    earlier = aliased(Subscription)
    repeats = exists().where(
        _same(earlier, tx, voided),
        earlier.voided_at.is_(None),
        earlier.id != Subscription.id,
        earlier.ended_at <= Subscription.bought_at,
    )
    marked = tx.execute(
        update(Subscription)
        .where(_same(Subscription, tx, voided), Subscription.again, ~repeats)
        .values(again=False)
        .returning(Subscription.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(marked.all())


def _same(model: type[Subscription], tx: Tx, voided: Subscription) -> ColumnElement[bool]:
    return and_(model.tenant_id == tx.tenant, model.holder_id == voided.holder_id, model.product == voided.product)
