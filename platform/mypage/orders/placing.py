"""Buying and ending: the rows of it, in the caller's unit, under the contract's lock. What may be is decided before."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from mypage.contracts.models import Subscription
from mypage.contracts.reaching import ContractRef
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.products import Product
from mypage.operators.operator import Operator
from mypage.orders.errors import AlreadyHeld, NotHeld
from mypage.orders.holdings import product_of
from mypage.orders.models import ProductOrder
from mypage.orders.provisioning import provision
from mypage.orders.service import write_order
from mypage.orders.values import Cause, Ended, Holding, Placed


def add(
    tx: Tx,
    operator: Operator,
    ref: ContractRef,
    product: Product,
    *,
    account_id: uuid.UUID | None,
    placed: Placed,
    consent_id: uuid.UUID | None = None,
    vault: Vault | None = None,
) -> ProductOrder:
    """Buy a product for the contract or one account of it, from now on. Raises AlreadyHeld.

    That it was bought at the same moment elsewhere is AlreadyHeld too: the database allows one at a time. With `vault`
    a licence's PIN is there at once where no other system gives it.
    """
    holder = account_id if product.holder == "account" else ref.id
    if holder is None:
        raise ValueError(f"{product.code} is held by an account; say which")
    earlier = _purchases(tx, product.code, holder)
    if any(row.ended_at is None for row in earlier):
        raise AlreadyHeld(product.code)
    row = Subscription(
        tenant_id=tx.tenant,
        id=uuid.uuid4(),
        customer_id=ref.customer_id,
        contract_id=ref.id,
        account_id=account_id if product.holder == "account" else None,
        holder_id=holder,
        product=product.code,
        piece=1,
        again=bool(earlier),
        bought_at=max([tx.now(), *(each.ended_at for each in earlier if each.ended_at)]),
    )
    try:
        with tx.begin_nested():
            tx.add(row)
            tx.flush()
    except IntegrityError as error:
        raise AlreadyHeld(product.code) from error
    order = write_order(tx, operator, ref, row, product, action="add", placed=placed, consent_id=consent_id)
    provision(
        tx,
        customer_id=ref.customer_id,
        order_id=order.id,
        action="start",
        product=product.code,
        subject=order.subject,
        wants_pin=product.licence is not None,
        vault=vault,
        desk=operator.desk,
    )
    return order


def end(
    tx: Tx,
    operator: Operator,
    ref: ContractRef,
    holding: Holding,
    *,
    placed: Placed,
    cause: Cause = "customer",
) -> Ended:
    """End a purchase now; its PIN is wiped. There is no undo. Raises NotHeld when it has ended or is not there."""
    row = tx.execute(
        select(Subscription)
        .where(
            Subscription.tenant_id == tx.tenant,
            Subscription.contract_id == ref.id,
            Subscription.id == holding.id,
            Subscription.ended_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotHeld
    # Clocks of two machines differ by a little, and a purchase cannot end before it began.
    row.ended_at = max(tx.now(), row.bought_at)
    row.pin_sealed = None
    tx.flush()
    product = product_of(operator, holding)
    order = write_order(tx, operator, ref, row, product, action="end", placed=placed, cause=cause)
    provision(
        tx,
        customer_id=ref.customer_id,
        order_id=order.id,
        action="end",
        product=product.code,
        subject=order.subject,
        desk=operator.desk,
    )
    return Ended(product, row.id, order.number)


def _purchases(tx: Tx, product: str, holder: uuid.UUID) -> list[Subscription]:
    found = select(Subscription).where(
        Subscription.tenant_id == tx.tenant,
        Subscription.holder_id == holder,
        Subscription.product == product,
        Subscription.voided_at.is_(None),
    )
    return list(tx.scalars(found.execution_options(populate_existing=True)))
