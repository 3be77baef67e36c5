"""Work in a portal under test: a card to compare, and something to switch on by hand."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

import sample_operator.plugin as nagi
from mypage.auth.models import Customer
from mypage.billing.models import PaymentMethod, PaymentReview
from mypage.db.session import Tx
from mypage.hooks.desk import CARD_REVIEW
from mypage.testing.portal import MakePortal, Portal
from mypage.work.models import WorkItem
from mypage.work.service import open_kind, short_reference
from portal_rows import Person, add_person, operator_of

DESK = {"provisioning": {"adapter": "desk"}}


def nagi_portal(make_portal: MakePortal) -> Portal:
    """A portal of the tests' own operator, whose services people switch by hand."""
    return make_portal("nagi", plugins={"nagi": nagi}, settings={"harbour": "みなと"}, extensions=DESK)


def add_card_review(portal: Portal, person: Person | None = None, *, holder: str = "HANAKO YAMADA") -> WorkItem:
    """A card that waits for a decision, with its item."""
    person = person or add_person(portal, uuid.uuid4().hex[:9])

    def work(tx: Tx) -> WorkItem:
        method, review = uuid.uuid4(), uuid.uuid4()
        customer = tx.get_one(Customer, (tx.tenant, person.customer_id))
        customer.kana, customer.email = "アオモリ タロウ", "taro@example.jp"
        tx.add(
            PaymentMethod(
                tenant_id=tx.tenant, id=method, customer_id=person.customer_id, gateway="none",
                token_sealed=b"x", brand="visa", last4="4242", exp_month=7, exp_year=2029, current=False,
                created_at=tx.now(),
            )
        )  # fmt: skip
        tx.flush()
        tx.add(
            PaymentReview(
                tenant_id=tx.tenant, id=review, customer_id=person.customer_id, payment_method_id=method,
                card_name=holder, state="waiting", created_at=tx.now(),
            )
        )  # fmt: skip
        tx.flush()
        return open_kind(
            tx,
            operator_of(portal).desk,
            kind=CARD_REVIEW,
            subject_id=review,
            customer_id=person.customer_id,
            reference=short_reference("C", tx.today(), review),
            title="VISA **** 4242",
        )

    return portal.run(work)


def item_of(portal: Portal, item_id: uuid.UUID) -> WorkItem:
    """An item as it stands."""
    wanted = select(WorkItem).where(WorkItem.id == item_id)
    return portal.run(lambda tx: tx.scalars(wanted.where(WorkItem.tenant_id == tx.tenant)).one())


def rows(portal: Portal, model: Any) -> list[Any]:
    """All rows of a table."""
    return portal.run(lambda tx: list(tx.scalars(select(model).where(model.tenant_id == tx.tenant))))
