"""The table of contracts whose holders have asked for their end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mypage.db.migrations.tools import secure_tenant_table


def create_termination_table() -> None:
    """One row per contract; nothing in it is ever deleted by the application."""
    op.create_table(
        "termination",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="accepted", nullable=False),
        sa.Column("wanted_on", sa.Date(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("answers", JSONB(), nullable=False),
        sa.Column("ends", JSONB(), nullable=False),
        sa.Column("fee", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("placed_login", sa.Text(), server_default="", nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arranged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('accepted', 'arranged', 'done')", name=op.f("termination_state_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["account.tenant_id", "account.id"], name=op.f("termination_account_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f("termination_contract_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("termination_customer_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("termination_pkey")),
        sa.UniqueConstraint("tenant_id", "contract_id", name=op.f("termination_tenant_id_contract_id_key")),
    )
    op.create_index(op.f("termination_tenant_id_customer_id_idx"), "termination", ["tenant_id", "customer_id"])
    op.create_index(
        "termination_due_idx",
        "termination",
        ["tenant_id", "wanted_on", "id"],
        postgresql_where=sa.text("state = 'arranged'"),
    )
    secure_tenant_table("termination", rights="SELECT, INSERT, UPDATE")
