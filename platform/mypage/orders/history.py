"""What was ordered, when, by whom and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.permissions import OPTION_READ
from mypage.lib.errors import NotFound
from mypage.orders.models import ProductOrder

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """One order as it was placed. `subject` and `placed_login` are login IDs or numbers as they were then."""

    number: str
    product: str
    action: str
    subject: str
    placed_at: datetime
    effective_on: date
    state: str
    cause: str
    placed_login: str
    placed_role: str


@dataclass(frozen=True, slots=True)
class OrderList:
    """One page of orders, the newest first, and how many pages there are (at least one)."""

    orders: tuple[PlacedOrder, ...]
    page: int
    pages: int


def list_orders(tx: Tx, principal: Principal, *, page: int = 1) -> OrderList:
    """A page of the customer's orders; without OPTION_READ for all only those about one's own account (UCOM-160).

    One statement. Raises NotFound for a page that does not exist; the first always does.
    """
    wanted = (
        select(
            ProductOrder.number,
            ProductOrder.product,
            ProductOrder.action,
            ProductOrder.subject,
            ProductOrder.placed_at,
            ProductOrder.effective_on,
            ProductOrder.state,
            ProductOrder.cause,
            ProductOrder.placed_login,
            ProductOrder.placed_role,
            func.count().over().label("total"),
        )
        .where(ProductOrder.tenant_id == tx.tenant, ProductOrder.customer_id == principal.customer_id)
        .order_by(ProductOrder.placed_at.desc(), ProductOrder.number)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    if not principal.may_for_all(OPTION_READ):
        wanted = wanted.where(ProductOrder.account_id == principal.account_id)
    rows = tx.execute(wanted).all()
    if not rows and page > 1:
        raise NotFound
    orders = tuple(
        PlacedOrder(
            row.number,
            row.product,
            row.action,
            row.subject,
            row.placed_at,
            row.effective_on,
            row.state,
            row.cause,
            row.placed_login,
            row.placed_role,
        )
        for row in rows
    )
    return OrderList(orders, page, max(1, -(-rows[0].total // PAGE_SIZE)) if rows else 1)


def order_state(tx: Tx, principal: Principal, number: str) -> str:
    """How far an order of the principal's customer is. Raises NotFound."""
    state = tx.execute(
        select(ProductOrder.state).where(
            ProductOrder.tenant_id == tx.tenant,
            ProductOrder.customer_id == principal.customer_id,
            ProductOrder.number == number,
        )
    ).scalar_one_or_none()
    if state is None:
        raise NotFound
    return state
