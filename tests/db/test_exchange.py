"""Reads in libpq's pipeline: whatever becomes of one, the next finds a connection that works and knows nothing of it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import threading
from collections.abc import Awaitable, Callable

import psycopg
import pytest
from sqlalchemy import Engine, Float, Text, bindparam, column, func, select, table, text
from sqlalchemy.exc import DBAPIError

from mypage.auth.models import Customer
from mypage.db.reads import Read
from mypage.db.session import Actor, Database, Scope, Tx, unit
from mypage.db.wire import Statement, Wire
from mypage.lib.clock import FixedClock
from mypage.testing.database import TestDatabase
from mypage.testing.guard import ON_PURPOSE
from mypage.testing.portal import HANG

Scene = Callable[[Database], Awaitable[None]]
Play = Callable[[Scene], None]

NAMES = Read(
    select(Customer.name, func.pg_backend_pid().label("pid")).where(
        Customer.tenant_id == bindparam("tenant"), Customer.number_key == bindparam("key")
    )
)
EVERYBODY = Read(select(Customer.tenant_id).distinct().prefix_with(ON_PURPOSE))
STATE = "SELECT state FROM pg_stat_activity WHERE pid = %s"
SLEEP = Read(select(func.pg_sleep(bindparam("seconds", type_=Float)).label("slept")))
DIVIDE = Read(select((1 / bindparam("by", type_=Float)).label("share")))
SHIFTING = Read(select(column("value")).select_from(table("shifting")))


@pytest.fixture
def tenants(engine: Engine, clock: FixedClock) -> tuple[str, str]:
    """Two, each with a customer who is called like it."""
    names = (f"t{secrets.token_hex(6)}", f"t{secrets.token_hex(6)}")
    for name in names:
        with unit(engine, Scope(name, clock, Actor("system"))) as tx:
            tx.add(Customer(tenant_id=name, number="1", number_key="1", name=name))
    return names


@pytest.fixture(params=[True, False], ids=["prepared", "unprepared"])
def play(request: pytest.FixtureRequest, test_database: TestDatabase) -> Play:
    """Runs a scene with a database of one connection."""

    def run(scene: Scene) -> None:
        async def whole() -> None:
            database = Database(test_database.app, pool_size=1, prepared=request.param)
            try:
                await asyncio.wait_for(scene(database), HANG)
            finally:
                await database.close()

        asyncio.run(whole())

    return run


async def named(database: Database, tenant: str, *, key: str = "1") -> tuple[str, int]:
    """The customer's name and the server process that told it; asked along with BEGIN."""
    ask = NAMES.ask(tenant=tenant, key=key)
    found = await database.run(tenant, lambda tx: tx.rows(NAMES, tenant=tenant, key=key), first=ask)
    return (found[0].name, found[0].pid) if found else ("", 0)


async def sleeping(database: Database) -> bool:
    """Whether some session waits in pg_sleep; asked on a connection of its own."""
    wanted = select(func.count()).select_from(text("pg_stat_activity")).where(column("wait_event", Text) == "PgSleep")
    return bool(await database.platform(lambda connection: connection.scalar(wanted)))


@pytest.mark.parametrize("key", ["a\0b", "\udc80"])
def test_a_value_that_cannot_be_sent_costs_no_connection(play: Play, tenants: tuple[str, str], key: str) -> None:
    async def scene(database: Database) -> None:
        def ask_both(tx: Tx) -> None:
            first, second = (tx.later(NAMES, list, tenant=tx.tenant, key=each) for each in ("1", key))
            assert first.get() == second.get()

        _, before = await named(database, tenants[0])
        with pytest.raises((DBAPIError, UnicodeEncodeError)):
            await database.run(tenants[0], ask_both)
        with pytest.raises((DBAPIError, UnicodeEncodeError)):
            await named(database, tenants[0], key=key)
        assert await named(database, tenants[1]) == (tenants[1], before)

    play(scene)


