"""What is charged for a place: purchases of the contract, one piece for each place, with their orders for the history.

A piece that ended and begins again in one calendar month goes on as if it had not ended: a month is charged once for a
place, whatever was removed and added in it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from mypage.contracts.models import Subscription
from mypage.contracts.reaching import ContractRef
from mypage.db.session import Tx
from mypage.lib.months import month_of
from mypage.operators.operator import Operator
from mypage.orders.service import advance, write_order
from mypage.orders.values import Placed
from mypage.slots.models import SlotApplication


@dataclass(frozen=True, slots=True)
class Bill:
    """Whose place it is, what was applied for, and from when it counts."""

    operator: Operator
    ref: ContractRef
    app: SlotApplication
    at: datetime


def begin_piece(tx: Tx, bill: Bill, product: str) -> None:
    """From `bill.at` on the place is charged for; nothing happens when it is already."""
    earlier = _pieces(tx, bill, product)
    if any(row.ended_at is None for row in earlier):
        return
    last = max((row for row in earlier if row.ended_at), key=lambda row: row.ended_at or row.bought_at, default=None)
    if last is not None and last.ended_at is not None and month_of(last.ended_at) == month_of(bill.at):
        last.ended_at = None
        row = last
    else:
        ends = [each.ended_at for each in earlier if each.ended_at]
        row = Subscription(
            tenant_id=tx.tenant,
            id=uuid.uuid4(),
            customer_id=bill.ref.customer_id,
            contract_id=bill.ref.id,
            account_id=None,
            holder_id=bill.ref.id,
            product=product,
            piece=bill.app.slot_number,
            again=bool(earlier),
            bought_at=max([bill.at, *ends]),
        )
        tx.add(row)
    tx.flush()
    _order(tx, bill, row, "add")


def end_piece(tx: Tx, bill: Bill, product: str) -> None:
    """The place is not charged for any more; nothing happens when it is not."""
    for row in _pieces(tx, bill, product):
        if row.ended_at is None:
            row.ended_at = max(bill.at, row.bought_at)
            tx.flush()
            _order(tx, bill, row, "end")


def _pieces(tx: Tx, bill: Bill, product: str) -> list[Subscription]:
    found = (
        select(Subscription)
        .where(
            Subscription.tenant_id == tx.tenant,
            Subscription.holder_id == bill.ref.id,
            Subscription.product == product,
            Subscription.piece == bill.app.slot_number,
            Subscription.voided_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(tx.scalars(found))


def _order(tx: Tx, bill: Bill, row: Subscription, action: str) -> None:
    app, product = bill.app, bill.operator.products[row.product]
    placed = Placed(app.filed_by, app.filed_scheme, app.filed_role)
    consent = app.consent_id if action == "add" and product.consent else None
    order = write_order(tx, bill.operator, bill.ref, row, product, action=action, placed=placed, consent_id=consent)
    advance(tx, order, "completed")
