"""T4: a connection that served one tenant shows nothing of it to the next, whatever became of the transaction."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import InternalError, ProgrammingError

from mypage.auth.models import Customer
from mypage.db.schema import metadata
from mypage.db.session import Actor, Database, MissingTenant, Scope, Tx, platform_unit, sync_engine, unit
from mypage.lib.clock import FixedClock
from mypage.testing.database import TestDatabase
from mypage.testing.guard import ON_PURPOSE
from rlskit import TENANT_TABLES

SEED = int(os.environ.get("MYPAGE_RLS_SEED", "11"))
BORROWINGS = int(os.environ.get("MYPAGE_RLS_BORROWINGS", "10000"))
SEEN = text(f"SELECT DISTINCT tenant_id FROM customer {ON_PURPOSE}")
NOBODY = ""


class Broken(Exception):
    pass


@pytest.fixture
def pair(engine: Engine, clock: FixedClock) -> tuple[str, str]:
    """Two tenants with a customer each."""
    names = (f"t{secrets.token_hex(6)}", f"t{secrets.token_hex(6)}")
    for name in names:
        with unit(engine, Scope(name, clock, Actor("system"))) as tx:
            tx.add(Customer(tenant_id=name, number="1", number_key="1", name="名"))
    return names


def borrow(engine: Engine, clock: FixedClock, tenant: str, ending: str) -> set[str]:
    """One transaction of a tenant, or of none, that ends well or badly; returns whose rows it saw."""
    seen: set[str] = set()
    if tenant == NOBODY:
        with platform_unit(engine) as connection:
            return set(connection.scalars(SEEN))
    try:
        with unit(engine, Scope(tenant, clock, Actor("system"))) as tx:
            seen = set(tx.scalars(SEEN))
            if ending == "exception":
                raise Broken
            if ending == "rollback":
                tx.rollback()
            if ending == "error":
                tx.execute(text("SELECT 1/0"))
            if ending == "savepoint":
                with tx.begin_nested():
                    seen |= set(tx.scalars(SEEN))
    except Broken:
        pass
    except Exception as error:
        if ending != "error" or "division by zero" not in str(error):
            raise
    return seen


def test_ten_thousand_borrowings_show_no_foreign_row(
    test_database: TestDatabase, clock: FixedClock, pair: tuple[str, str], figure: Callable[[str], None]
) -> None:
    engine = sync_engine(test_database.app, pool_size=2, max_overflow=1)
    dice, counted, wrong = random.Random(SEED), Counter[str](), []
    try:
        for number in range(BORROWINGS):
            tenant = (*pair, NOBODY)[number % 3] if number % 2 else dice.choice((*pair, NOBODY))
            ending = dice.choice(("commit", "commit", "exception", "rollback", "error", "savepoint"))
            seen = borrow(engine, clock, tenant, ending)
            counted[ending if tenant else "no tenant"] += 1
            if seen != ({tenant} if tenant else set()):
                wrong.append((number, tenant, ending, seen))
        connections = engine.pool.checkedin()
    finally:
        engine.dispose()
    assert wrong == []
    assert connections == 1
    figure(
        f"T4 pool: {BORROWINGS:,} borrowings of one connection, {dict(sorted(counted.items()))}, 0 foreign, seed {SEED}"
    )


def test_cancelled_and_overflowing_units_leave_nothing_behind(
    test_database: TestDatabase, clock: FixedClock, pair: tuple[str, str], figure: Callable[[str], None]
) -> None:
    """Many at once over a small pool, some of them cut off in the middle of a statement."""

    def look(tx: Tx) -> set[str]:
        return set(tx.scalars(SEEN))

    def linger(tx: Tx) -> set[str]:
        tx.execute(text("SELECT pg_sleep(30)"))
        return look(tx)

    async def scene() -> tuple[int, int, list[tuple[str, set[str]]]]:
        database = Database(test_database.app, clock=clock, pool_size=3)
        wrong: list[tuple[str, set[str]]] = []
        done = cancelled = 0

        async def one(tenant: str) -> None:
            nonlocal done
            seen = await database.run(tenant, look) if tenant else await database.platform(none_seen)
            done += 1
            if seen != ({tenant} if tenant else set()):
                wrong.append((tenant, seen))

        async def cut(tenant: str) -> None:
            nonlocal cancelled
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(database.run(tenant, linger), 0.02)
            cancelled += 1

        for _ in range(8):
            await asyncio.gather(*(one(tenant) for tenant in (*pair, NOBODY) * 8), *(cut(tenant) for tenant in pair))
        await asyncio.gather(*(one(tenant) for tenant in (*pair, NOBODY) * 5))
        await database.close()
        return done, cancelled, wrong

    done, cancelled, wrong = asyncio.run(scene())
    assert wrong == []
    assert cancelled == 16
    figure(
        f"T4 pool of 3 and 5 more: {done} units in crowds of 26, {cancelled} cancelled in a statement, 0 foreign rows"
    )


def none_seen(connection: object) -> set[str]:
    return set(connection.scalars(SEEN))  # type: ignore[attr-defined]


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_who_entered_one_tenant_reaches_no_row_of_another(
    engine: Engine, clock: FixedClock, pair: tuple[str, str], table: str
) -> None:
    """A unit whose filters say the wrong tenant, for instance a value kept from an earlier one: nothing, or an error."""
    mapped = metadata().tables[table]
    mine, other = pair
    with engine.connect() as raw:
        connection = raw.execution_options(tenant=mine)
        connection.begin()
        astray = Tx(connection, Scope(other, clock, Actor("system")))
        assert astray.execute(select(mapped).where(mapped.c.tenant_id == astray.tenant)).all() == []
        with pytest.raises((ProgrammingError, InternalError), match="row-level security"):
            astray.execute(insert(mapped).values(tenant_id=astray.tenant, **required(mapped)))
        connection.rollback()
        astray.close()


def required(table: object) -> dict[str, object]:
    """Something for each column that must be given."""
    import uuid
    from datetime import UTC, date, datetime

    made: dict[str, object] = {
        "TEXT": "x", 'TEXT COLLATE "C"': "x", "UUID": uuid.uuid4(), "BYTEA": b"x", "BLOB": b"x", "INTEGER": 1, "BIGINT": 1, "SMALLINT": 1,
        "BOOLEAN": False, "JSONB": {}, "DATE": date(2026, 1, 1), "DATETIME": datetime(2026, 1, 1, tzinfo=UTC),
        "CHAR(32)": uuid.uuid4(), "TIMESTAMP": datetime(2026, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    return {
        c.name: made[str(c.type)]
        for c in table.columns  # type: ignore[attr-defined]
        if c.name != "tenant_id" and not c.nullable and c.server_default is None
    }


def test_no_tenant_is_an_error_and_never_rows(test_database: TestDatabase, pair: tuple[str, str]) -> None:
    engine = sync_engine(test_database.app)
    try:
        for name in TENANT_TABLES:
            table = metadata().tables[name]
            with engine.connect() as connection, pytest.raises(MissingTenant):
                connection.execute(select(table).where(table.c.tenant_id == pair[0]))
            # Even a transaction that says on purpose that it has none, as those of the registry do.
            with platform_unit(engine) as connection:
                assert connection.execute(text(f"SELECT 1 FROM {name} {ON_PURPOSE}")).all() == []
            with platform_unit(engine) as connection:
                try:
                    gone = connection.execute(text(f"DELETE FROM {name} {ON_PURPOSE} RETURNING 1")).all()
                except ProgrammingError as error:
                    if "permission denied" not in str(error):
                        raise
                    connection.rollback()
                else:
                    assert gone == []
    finally:
        engine.dispose()
