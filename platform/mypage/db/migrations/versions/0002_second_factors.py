"""Second factors: the tenant's setting, what an account has enrolled, and its recovery codes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mypage.db.migrations.tools import secure_tenant_table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("platform_tenant", sa.Column("second_factor", sa.Text(), server_default="off", nullable=False))
    op.create_table(
        "second_factor",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("sign_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('totp', 'passkey')", name=op.f("second_factor_kind_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("second_factor_account_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("second_factor_pkey")),
        sa.UniqueConstraint("tenant_id", "credential_id", name=op.f("second_factor_tenant_id_credential_id_key")),
    )
    op.create_index(
        op.f("second_factor_tenant_id_account_id_idx"), "second_factor", ["tenant_id", "account_id"], unique=False
    )
    op.create_table(
        "recovery_code",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("recovery_code_account_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", "code_hash", name=op.f("recovery_code_pkey")),
    )
    for table in ("second_factor", "recovery_code"):
        secure_tenant_table(table)


def downgrade() -> None:
    """Enrolled factors would be lost without a word; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
