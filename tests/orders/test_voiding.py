"""What another system declines to start: nobody pays for it, it counts nowhere, and it may be bought again."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from orderkit import PRODUCTS, STAFF, VAULT, at, home, shop
from provisioning_rows import deploy
from sqlalchemy import Engine, select

from billing.runkit import Books, plan_of
from mypage.audit.models import AuditEntry
from mypage.billing.run_compare import compare_month
from mypage.contracts.models import Subscription
from mypage.contracts.reaching import ContractRef
from mypage.db.session import Actor, Scope, Tx
from mypage.hooks.provisioning import ProvisioningDone
from mypage.orders.ending import would_fall
from mypage.orders.holdings import held, holdings
from mypage.orders.models import ProductOrder, ProvisioningJob
from mypage.orders.placing import add, end
from mypage.orders.preview import Ahead, ahead_of_buying
from mypage.orders.provisioning import note_done, note_failed
from mypage.orders.quotas import standing
from mypage.testing.portal import MakePortal, Portal

HOOKED = {"provisioning": {"adapter": "webhook", "base_url": "http://127.0.0.1:9", "key_env": "NOT_USED_HERE"}}


class Shop:
    """A contract whose services another system switches; each call is a unit of its own."""

    def __init__(self, portal: Portal, engine: Engine) -> None:
        self.portal = portal
        self.ref: ContractRef = portal.run(lambda tx: home(tx, plan="sea").ref)
        self.books = Books(engine, Scope(portal.name, portal.clock, Actor("system", "test"), "test"))

    def buy(self, product: str, when: str) -> uuid.UUID:
        """Order it; the order's id."""
        self.portal.clock.at = at(when)
        return self.portal.run(
            lambda tx: add(tx, shop(), self.ref, shop().products[product], account_id=None, placed=STAFF).id
        )

    def end(self, product: str, when: str) -> str:
        """End it; the order's number."""
        self.portal.clock.at = at(when)

        def work(tx: Tx) -> str:
            holding = held(holdings(tx, self.ref), product, self.ref.id)
            assert holding is not None
            return end(tx, shop(), self.ref, holding, placed=STAFF).order_number

        return self.portal.run(work)

    def answer(self, order: uuid.UUID | str, when: str = "", *, declined: bool = False) -> bool:
        """What the other system says of an order, by its id or number; whether it was news."""
        if when:
            self.portal.clock.at = at(when)

        def work(tx: Tx) -> bool:
            job_id = tx.scalars(
                select(ProvisioningJob.id)
                .join(ProductOrder, ProductOrder.id == ProvisioningJob.order_id)
                .where(
                    ProvisioningJob.tenant_id == tx.tenant,
                    ProductOrder.tenant_id == tx.tenant,
                    ProductOrder.id == order if isinstance(order, uuid.UUID) else ProductOrder.number == order,
                )
            ).one()
            return note_failed(tx, job_id, "no") if declined else note_done(tx, VAULT, job_id, ProvisioningDone())

        return self.portal.run(work)

    def rows(self, product: str) -> list[tuple[bool, datetime | None, datetime | None]]:
        """Of each purchase: again, its end, and when it was voided."""
        found = (
            select(Subscription.again, Subscription.ended_at, Subscription.voided_at)
            .where(Subscription.product == product)
            .order_by(Subscription.bought_at)
        )
        return self.portal.run(
            lambda tx: [(a, e, v) for a, e, v in tx.execute(found.where(Subscription.tenant_id == tx.tenant))]
        )

    def state(self, order: uuid.UUID) -> str:
        return self.portal.run(
            lambda tx: tx.scalars(
                select(ProductOrder.state).where(ProductOrder.tenant_id == tx.tenant, ProductOrder.id == order)
            ).one()
        )

    def boxes(self) -> str:
        return self.portal.run(lambda tx: standing(tx, shop(), self.ref)["boxes"].said(shop().catalogues["ja"]))

    def bill(self) -> list[tuple[str, str, int]]:
        """The lines of November, by a run that finds the same when it is asked again."""
        plan = plan_of(PRODUCTS)
        self.portal.clock.at = at("2026-12-05 09:00")
        self.books.run(plan)
        assert compare_month(self.books.engine, self.books.scope, plan).same
        return sorted((line.product, line.kind, line.amount) for b in self.books.bills().values() for line in b.lines)

    def ahead(self, product: str) -> tuple[Ahead, ...]:
        """The bills that buying it now would bring."""

        def work(tx: Tx) -> tuple[Ahead, ...]:
            mine = [h for h in holdings(tx, self.ref) if h.product == product]
            return ahead_of_buying(shop().products[product], mine, tx.now(), again=bool(mine))

        return self.portal.run(work)