def test_a_read_that_fails_rolls_back_and_the_next_one_works(play: Play, tenants: tuple[str, str]) -> None:
    async def scene(database: Database) -> None:
        mine, theirs = tenants

        def work(tx: Tx) -> None:
            tx.add(Customer(tenant_id=tx.tenant, number="2", number_key="2", name="gone"))
            tx.flush()
            share, name = tx.later(DIVIDE, list, by=0.0), tx.later(NAMES, list, tenant=tx.tenant, key="1")
            assert name.get() == share.get()

        _, before = await named(database, mine)
        with pytest.raises(DBAPIError, match="division by zero"):
            await database.run(mine, work)
        with pytest.raises(DBAPIError, match="division by zero"):
            await database.run(mine, lambda tx: None, first=DIVIDE.ask(by=0.0))
        assert await named(database, theirs) == (theirs, before)
        assert await named(database, mine, key="2") == ("", 0)
        assert await database.run(theirs, lambda tx: [tuple(row) for row in tx.rows(EVERYBODY)]) == [(theirs,)]

    play(scene)


@pytest.mark.parametrize("along", [True, False], ids=["with BEGIN", "later"])
def test_a_reader_who_gives_up_leaves_nothing_behind(play: Play, tenants: tuple[str, str], along: bool) -> None:
    async def scene(database: Database) -> None:
        mine, theirs = tenants

        def work(tx: Tx) -> None:
            tx.add(Customer(tenant_id=tx.tenant, number="2", number_key="2", name="gone"))
            tx.flush()
            tx.rows(SLEEP, seconds=30.0)

        for _ in range(3):
            first = SLEEP.ask(seconds=30.0) if along else None
            asked = asyncio.ensure_future(database.run(mine, work, first=first))
            while not await sleeping(database):
                await asyncio.sleep(0)
            asked.cancel()
            await asyncio.wait({asked})
            assert asked.cancelled() or asked.exception() is not None
            assert (await named(database, theirs))[0] == theirs
            assert await named(database, mine, key="2") == ("", 0)
        assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]

    play(scene)


def test_who_only_read_leaves_no_transaction_and_who_wrote_has_written(play: Play, tenants: tuple[str, str]) -> None:
    """A COMMIT after reads is not waited for: it must arrive all the same, and leave the connection as good as new."""

    async def scene(database: Database) -> None:
        mine, theirs = tenants
        name, pid = await named(database, mine)
        assert name == mine
        with psycopg.connect(
            database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        ) as other:
            while (row := other.execute(STATE, (pid,)).fetchone()) != ("idle",):
                assert row is not None and row[0] in ("active", "idle in transaction"), row
                other.rollback()
        await database.run(theirs, lambda tx: tx.add(Customer(tenant_id=theirs, number="3", number_key="3", name="x")))
        assert await named(database, theirs, key="3") == ("x", pid)
        assert await database.platform(lambda connection: connection.scalar(select(func.pg_backend_pid()))) == pid

    play(scene)


@pytest.mark.parametrize(
    "change", ["ALTER TABLE shifting ALTER value TYPE text", "DEALLOCATE ALL"], ids=["other type", "forgotten"]
)
def test_a_prepared_read_that_went_stale_fails_once(play: Play, tenants: tuple[str, str], change: str) -> None:
    async def scene(database: Database) -> None:
        async def said(statement: str) -> None:
            await database.run(tenants[0], lambda tx: tx.execute(text(statement)) and None)

        async def value() -> str:
            return str((await database.run(tenants[0], lambda tx: tx.rows(SHIFTING)))[0].value)

        await said("CREATE TEMP TABLE shifting AS SELECT 7 AS value")
        assert await value() == "7"
        await said(change)
        with contextlib.suppress(DBAPIError):
            await value()
        assert await value() == "7"

    play(scene)


def test_an_answer_that_makes_no_sense_ends_the_connection() -> None:
    """libpq gives such a connection up by itself and has no more to tell; waiting for more would never end."""
    ready, nonsense = b"R\0\0\0\x08\0\0\0\0" + b"Z\0\0\0\x05I", b"T\0\0\0\x01" + bytes(64)

    def answer() -> None:
        peer, _ = listening.accept()
        with peer:
            for said in (ready, nonsense):
                peer.recv(65_536)
                peer.sendall(said)
            peer.recv(65_536)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer)
        thread.start()
        where = f"host=127.0.0.1 port={listening.getsockname()[1]} dbname=x user=x sslmode=disable gssencmode=disable"
        with psycopg.connect(where, autocommit=True) as driver, pytest.raises(psycopg.OperationalError):
            Wire(driver, prepares=False).exchange([Statement(b"SELECT 1")])
        assert driver.closed
        thread.join()
