"""How an order goes on with what other systems say about it (TMF622's states), and the PIN that one may give."""

from __future__ import annotations

import uuid

from sqlalchemy import bindparam, select, update

from mypage.contracts.models import Subscription
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.provisioning import ProvisioningDone
from mypage.orders.models import ProductOrder, ProvisioningJob

PIN_PLACE = {"table": "subscription", "column": "pin_sealed"}
_OF_ORDER = select(ProductOrder.subscription_id).where(
    ProductOrder.tenant_id == bindparam("tenant"), ProductOrder.id == bindparam("order")
)


def on_handed_over(tx: Tx, order_id: uuid.UUID) -> None:
    """Another system has something to do for the order."""
    tx.execute(
        update(ProductOrder)
        .where(ProductOrder.tenant_id == tx.tenant, ProductOrder.id == order_id, ProductOrder.state == "acknowledged")
        .values(state="in_progress")
    )


def on_provisioned(tx: Tx, job: ProvisioningJob, done: ProvisioningDone | None) -> None:
    """A job of an order has ended: with `done` the order is completed, without it has failed and staff look at it.

    An order that ended otherwise meanwhile stays as it is.
    """
    if job.order_id is None:
        return
    tx.execute(
        update(ProductOrder)
        .where(
            ProductOrder.tenant_id == tx.tenant,
            ProductOrder.id == job.order_id,
            ProductOrder.state.in_(("acknowledged", "in_progress")),
        )
        .values(state="completed" if done else "failed", completed_at=tx.now() if done else None)
    )


def keep_pin(tx: Tx, vault: Vault, job: ProvisioningJob, pin: str) -> None:
    """Seal a licence's PIN for the purchase that the job's order is about; there is none without an order."""
    if job.order_id is None:
        return
    subscription = tx.execute(_OF_ORDER, {"tenant": tx.tenant, "order": job.order_id}).scalar_one()
    sealed = vault.seal(tx, pin.encode(), row=str(subscription), **PIN_PLACE)
    tx.execute(
        update(Subscription)
        .where(Subscription.tenant_id == tx.tenant, Subscription.id == subscription)
        .values(pin_sealed=sealed)
    )
