"""One tenant at a time: choosing it, changing it, and pages of another that are still open."""

from __future__ import annotations

import pytest

from mypage.db.session import Tx
from mypage.staff.models import DeskRole
from mypage.testing.portal import MakePortal, Portal
from staff_rows import add_staff, make_office, sit_down


@pytest.fixture
def left(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def right(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def office(make_portal: MakePortal) -> Portal:
    return make_office(make_portal)


def test_nobody_sits_down_by_themselves(office: Portal, left: Portal) -> None:
    staff = add_staff(office, {left.name: "agent"})
    client = sit_down(office, staff)
    assert client.get("/home").location == "/seat"
    page = client.get("/seat")
    assert page.all("//button[@name='tenant']/@value") == [left.name]
    assert client.post("/seat", {"tenant": left.name}).location == "/home"
    assert "青森ケーブルテレビ" in client.get("/home").text


def test_a_tenant_without_a_role_is_none(office: Portal, left: Portal, right: Portal) -> None:
    client = sit_down(office, add_staff(office, {left.name: "agent"}))
    client.get("/seat")
    for wanted in (right.name, office.name, "nothing", ""):
        assert client.post("/seat", {"tenant": wanted}).status == 404
    assert client.get("/home").location == "/seat"


def test_a_page_of_the_tenant_before_changes_nothing(office: Portal, left: Portal, right: Portal) -> None:
    staff = add_staff(office, {left.name: "agent", right.name: "reader"})
    client = sit_down(office, staff, left)
    client.get("/seat")
    old = client.csrf
    assert client.post("/seat", {"tenant": right.name}).location == "/home"
    assert client.post("/seat", {"tenant": left.name}, csrf=old).status == 409


def test_a_role_that_was_withdrawn_ends_at_once(office: Portal, left: Portal) -> None:
    staff = add_staff(office, {left.name: "manager"})
    client = sit_down(office, staff, left)
    assert client.get("/home").status == 200

    def withdraw(tx: Tx) -> None:
        row = tx.get(DeskRole, (tx.tenant, staff.account_id, left.name))
        assert row is not None
        row.withdrawn_at = tx.now()

    office.run(withdraw)
    assert client.get("/home").location == "/seat"


def test_the_second_factor_is_no_choice(office: Portal) -> None:
    tenant = office.server.registry.current.get(office.name)
    assert tenant is not None
    assert tenant.second_factor == "required"
