"""Row security and keys: read off the catalogue, so that a new table cannot forget them."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ProgrammingError

from mypage.auth.models import Customer
from mypage.db.schema import metadata
from mypage.db.session import Actor, MissingTenant, Scope, Tx, sync_engine, unit
from mypage.lib.clock import FixedClock
from mypage.testing.database import TestDatabase
from mypage.testing.guard import ON_PURPOSE

TENANT_TABLES = sorted(t.name for t in metadata().tables.values() if not t.name.startswith("platform_"))


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_every_tenant_table_starts_its_keys_with_the_tenant(table: str) -> None:
    mapped = metadata().tables[table]
    assert next(iter(mapped.primary_key.columns)).name == "tenant_id"
    for constraint in mapped.constraints:
        columns = [c.name for c in getattr(constraint, "columns", [])]
        if constraint.__class__.__name__ in ("UniqueConstraint", "ForeignKeyConstraint"):
            assert columns[0] == "tenant_id", constraint.name
    for index in mapped.indexes:
        assert next(iter(index.columns)).name == "tenant_id", index.name


def test_every_tenant_table_forces_row_security(test_database: TestDatabase) -> None:
    engine = create_engine(test_database.admin)
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT relname, relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) AS owner "
                "FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
                "WHERE nspname = 'public' AND relkind = 'r'"
            )
        ).all()
    engine.dispose()
    found = {row.relname: row for row in rows}
    for table in TENANT_TABLES:
        assert found[table].relrowsecurity and found[table].relforcerowsecurity, table
        assert found[table].owner == "mypage_owner"
    unknown = {n for n in found if not n.startswith(("procrastinate", "platform_", "alembic"))} - set(TENANT_TABLES)
    assert not unknown


def _customer(tx: Tx, number: str) -> Customer:
    customer = Customer(tenant_id=tx.tenant, number=number, number_key=number, name="名")
    tx.add(customer)
    tx.flush()
    return customer


def test_a_tenant_sees_and_writes_only_its_own_rows(engine: Engine, clock: FixedClock, tenant_name: str) -> None:
    other = f"{tenant_name}x"
    for name in (tenant_name, other):
        with unit(engine, Scope(name, clock, Actor("system"))) as tx:
            _customer(tx, "1")
    with unit(engine, Scope(other, clock, Actor("system"))) as tx:
        assert tx.scalars(text(f"SELECT tenant_id FROM customer {ON_PURPOSE}")).all() == [other]
        with pytest.raises(ProgrammingError, match="row-level security"):
            tx.execute(
                text("INSERT INTO customer (tenant_id, id, number, number_key, name) VALUES (:t, :i, '2', '2', 'x')"),
                {"t": tenant_name, "i": "00000000-0000-0000-0000-000000000001"},
            )
        tx.rollback()


def test_a_transaction_without_a_tenant_is_an_error_and_never_rows(test_database: TestDatabase) -> None:
    engine = sync_engine(test_database.app)
    with engine.connect() as connection, pytest.raises(MissingTenant):
        connection.execute(text("SELECT * FROM customer"))
    engine.dispose()


def test_the_audit_trail_cannot_be_changed_by_the_app(tx: Tx) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        tx.execute(text(f"DELETE FROM audit_entry {ON_PURPOSE}"))
    tx.rollback()
