"""Names and hosts: the pool, adapters of others, what a name costs when nothing comes of it."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from typing import Any

import pytest
from slotkit import EAST, WEST, Home, all_of, deploy, move_in
from sqlalchemy import text

from mypage.db.session import Tx
from mypage.hooks.slots import NameRefused, NameWish, ReservationUnavailable
from mypage.jobs.tasks import Job, TryAgain
from mypage.lib.errors import Missing
from mypage.slots.errors import NameTaken
from mypage.slots.models import SlotApplication, SlotName
from mypage.slots.pool import PoolReservation
from mypage.slots.release_jobs import NameReleaser
from mypage.slots.reserving import Reservations, release, reserve
from mypage.slots.service import cancel
from mypage.slots.values import Reserved
from mypage.testing.portal import MakePortal, Portal

MASTER = {"reservation": {"adapter": "harbourmaster", "host": "pier.nagi.example"}}
WISH = NameWish(id="1", tenant="t", slots="berths", local="taro", customer_number="1", contract_number="1")


def port_of(portal: Portal) -> Reservations:
    return portal.server.ports.get(Reservations)


def asked(home: Home, local: str, operation: uuid.UUID | None = None) -> Reserved:
    """What the end of the wizard does first: the name is kept, in no transaction."""
    portal = home.portal
    tenant = portal.server.registry.current.get(portal.name)
    wish = home.wish(1, "add", local)

    async def run(work: Any) -> Any:
        return await portal.server.database.run(portal.name, work)

    found: Reserved = portal.wait(
        reserve(port_of(portal), tenant, run, home.principal, wish, operation or uuid.uuid4())
    )
    return found


def test_the_pool_takes_a_host_on_which_the_name_is_free_and_the_same_for_one_id(server_loop: Any) -> None:
    pool, loop = PoolReservation((EAST, WEST)), server_loop

    def host(wish: NameWish) -> str:
        return asyncio.run_coroutine_threadsafe(pool.reserve(wish), loop).result(60)

    drawn = {host(replace(WISH, id=str(each))) for each in range(40)}
    assert drawn == {EAST, WEST}
    assert {host(WISH) for _ in range(5)} == {host(WISH)}
    assert host(replace(WISH, taken=frozenset({EAST}))) == WEST
    with pytest.raises(NameRefused):
        host(replace(WISH, taken=frozenset({EAST, WEST})))


@pytest.mark.parametrize("hosts", ["", "no-dot", "UPPER.example", "a b@c.example", "x." + "y" * 200])
def test_a_pool_of_what_is_no_host_is_a_mistake_of_the_deployment(make_portal: MakePortal, hosts: str) -> None:
    home = move_in(deploy(make_portal, reservation={"adapter": "pool", "hosts": hosts}))
    with pytest.raises(Missing):
        asked(home, "taro")


@pytest.mark.req("OCN-105", "OCN-23", "OCN-177")
def test_a_tenant_names_its_own_hosts_else_they_are_the_operators(make_portal: MakePortal) -> None:
    own = move_in(deploy(make_portal, reservation={"adapter": "pool", "hosts": "one.example two.example"}))
    assert {asked(own, "taro").host for _ in range(20)} == {"one.example", "two.example"}
    plain = move_in(deploy(make_portal))
    assert {asked(plain, "taro").host for _ in range(20)} == {EAST, WEST}


@pytest.mark.req("OCN-106")
def test_a_name_that_is_somebodys_on_every_host_cannot_be_had(make_portal: MakePortal) -> None:
    home = move_in(deploy(make_portal, reservation={"adapter": "pool", "hosts": EAST}))
    other = move_in(home.portal, "1000002", "other@example.jp")
    operation = uuid.uuid4()
    kept = asked(home, "taro", operation)
    wish = home.wish(1, "add", "taro")
    home.portal.run(lambda tx: home.post(tx, wish, operation))
    with pytest.raises(NameTaken, match="taro"):
        asked(other, "taro")
    # The post that filed it finds its own host again, though the name is taken now.
    assert asked_again(home, operation) == kept
    assert len(all_of(home.portal, SlotName)) == 1


def asked_again(home: Home, operation: uuid.UUID) -> Reserved:
    portal = home.portal
    wish = replace(home.wish(2, "add", "taro"), number=1)

    async def run(work: Any) -> Any:
        return await portal.server.database.run(portal.name, work)

    found: Reserved = portal.wait(
        reserve(port_of(portal), portal.server.registry.current.get(portal.name), run, home.principal, wish, operation)
    )
    return found


def test_another_registry_is_asked_once_for_an_operation_and_may_refuse(make_portal: MakePortal) -> None:
    home = move_in(deploy(make_portal, **MASTER))
    operation = uuid.uuid4()
    first = asked(home, "taro", operation)
    assert (first, first.address) == (asked(home, "taro", operation), "taro@pier.nagi.example")
    master: Any = port_of(home.portal).of(home.portal.server.registry.current.get(home.portal.name), home.slots)  # type: ignore[arg-type]
    assert master.kept == {str(operation): "taro"}
    with pytest.raises(NameTaken):
        asked(home, "kraken")
    master.day_off = True
    with pytest.raises(ReservationUnavailable):
        asked(home, "jiro")
    tenant = home.portal.server.registry.current.get(home.portal.name)
    home.portal.wait(release(port_of(home.portal), tenant, home.slots, first))  # type: ignore[arg-type]
    assert master.kept == {str(operation): "taro"}
    master.day_off = False
    home.portal.wait(release(port_of(home.portal), tenant, home.slots, first))  # type: ignore[arg-type]
    assert master.kept == {}


def test_the_worker_gives_back_what_was_kept_for_something_that_was_called_off(make_portal: MakePortal) -> None:
    home = move_in(deploy(make_portal, **MASTER))
    portal, operation = home.portal, uuid.uuid4()
    tenant = portal.server.registry.current.get(portal.name)
    kept = asked(home, "taro", operation)
    wish = home.wish(1, "add", "taro")
    row = portal.run(lambda tx: home.post(tx, wish, operation, host=kept.host))

    async def find(name: str) -> Any:
        return portal.server.registry.current.get(name)

    releaser = NameReleaser(
        database=portal.server.database, reservations=port_of(portal), tenant_of=find,
        slots_of=lambda tenant, code: home.operator.slots.get(code),
    )  # fmt: skip
    job = Job(tenant=portal.name, request_id="t", arguments={"application": str(row.id)})
    master: Any = port_of(portal).of(tenant, home.slots)  # type: ignore[arg-type]
    portal.wait(releaser(job))
    assert master.kept == {str(operation): "taro"}
    portal.run(lambda tx: cancel(tx, home.operator, home.principal, row.id))
    assert portal.run(queued) == 1
    master.day_off = True
    with pytest.raises(TryAgain):
        portal.wait(releaser(job))
    master.day_off = False
    portal.wait(releaser(job))
    portal.wait(releaser(job))
    assert (master.kept, [app.state for app in all_of(portal, SlotApplication)]) == ({}, ["cancelled"])


def queued(tx: Tx) -> int:
    asked_for = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'slots.release' AND args->>'tenant' = :t"
    return tx.execute(text(asked_for), {"t": tx.tenant}).scalar_one()
