"""The console's first page: what there is to do at the tenant that is worked for, and nothing of another one."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from mypage.db.session import Tx
from mypage.staff.models import Approval
from mypage.testing.portal import MakePortal, Portal
from mypage.work.models import WorkItem
from mypage.work.service import open_work, take
from portal_rows import Person, add_person
from staff_rows import Staff, add_staff, make_office, sit_down


@pytest.fixture
def office(make_portal: MakePortal) -> Portal:
    return make_office(make_portal)


@pytest.fixture
def worked(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


def add_work(portal: Portal, person: Person, title: str, *, days: int = 3, taken_by: Staff | None = None) -> None:
    def work(tx: Tx) -> None:
        item: WorkItem = open_work(
            tx,
            kind="card-review",
            subject_id=uuid.uuid4(),
            customer_id=person.customer_id,
            reference=title,
            title=title,
            days=days,
        )
        tx.flush()
        if taken_by is not None:
            take(tx, item.id, version=item.version, by=taken_by.account_id)

    portal.run(work)


def test_the_numbers_are_those_of_the_tenant(office: Portal, worked: Portal, make_portal: MakePortal) -> None:
    other = make_portal("actv")
    staff = add_staff(office, {worked.name: "agent", other.name: "agent"})
    mine, theirs = add_person(worked), add_person(other)
    add_work(worked, mine, "W-1", days=0)
    add_work(worked, mine, "W-2", taken_by=staff)
    add_work(other, theirs, "W-3")
    page = sit_down(office, staff, worked).get("/home")
    assert page.texts("//nav[@class='stats']//b") == ["0", "0", "1", "2"]
    assert "W-2" in page.text
    assert "W-1" not in page.text, "it is in the queue, and nobody's yet"
    assert "W-3" not in page.text
    assert f"({worked.name})" in page.text
    office.clock.at += timedelta(days=10)
    page = sit_down(office, staff, worked).get("/home")
    assert page.texts("//nav[@class='stats']//b") == ["2", "0", "1", "2"]


def test_a_reader_sees_the_numbers_and_takes_nothing(office: Portal, worked: Portal) -> None:
    add_work(worked, add_person(worked), "W-1")
    page = sit_down(office, add_staff(office, {worked.name: "reader"}), worked).get("/home")
    assert page.texts("//nav[@class='stats']//b") == ["0", "0", "1", "1"]
    assert page.all("//section[@aria-labelledby='mine']") == []
    assert len(page.all("//form[@role='search']")) == 1


def test_what_waits_for_another_manager_is_said_to_managers(office: Portal, worked: Portal) -> None:
    first, second = (add_staff(office, {worked.name: "manager"}) for _ in range(2))
    agent = add_staff(office, {worked.name: "agent"})
    clients = {staff.account_id: sit_down(office, staff, worked) for staff in (first, second, agent)}
    clients[first.account_id].get(f"/roles/{agent.account_id}")
    clients[first.account_id].submit({"role": "reader", "reason": "交代します"})
    assert worked.run(lambda tx: tx.query(Approval).filter_by(tenant_id=tx.tenant).count()) == 1
    said = {who: "承認を待っている申請が1件" in client.get("/home").text for who, client in clients.items()}
    assert said == {first.account_id: False, second.account_id: True, agent.account_id: False}


def test_the_box_finds_somebody(office: Portal, worked: Portal) -> None:
    add_person(worked, "1000777")
    client = sit_down(office, add_staff(office, {worked.name: "reader"}), worked)
    client.get("/home")
    found = client.submit({"q": "1000777"}, form="//form[@role='search']", follow=True)
    assert "1000777" in found.text
