"""The tables of numbered places, part of migration 0005."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from mypage.db.migrations.tools import secure_tenant_table


def create_slot_tables() -> None:
    """What is in places, whose names are, and what was applied for."""
    op.create_table(
        "slot",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("local", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("options", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("blocked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("slot_ended_at_check")),
        sa.CheckConstraint("number > 0", name=op.f("slot_number_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"], name=op.f("slot_contract_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"], name=op.f("slot_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("slot_pkey")),
    )
    op.create_index(
        op.f("slot_tenant_id_contract_id_started_at_idx"),
        "slot",
        ["tenant_id", "contract_id", "started_at"],
        unique=False,
    )
    op.create_index(
        "slot_used_idx",
        "slot",
        ["tenant_id", "contract_id", "code", "number"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "slot_application",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("slot_number", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("local_before", sa.Text(), server_default="", nullable=False),
        sa.Column("host_before", sa.Text(), server_default="", nullable=False),
        sa.Column("options_before", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("local", sa.Text(), server_default="", nullable=False),
        sa.Column("host", sa.Text(), server_default="", nullable=False),
        sa.Column("options", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("price_before", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("price_after", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("consent_id", sa.Uuid(), nullable=True),
        sa.Column("told", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_by", sa.Uuid(), nullable=True),
        sa.Column("filed_scheme", sa.Text(), server_default="", nullable=False),
        sa.Column("filed_role", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name=op.f("slot_application_ended_at_check")),
        sa.CheckConstraint("action IN ('add', 'change', 'remove')", name=op.f("slot_application_action_check")),
        sa.CheckConstraint(
            "state IN ('pending', 'done', 'failed', 'returned', 'cancelled', 'closed')",
            name=op.f("slot_application_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "consent_id"],
            ["consent_text.tenant_id", "consent_text.id"],
            name=op.f("slot_application_consent_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f("slot_application_contract_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("slot_application_customer_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("slot_application_pkey")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("slot_application_tenant_id_number_key")),
        sa.UniqueConstraint("tenant_id", "operation_id", name=op.f("slot_application_tenant_id_operation_id_key")),
    )
    op.create_index(
        "slot_application_pending_idx",
        "slot_application",
        ["tenant_id", "contract_id", "code", "slot_number"],
        unique=True,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        op.f("slot_application_tenant_id_contract_id_filed_at_idx"),
        "slot_application",
        ["tenant_id", "contract_id", "filed_at"],
        unique=False,
    )
    op.create_index(
        op.f("slot_application_tenant_id_customer_id_idx"),
        "slot_application",
        ["tenant_id", "customer_id"],
        unique=False,
    )
    op.create_table(
        "slot_name",
        sa.Column("local_key", sa.Text(collation="C"), nullable=False),
        sa.Column("host", sa.Text(collation="C"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"], name=op.f("slot_name_contract_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"], name=op.f("slot_name_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "local_key", "host", name=op.f("slot_name_pkey")),
    )
    op.create_index(
        op.f("slot_name_tenant_id_contract_id_idx"), "slot_name", ["tenant_id", "contract_id"], unique=False
    )
    secure_tenant_table("slot", rights="SELECT, INSERT, UPDATE")
    secure_tenant_table("slot_application", rights="SELECT, INSERT, UPDATE")
    secure_tenant_table("slot_name")
