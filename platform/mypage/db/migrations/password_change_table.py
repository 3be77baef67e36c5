"""The table of what is kept for a while of the last change of a password."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mypage.db.migrations.tools import secure_tenant_table


def create_password_change_table() -> None:
    """One row per credential, of those that were changed within the last hour or so."""
    op.create_table(
        "password_change",
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("former_hash", sa.Text(), nullable=True),
        sa.Column("former_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credential_id"],
            ["credential.tenant_id", "credential.id"],
            name=op.f("password_change_credential_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "credential_id", name=op.f("password_change_pkey")),
    )
    op.create_index(op.f("password_change_tenant_id_again_at_idx"), "password_change", ["tenant_id", "again_at"])
    secure_tenant_table("password_change")
