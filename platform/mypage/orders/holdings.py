"""What a contract and its accounts have bought."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from mypage.contracts.models import Subscription
from mypage.contracts.reaching import ContractRef
from mypage.db.session import Tx
from mypage.hooks.prices import UnitPrice
from mypage.hooks.products import Holder, Product
from mypage.operators.operator import Operator
from mypage.orders.values import Holding


def holdings(tx: Tx, ref: ContractRef) -> tuple[Holding, ...]:
    """Every purchase of the contract and of its accounts, ended ones too, the oldest first. One statement.

    Not those that are void: they never were.
    """
    rows = tx.execute(
        select(
            Subscription.id,
            Subscription.product,
            Subscription.holder_id,
            Subscription.account_id,
            Subscription.bought_at,
            Subscription.ended_at,
            Subscription.again,
            Subscription.pin_sealed.is_not(None).label("has_pin"),
        )
        .where(
            Subscription.tenant_id == tx.tenant, Subscription.contract_id == ref.id, Subscription.voided_at.is_(None)
        )
        .order_by(Subscription.bought_at, Subscription.id)
    )
    return tuple(Holding(*row) for row in rows)


def held(found: tuple[Holding, ...], product: str, holder_id: uuid.UUID) -> Holding | None:
    """The purchase of a product that a contract or account has now."""
    return next((h for h in found if h.active and h.product == product and h.holder_id == holder_id), None)


def product_of(operator: Operator, holding: Holding) -> Product:
    """What was bought. A product that the operator does not declare any more has its code as its name, and no price."""
    known = operator.products.get(holding.product)
    if known is not None:
        return known
    code = holding.product
    holder: Holder = "account" if holding.account_id else "contract"
    return Product(code=code, name=code, holder=holder, price=UnitPrice(), permission="")
