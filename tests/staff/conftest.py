"""A portal, the console beside it, an agent at its desk, and a customer; modules that need others name their own."""

from __future__ import annotations

import pytest

from mypage.testing.portal import MakePortal, Portal, PortalClient
from portal_rows import Person, add_person
from staff_rows import Staff, add_staff, make_office, sit_down


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def office(make_portal: MakePortal) -> Portal:
    return make_office(make_portal)


@pytest.fixture
def agent(office: Portal, here: Portal) -> Staff:
    return add_staff(office, {here.name: "agent"})


@pytest.fixture
def desk(office: Portal, here: Portal, agent: Staff) -> PortalClient:
    return sit_down(office, agent, here)


@pytest.fixture
def person(here: Portal) -> Person:
    return add_person(here)
