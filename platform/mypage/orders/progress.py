"""How an order goes on with what other systems say about it (TMF622's states), and the PIN that one may give."""

from __future__ import annotations

import uuid

from sqlalchemy import bindparam, select, update

from mypage.contracts.models import Subscription
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.provisioning import ProvisioningDone
from mypage.orders.models import ProductOrder, ProvisioningJob
from mypage.orders.states import FINAL, check_step

PIN_PLACE = {"table": "subscription", "column": "pin_sealed"}
_LOCKED = (
    select(ProductOrder)
    .where(ProductOrder.tenant_id == bindparam("tenant"), ProductOrder.id == bindparam("order"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_OF_ORDER = select(ProductOrder.subscription_id).where(
    ProductOrder.tenant_id == bindparam("tenant"), ProductOrder.id == bindparam("order")
)


def advance(tx: Tx, order: ProductOrder, state: str) -> None:
    """Take a step that is legal. Raises IllegalStep."""
    check_step(order.state, state)
    order.state = state
    if state == "completed":
        order.completed_at = tx.now()
    tx.flush()


def on_handed_over(tx: Tx, order_id: uuid.UUID) -> None:
    """Another system has something to do for the order."""
    order = _locked(tx, order_id)
    if order is not None and order.state == "acknowledged":
        advance(tx, order, "in_progress")


def on_provisioned(tx: Tx, job: ProvisioningJob, done: ProvisioningDone | None) -> None:
    """A job of an order has ended: with `done` the order is completed, without it has failed and staff look at it.

    An order that ended otherwise meanwhile stays as it is.
    """
    order = _locked(tx, job.order_id) if job.order_id else None
    if order is not None and order.state not in FINAL:
        advance(tx, order, "completed" if done else "failed")


def keep_pin(tx: Tx, vault: Vault, job: ProvisioningJob, pin: str) -> None:
    """Seal a licence's PIN for the purchase that the job's order is about; there is none without an order.

    A purchase that has ended meanwhile gets none: nobody may see it any more (UCOM-111).
    """
    if job.order_id is None:
        return
    subscription = tx.execute(_OF_ORDER, {"tenant": tx.tenant, "order": job.order_id}).scalar_one()
    sealed = vault.seal(tx, pin.encode(), row=str(subscription), **PIN_PLACE)
    tx.execute(
        update(Subscription)
        .where(Subscription.tenant_id == tx.tenant, Subscription.id == subscription, Subscription.ended_at.is_(None))
        .values(pin_sealed=sealed)
    )


def _locked(tx: Tx, order_id: uuid.UUID) -> ProductOrder | None:
    return tx.execute(_LOCKED, {"tenant": tx.tenant, "order": order_id}).scalar_one_or_none()
