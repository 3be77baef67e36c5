"""The end of a contract by staff: said in words before, confirmed by a second person, done once, after its last day."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from test_approvals import means

from mypage.audit.models import AuditEntry
from mypage.contracts.models import Contract, Service, Subscription
from mypage.db.session import Tx
from mypage.orders.models import ProductOrder
from mypage.staff.approvals.errors import WorldChanged
from mypage.staff.approvals.service import approve, propose
from mypage.staff.ending.closing import end_due
from mypage.staff.models import Approval
from mypage.testing.portal import NOON, MakePortal, Portal
from portal_rows import Person, add_contract, add_person, operator_of
from staff_rows import Staff, add_staff, make_office, sit_down

TODAY = date(2026, 11, 21)


@pytest.fixture
def left(make_portal: MakePortal) -> Portal:
    return make_portal("ucom")


@pytest.fixture
def office(make_portal: MakePortal) -> Portal:
    return make_office(make_portal)


@pytest.fixture
def person(left: Portal) -> Person:
    return add_person(left)


@pytest.fixture
def contract(left: Portal, person: Person) -> uuid.UUID:
    services = [("インターネット", "光100M", "active")]
    contract_id = add_contract(left, person, "C-1", services, name="光コース")
    buy(left, person, contract_id)
    return contract_id


@pytest.fixture
def agent(office: Portal, left: Portal) -> Staff:
    return add_staff(office, {left.name: "agent"})


@pytest.fixture
def boss(office: Portal, left: Portal) -> Staff:
    return add_staff(office, {left.name: "manager"}, name="田中 一郎")


def buy(portal: Portal, person: Person, contract_id: uuid.UUID, at: int = 0) -> str:
    """Something that the operator sells, held by the contract."""
    products = [code for code, product in operator_of(portal).products.items() if product.holder == "contract"]

    def work(tx: Tx) -> None:
        tx.add(
            Subscription(
                tenant_id=tx.tenant, id=uuid.uuid4(), customer_id=person.customer_id, contract_id=contract_id,
                holder_id=contract_id, product=products[at], bought_at=NOON - timedelta(days=40), piece=1,
            )
        )  # fmt: skip

    portal.run(work)
    return products[at]


def ending(portal: Portal, person: Person, contract_id: uuid.UUID, by: Staff, last_day: date) -> Approval:
    content = {"contract_id": str(contract_id), "number": "C-1", "last_day": last_day.isoformat()}

    def work(tx: Tx) -> Approval:
        return propose(
            tx, kind="termination", customer_id=person.customer_id, payload=content, summary="終了", reason="転居",
            by=by.account_id,
        )  # fmt: skip

    return portal.run(work)


def confirm(portal: Portal, row: Approval, by: Staff) -> Approval:
    return portal.run(lambda tx: approve(tx, means(portal, row.id), row.id, by=by.account_id, seen=row.digest))


def due(portal: Portal) -> int:
    operator = operator_of(portal)
    return portal.run(lambda tx: end_due(tx, 10, operator=operator))


def stand(portal: Portal, contract_id: uuid.UUID) -> tuple[Any, ...]:
    """Status and last day of the contract, its living services, its living purchases, orders of ends by staff."""

    def work(tx: Tx) -> tuple[Any, ...]:
        row = tx.execute(
            select(Contract.status, Contract.ended_on).where(
                Contract.tenant_id == tx.tenant, Contract.id == contract_id
            )
        ).one()
        services = tx.scalars(
            select(Service.name).where(
                Service.tenant_id == tx.tenant, Service.contract_id == contract_id, Service.status == "active"
            )
        ).all()
        held = tx.scalars(
            select(Subscription.product).where(
                Subscription.tenant_id == tx.tenant,
                Subscription.contract_id == contract_id,
                Subscription.ended_at.is_(None),
            )
        ).all()
        orders = tx.scalars(
            select(ProductOrder.product).where(
                ProductOrder.tenant_id == tx.tenant, ProductOrder.action == "end", ProductOrder.cause == "staff"
            )
        ).all()
        return row.status, row.ended_on, len(services), len(held), len(orders)

    return portal.run(work)


def test_it_ends_in_the_night_after_its_last_day_and_once(
    left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    last_day = TODAY + timedelta(days=9)
    row = ending(left, person, contract, agent, last_day)
    confirm(left, row, boss)
    confirm(left, row, boss)
    assert stand(left, contract) == ("active", last_day, 1, 1, 0)
    assert due(left) == 0
    left.clock.at = NOON + timedelta(days=9, hours=11, minutes=59)
    assert due(left) == 0
    left.clock.at += timedelta(minutes=1)
    assert due(left) == 1
    assert stand(left, contract) == ("terminated", last_day, 0, 0, 1)
    assert due(left) == 0
    actions = left.run(
        lambda tx: tx.scalars(
            select(AuditEntry.action).where(
                AuditEntry.tenant_id == tx.tenant,
                AuditEntry.customer_id == person.customer_id,
                AuditEntry.object_type == "contract",
            )
        ).all()
    )
    assert sorted(actions) == ["contract.ending_set", "contract.terminated"]


def test_with_yesterday_it_ends_at_once(
    left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    yesterday = TODAY - timedelta(days=1)
    confirm(left, ending(left, person, contract, agent, yesterday), boss)
    assert stand(left, contract) == ("terminated", yesterday, 0, 0, 1)


def test_what_was_bought_meanwhile_was_not_confirmed(
    left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    row = ending(left, person, contract, agent, TODAY)
    buy(left, person, contract, at=1)
    with pytest.raises(WorldChanged):
        confirm(left, row, boss)
    assert stand(left, contract)[:2] == ("active", None)


def test_a_service_that_came_meanwhile_was_not_confirmed(
    left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    row = ending(left, person, contract, agent, TODAY)

    def feed(tx: Tx) -> None:
        service = tx.scalar(select(Service).where(Service.tenant_id == tx.tenant, Service.contract_id == contract))
        assert service is not None
        service.name = "光1G"

    left.run(feed)
    with pytest.raises(WorldChanged):
        confirm(left, row, boss)


def test_a_last_day_that_a_feed_changed_is_the_feeds(
    left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    confirm(left, ending(left, person, contract, agent, TODAY), boss)

    def feed(tx: Tx) -> None:
        row = tx.get(Contract, (tx.tenant, contract))
        assert row is not None
        row.ended_on = None

    left.run(feed)
    left.clock.at += timedelta(days=3)
    assert due(left) == 0
    assert stand(left, contract)[0] == "active"


def test_the_pages_say_everything_that_ends(
    left: Portal, office: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    one, two = sit_down(office, agent, left), sit_down(office, boss, left)
    one.get(f"/customers/{person.customer_id}/ending")
    for wrong in ("", "明日", "2026-11-19", "2028-01-01"):
        page = one.submit({"last_day": wrong, "reason": "転居のため"})
        assert page.status == 422
        assert "転居のため" in page.text
    check = one.submit({"last_day": "2026-11-20", "reason": "転居のため"}, follow=True)
    product = operator_of(left).products[buy_name(left)]
    for said in ("青森 太郎", "C-1", "光100M", product.name, "2026年11月20日", "承認と同時", "転居のため"):
        assert said in check.text
    assert check.texts("//main//button") == ["青森 太郎様の終了を申請する"]
    made = one.submit({}, follow=True)
    again = one.post(f"/customers/{person.customer_id}/ending/check", check.form_values())
    assert again.location == made.raw.url.path
    two.get(made.raw.url.path)
    assert "承認し、実行しました。" in two.submit({}, form="//form[contains(@action,'/confirm')]", follow=True).text
    assert stand(left, contract)[0] == "terminated"
    assert "すべて終了しています" in one.get(f"/customers/{person.customer_id}/ending").text


def buy_name(portal: Portal) -> str:
    """The product that `contract` holds."""
    return next(code for code, product in operator_of(portal).products.items() if product.holder == "contract")
