"""What every migration of a tenant table needs: row security, forced, and the app role's rights."""

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
