"""What migrations need: row security, forced, with the app role's rights; and indexes that stop nobody."""

from __future__ import annotations

from alembic import op

from mypage.db.schema import APP

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
