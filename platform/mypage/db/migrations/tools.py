"""What migrations need: row security, forced, with the app role's rights; and indexes that stop nobody."""

from __future__ import annotations

from collections.abc import Mapping

from alembic import op

from mypage.db.schema import APP

BATCH = 2000
"""Rows that are written to at once in a table that others write to meanwhile."""
NOBODY = "00000000-0000-0000-0000-000000000000"

ENTER_TENANT = """
CREATE FUNCTION enter_tenant(t text) RETURNS void LANGUAGE plpgsql AS
$$ BEGIN EXECUTE format('SET LOCAL app.tenant_id = %L', t); END $$
"""


def secure_tenant_table(name: str, *, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Enable and force row security on a table and grant the app role what it may do there."""
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant_only ON {name} "
        "USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')) "
        "WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))"
    )
    op.execute(f"GRANT {rights} ON {name} TO {APP}")


def add_index_live(name: str, table: str, columns: str, *, where: str = "", using: str = "btree") -> None:
    """An index on a table that has many rows and is written to meanwhile: nobody waits for it.

    It commits what the migration did before, so it stands first in it; what a cut-off run left is made anew.
    """
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute(
            f"CREATE INDEX CONCURRENTLY {name} ON {table} USING {using} ({columns})"
            + (f" WHERE {where}" if where else "")
        )


def add_keys_live(table: str, columns: Mapping[str, str]) -> None:
    """Text columns that compare by code point, filled for the rows that are there, a batch at a time.

    `columns` maps each to its expression. What a cut-off run left is gone over again.
    """
    given = ", ".join(f"{column} = {expression}" for column, expression in columns.items())
    with op.get_context().autocommit_block():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} TEXT COLLATE \"C\" DEFAULT '' NOT NULL")
        for tenant in op.get_bind().exec_driver_sql("SELECT name FROM platform_tenant ORDER BY name").scalars().all():
            last: str | None = NOBODY
            while last is not None:
                last = _fill_batch(table, given, str(tenant), last)


def _fill_batch(table: str, given: str, tenant: str, last: str) -> str | None:
    """Fill the next rows of a tenant, in a transaction of their own; the last id of them, None behind the last row."""
    run = op.get_bind().exec_driver_sql
    run("BEGIN")
    run("SELECT enter_tenant(%(tenant)s)", {"tenant": tenant})
    values = {"tenant": tenant, "last": last, "batch": BATCH}
    upto = run(
        f"SELECT max(id::text) FROM (SELECT id FROM {table} WHERE tenant_id = %(tenant)s AND id > %(last)s::uuid "
        "ORDER BY id LIMIT %(batch)s) AS found",
        values,
    ).scalar()
    if upto is not None:
        run(
            f"UPDATE {table} SET {given.replace('%', '%%')} "
            "WHERE tenant_id = %(tenant)s AND id > %(last)s::uuid AND id <= %(upto)s::uuid",
            {**values, "upto": upto},
        )
    run("COMMIT")
    return None if upto is None else str(upto)
