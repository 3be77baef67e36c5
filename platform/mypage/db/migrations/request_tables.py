"""The tables of forms that staff work on, as revision 0005 makes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mypage.db.migrations.tools import secure_tenant_table


def create_request_tables() -> None:
    """Requests, their steps, and files in pieces; steps are only ever added."""
    op.create_table(
        "request",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="filed", nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (state IN ('filed', 'working', 'asked'))", name=op.f("request_closed_at_check")
        ),
        sa.CheckConstraint(
            "state IN ('filed', 'working', 'asked', 'done', 'returned', 'withdrawn')", name=op.f("request_state_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["account.tenant_id", "account.id"], name=op.f("request_account_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"], name=op.f("request_contract_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"], name=op.f("request_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("request_pkey")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("request_tenant_id_number_key")),
    )
    op.create_index(
        "request_open_idx",
        "request",
        ["tenant_id", "customer_id", "form"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        op.f("request_tenant_id_customer_id_filed_at_idx"),
        "request",
        ["tenant_id", "customer_id", "filed_at"],
        unique=False,
    )
    op.create_index(
        op.f("request_tenant_id_form_filed_at_idx"), "request", ["tenant_id", "form", "filed_at"], unique=False
    )
    op.create_table(
        "request_event",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "step IN ('filed', 'working', 'asked', 'answered', 'done', 'returned', 'withdrawn')",
            name=op.f("request_event_step_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "request_id"], ["request.tenant_id", "request.id"], name=op.f("request_event_request_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("request_event_pkey")),
        sa.UniqueConstraint(
            "tenant_id", "request_id", "position", name=op.f("request_event_tenant_id_request_id_position_key")
        ),
    )
    op.create_table(
        "request_file",
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("owner", sa.LargeBinary(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "request_id"], ["request.tenant_id", "request.id"], name=op.f("request_file_request_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("request_file_pkey")),
    )
    op.create_index(
        "request_file_stray_idx",
        "request_file",
        ["tenant_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("request_id IS NULL"),
    )
    op.create_index(
        op.f("request_file_tenant_id_draft_id_idx"),
        "request_file",
        ["tenant_id", "draft_id"],
        unique=False,
        postgresql_where=sa.text("request_id IS NULL"),
    )
    op.create_index(
        op.f("request_file_tenant_id_request_id_idx"), "request_file", ["tenant_id", "request_id"], unique=False
    )
    op.create_table(
        "request_file_piece",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["request_file.tenant_id", "request_file.id"],
            name=op.f("request_file_piece_file_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "file_id", "position", name=op.f("request_file_piece_pkey")),
    )

    secure_tenant_table("request", rights="SELECT, INSERT, UPDATE")
    secure_tenant_table("request_event", rights="SELECT, INSERT")
    secure_tenant_table("request_file")
    secure_tenant_table("request_file_piece", rights="SELECT, INSERT, DELETE")
