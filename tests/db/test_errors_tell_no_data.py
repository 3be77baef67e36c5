"""What the database refuses ends in logs: statements may stand there, people's data and hashes may not."""

from __future__ import annotations

import asyncio
import traceback
import uuid

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from mypage.auth.models import Customer
from mypage.db.session import Database, DatabaseDown, Tx
from mypage.server.logs import without_details
from mypage.testing.database import TestDatabase

SECRET = "himitsu-7391"


def _twice(tx: Tx) -> None:
    for _ in range(2):
        tx.add(Customer(tenant_id=tx.tenant, id=uuid.uuid4(), number="1", number_key=SECRET, name=SECRET))
    tx.flush()


def _cancelled(tx: Tx) -> None:
    tx.execute(text("SET LOCAL statement_timeout = 20"))
    wanted = select(Customer.id, text("pg_sleep(1)")).where(Customer.tenant_id == tx.tenant, Customer.name == SECRET)
    tx.execute(wanted.union_all(select(text("NULL::uuid"), text("pg_sleep(1)")).where(text("true"))))


@pytest.mark.parametrize("work", [_twice, _cancelled])
def test_an_error_of_the_database_leaves_no_value_in_the_log(test_database: TestDatabase, work: object) -> None:
    async def run() -> str:
        database = Database(test_database.app)
        try:
            await database.run(f"t{uuid.uuid4().hex[:8]}", work)  # type: ignore[arg-type]
        except (DBAPIError, DatabaseDown) as error:
            return "".join(traceback.format_exception(error))
        finally:
            await database.close()
        raise AssertionError("nothing was refused")

    entry = without_details(None, "error", {"exception": asyncio.run(run())})
    said = entry["exception"]
    assert "customer" in said
    assert SECRET not in said
