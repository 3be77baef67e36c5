"""Names of staff and the customer that a page is about, each of one tenant."""

from __future__ import annotations

import uuid

import pytest

from mypage.lib.errors import NotFound
from mypage.staff.customers.service import find_customer
from mypage.staff.models import StaffMember
from mypage.staff.names import active_members, names_of
from mypage.testing.portal import MakePortal, Portal
from portal_rows import add_person


@pytest.fixture
def portals(make_portal: MakePortal) -> tuple[Portal, Portal]:
    return make_portal("actv"), make_portal("actv")


def add_member(portal: Portal, name: str, *, active: bool = True) -> uuid.UUID:
    member_id = uuid.uuid4()
    portal.run(
        lambda tx: tx.add(
            StaffMember(
                tenant_id=tx.tenant,
                id=member_id,
                name=name,
                email="s@isp.example",
                role="agent",
                active=active,
                updated_at=tx.now(),
            )
        )
    )
    return member_id


def test_names_of_staff_are_those_of_the_tenant(portals: tuple[Portal, Portal]) -> None:
    here, there = portals
    sato, gone, other = add_member(here, "佐藤"), add_member(here, "田中", active=False), add_member(there, "鈴木")
    wanted = [sato, gone, other, uuid.uuid4()]
    assert here.run(lambda tx: names_of(tx, wanted)) == {sato: "佐藤", gone: "田中"}
    assert here.run(lambda tx: names_of(tx, [])) == {}
    assert [each.name for each in here.run(active_members)] == ["佐藤"]


def test_a_customer_of_another_tenant_is_not_there(portals: tuple[Portal, Portal]) -> None:
    here, there = portals
    person = add_person(here, "1000001")
    found = here.run(lambda tx: find_customer(tx, person.customer_id))
    assert (found.number, found.name, found.kind) == ("1000001", "青森 太郎", "person")
    for portal, wanted in ((there, person.customer_id), (here, uuid.uuid4())):
        with pytest.raises(NotFound):
            portal.run(lambda tx, wanted=wanted: find_customer(tx, wanted))