@pytest.fixture
def customer(make_portal: MakePortal, engine: Engine) -> Shop:
    return Shop(deploy(make_portal, extensions=HOOKED), engine)


@pytest.mark.req("UCOM-24", "UCOM-140", "UCOM-174")
def test_what_was_declined_costs_nothing_and_counts_nowhere(customer: Shop) -> None:
    kept = customer.buy("both-pack", "2026-10-03 10:00")
    assert customer.answer(kept)
    order = customer.buy("box-pack", "2026-10-05 10:00")
    assert customer.boxes() == "0個 / 6個 (基本 1個 + 5個)"
    assert customer.answer(order, "2026-11-02 09:00", declined=True)
    assert customer.state(order) == "failed"
    assert customer.rows("box-pack") == [(False, at("2026-11-02 09:00"), at("2026-11-02 09:00"))]
    assert customer.boxes() == "0個 / 3個 (基本 1個 + 2個)"

    def look(tx: Tx) -> None:
        assert [h.product for h in holdings(tx, customer.ref)] == ["both-pack"]
        assert would_fall(tx, shop(), customer.ref, {"boxes": 1, "sites": 1}) == (shop().products["both-pack"],)
        [line] = tx.scalars(
            select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant, AuditEntry.action == "option.voided")
        )
        assert line.customer_id == customer.ref.customer_id
        after = line.after or {}
        assert (after["product"], after["account"], after["first_again"]) == ("box-pack", None, 0)

    customer.portal.run(look)
    assert customer.rows("both-pack") == [(False, None, None)]
    assert not customer.answer(order, declined=True), "it is declined once"
    assert customer.bill() == [("both-pack", "monthly", 300)]


@pytest.mark.req("UCOM-140", "UCOM-151")
def test_what_was_declined_may_be_bought_as_if_for_the_first_time(customer: Shop) -> None:
    order = customer.buy("help", "2026-11-02 10:00")
    customer.answer(order, "2026-11-03 10:00", declined=True)
    assert [each.amount.net for each in customer.ahead("help")] == [0, 500, 500]
    customer.answer(customer.buy("help", "2026-11-03 10:00"))
    assert [again for again, *_ in customer.rows("help")] == [False, False]
    customer.end("help", "2026-11-20 10:00")
    customer.portal.clock.at += timedelta(days=1)
    assert customer.ahead("help")[0].amount.net == 500 + 3000, "this one was there"
    assert customer.bill() == [("help", "monthly", 500)]


@pytest.mark.req("UCOM-151")
def test_a_repetition_of_what_was_declined_later_is_none(customer: Shop) -> None:
    first = customer.buy("help", "2026-11-02 10:00")
    customer.end("help", "2026-11-03 10:00")
    customer.answer(customer.buy("help", "2026-11-04 10:00"))
    assert [again for again, *_ in customer.rows("help")] == [False, True]
    customer.answer(first, "2026-11-06 10:00", declined=True)
    assert customer.rows("help") == [
        (False, at("2026-11-03 10:00"), at("2026-11-06 10:00")), (False, None, None)
    ], "it keeps its own end"  # fmt: skip
    customer.end("help", "2026-11-10 10:00")
    assert customer.bill() == [("help", "monthly", 500)]


@pytest.mark.req("UCOM-146")
def test_an_end_that_is_declined_does_not_undo_the_purchase(customer: Shop) -> None:
    customer.answer(customer.buy("help", "2026-11-02 10:00"))
    number = customer.end("help", "2026-11-20 10:00")
    assert customer.answer(number, "2026-11-21 10:00", declined=True)
    assert customer.rows("help") == [(False, at("2026-11-20 10:00"), None)]
    assert customer.bill() == [("help", "monthly", 500)]
