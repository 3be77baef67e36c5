"""Rows that jobs for other systems hang on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sample_operator.plugin as nagi
from mypage.auth.models import Customer
from mypage.contracts.models import Contract, Subscription
from mypage.db.session import Tx
from mypage.orders.models import ProductOrder
from mypage.testing.portal import MakePortal, Portal


def deploy(make_portal: MakePortal, extensions: Mapping[str, Mapping[str, str]] | None = None) -> Portal:
    """A portal of the tests' own operator."""
    return make_portal("nagi", plugins={"nagi": nagi}, settings={"harbour": "みなと"}, extensions=extensions)


@dataclass(frozen=True)
class Ordered:
    """A customer that has ordered a product."""

    customer_id: uuid.UUID
    subscription_id: uuid.UUID
    order_id: uuid.UUID


def order_something(
    tx: Tx, number: str = "1000001", *, product: str = "shield", state: str = "acknowledged"
) -> Ordered:
    """A customer with a contract, a purchase and its order."""
    customer, contract, subscription, order = (uuid.uuid4() for _ in range(4))
    tx.add(Customer(tenant_id=tx.tenant, id=customer, number=number, number_key=number, name="青森 太郎"))
    tx.flush()
    tx.add(
        Contract(
            tenant_id=tx.tenant, id=contract, customer_id=customer, number=f"C{number}", number_key=f"c{number}",
            name="光コース", started_on=date(2024, 4, 1),
        )
    )  # fmt: skip
    tx.flush()
    tx.add(
        Subscription(
            tenant_id=tx.tenant, id=subscription, customer_id=customer, contract_id=contract, holder_id=contract,
            product=product, bought_at=tx.now(),
        )
    )  # fmt: skip
    tx.flush()
    tx.add(
        ProductOrder(
            tenant_id=tx.tenant, id=order, number=f"O{number}", customer_id=customer, contract_id=contract,
            subscription_id=subscription, product=product, action="add", state=state, placed_at=tx.now(),
            effective_on=tx.today(),
        )
    )  # fmt: skip
    tx.flush()
    return Ordered(customer, subscription, order)
