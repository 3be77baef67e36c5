"""The staff console: who works for which tenant, work that waits for a person, and what needs a second one"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mypage.db import search_keys as keys
from mypage.db.migrations.tools import add_index_live, add_keys_live, secure_tenant_table
from mypage.db.migrations.waiting_work import FILL

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_link", "notice_mail", "work_note", "staff_identity")
KEPT = (
    "approval",
    "daily_figure",
    "desk_role",
    "line_secret",
    "notice_mailing",
    "paper_application",
    "staff_member",
    "staff_view",
    "work_item",
)
CHANGED = ("desk_seat", "notice_target")

FOUND = {"customer": keys.CUSTOMER_SQL, "account": keys.ACCOUNT_SQL}
"""Columns by which staff find customers, and what they are for rows that are there already."""


def upgrade() -> None:
    """Apply."""
    # First, so that a run that was cut off here begins again without anything in its way.
    add_index_live("audit_entry_staff_idx", "audit_entry", "tenant_id, actor, at", where="actor_kind = 'staff'")
    add_index_live(
        "audit_entry_object_idx", "audit_entry", "tenant_id, object_id, at", where="object_type <> 'account'"
    )
    add_index_live("notice_read_notice_idx", "notice_read", "tenant_id, notice_id, account_id")
    add_index_live("invoice_bad_idx", "invoice", "tenant_id, month, status", where="status IN ('failed', 'unpaid')")
    for table, columns in FOUND.items():
        add_keys_live(table, columns)
        for column in columns:
            named = "find_name <> ''" if table == "account" and column != "find_mail" else ""
            add_index_live(f"{table}_tenant_id_{column}_idx", table, f"tenant_id, {column}", where=named)
    add_index_live("customer_find_number_idx", "customer", 'tenant_id, number_key COLLATE "C"')
    add_index_live("contract_find_number_idx", "contract", 'tenant_id, number_key COLLATE "C"')
    add_index_live("credential_find_login_idx", "credential", 'tenant_id, login_key COLLATE "C"')
    with op.get_context().autocommit_block():
        # The search has an index of its own over the kana, which knows every way of writing them.
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS customer_tenant_id_kana_key_idx")
    op.create_table(
        "staff_member",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("role IN ('reader', 'agent', 'manager')", name=op.f("staff_member_role_check")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("staff_member_pkey")),
    )
    op.create_table(
        "approval",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.Text(), server_default="", nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by OR state = 'withdrawn'",
            name=op.f("approval_four_eyes_check"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'done', 'refused', 'withdrawn', 'expired')",
            name=op.f("approval_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"], name=op.f("approval_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("approval_pkey")),
    )
    op.create_index(
        "approval_waiting_idx",
        "approval",
        ["tenant_id", "digest"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(op.f("approval_tenant_id_customer_id_idx"), "approval", ["tenant_id", "customer_id"], unique=False)
    op.create_index(
        op.f("approval_tenant_id_state_proposed_at_idx"),
        "approval",
        ["tenant_id", "state", "proposed_at"],
        unique=False,
    )
    op.create_table(
        "work_item",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("days_left", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (state IN ('open', 'taken', 'asked'))", name=op.f("work_item_closed_at_check")
        ),
        sa.CheckConstraint("state <> 'taken' OR assignee_id IS NOT NULL", name=op.f("work_item_assignee_id_check")),
        sa.CheckConstraint(
            "state IN ('open', 'taken', 'asked', 'done', 'rejected', 'withdrawn')", name=op.f("work_item_state_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"], name=op.f("work_item_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("work_item_pkey")),
        sa.UniqueConstraint("tenant_id", "kind", "subject_id", name=op.f("work_item_tenant_id_kind_subject_id_key")),
    )
    op.create_index(
        "work_item_closed_idx",
        "work_item",
        ["tenant_id", "closed_at", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index(
        "work_item_open_idx",
        "work_item",
        ["tenant_id", "due_on", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(op.f("work_item_tenant_id_created_at_idx"), "work_item", ["tenant_id", "created_at"], unique=False)
    op.create_index(
        op.f("work_item_tenant_id_customer_id_idx"), "work_item", ["tenant_id", "customer_id"], unique=False
    )
    op.create_table(
        "desk_role",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("worked", sa.Text(collation="C"), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.CheckConstraint("role IN ('reader', 'agent', 'manager')", name=op.f("desk_role_role_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["account.tenant_id", "account.id"], name=op.f("desk_role_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", "worked", name=op.f("desk_role_pkey")),
    )
    op.create_index(op.f("desk_role_tenant_id_worked_idx"), "desk_role", ["tenant_id", "worked"], unique=False)
    op.create_table(
        "work_note",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('note', 'opened', 'taken', 'handed', 'released', 'asked', 'answered', 'tried', 'decided', 'withdrawn')",
            name=op.f("work_note_kind_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["work_item.tenant_id", "work_item.id"], name=op.f("work_note_item_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("work_note_pkey")),
    )
    op.create_index(
        op.f("work_note_tenant_id_item_id_at_idx"), "work_note", ["tenant_id", "item_id", "at"], unique=False
    )
    op.create_table(
        "desk_seat",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("worked", sa.Text(collation="C"), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "session_id"],
            ["login_session.tenant_id", "login_session.public_id"],
            name=op.f("desk_seat_session_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "session_id", name=op.f("desk_seat_pkey")),
    )
    op.create_table(
        "line_secret",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f("line_secret_contract_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("line_secret_customer_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("line_secret_pkey")),
        sa.UniqueConstraint(
            "tenant_id", "contract_id", "label", name=op.f("line_secret_tenant_id_contract_id_label_key")
        ),
    )
    op.create_index(
        op.f("line_secret_tenant_id_customer_id_idx"), "line_secret", ["tenant_id", "customer_id"], unique=False
    )
    op.create_table(
        "paper_application",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL)", name=op.f("paper_application_settled_by_check")
        ),
        sa.CheckConstraint(
            "contract_id IS NOT NULL OR account_id IS NOT NULL", name=op.f("paper_application_about_check")
        ),
        sa.CheckConstraint("until >= since", name=op.f("paper_application_until_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("paper_application_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f("paper_application_contract_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("paper_application_customer_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("paper_application_pkey")),
    )
    op.create_index(
        "paper_application_account_idx",
        "paper_application",
        ["tenant_id", "account_id", "kind"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL AND account_id IS NOT NULL"),
    )
    op.create_index(
        "paper_application_contract_idx",
        "paper_application",
        ["tenant_id", "contract_id", "kind"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL AND account_id IS NULL"),
    )
    op.create_index(
        op.f("paper_application_tenant_id_customer_id_idx"),
        "paper_application",
        ["tenant_id", "customer_id"],
        unique=False,
    )
    # ### end Alembic commands ###
    op.create_table(
        "audit_link",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("high", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name=op.f("audit_link_pkey")),
        sa.UniqueConstraint("tenant_id", "entry_id", name=op.f("audit_link_tenant_id_entry_id_key")),
    )
    op.create_table(
        "staff_view",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("staff_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticket_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ticket_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ending", sa.Text(), server_default="", nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (ending = '')", name=op.f("staff_view_ending_at_check")),
        sa.CheckConstraint(
            "ending IN ('', 'ended', 'replaced', 'stopped', 'expired', 'unused')", name=op.f("staff_view_ending_check")
        ),
        sa.CheckConstraint("(begun_at IS NULL) = (expires_at IS NULL)", name=op.f("staff_view_expires_at_check")),
        sa.CheckConstraint("(begun_at IS NULL) = (token_hash IS NULL)", name=op.f("staff_view_begun_at_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["account.tenant_id", "account.id"], name=op.f("staff_view_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("staff_view_pkey")),
        sa.UniqueConstraint("tenant_id", "ticket_hash", name=op.f("staff_view_tenant_id_ticket_hash_key")),
        sa.UniqueConstraint("tenant_id", "token_hash", name=op.f("staff_view_tenant_id_token_hash_key")),
    )
    op.create_index(
        "staff_view_open_idx",
        "staff_view",
        ["tenant_id", "staff_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        op.f("staff_view_tenant_id_account_id_idx"), "staff_view", ["tenant_id", "account_id"], unique=False
    )

    _notices()
    for table in APPEND_ONLY:
        secure_tenant_table(table, rights="SELECT, INSERT")
    for table in KEPT:
        secure_tenant_table(table, rights="SELECT, INSERT, UPDATE")
    for table in CHANGED:
        secure_tenant_table(table)
    op.execute(FILL)


def _notices() -> None:
    """Notices that staff write, for some customers, also by mail."""
    op.add_column("notice", sa.Column("state", sa.Text(), server_default="published", nullable=False))
    op.add_column("notice", sa.Column("audience", sa.Text(), server_default="all", nullable=False))
    op.add_column("notice", sa.Column("aimed", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False))
    op.add_column("notice", sa.Column("written_by", sa.Uuid(), nullable=True))
    op.add_column("notice", sa.Column("reached", sa.BigInteger(), nullable=True))
    op.create_check_constraint("state", "notice", "state IN ('draft', 'published', 'withdrawn')")
    op.create_check_constraint("audience", "notice", "audience IN ('all', 'plan', 'product', 'area', 'list')")
    op.create_table(
        "notice_target",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("notice_target_customer_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "notice_id"],
            ["notice.tenant_id", "notice.id"],
            name=op.f("notice_target_notice_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "notice_id", name=op.f("notice_target_pkey")),
    )
    op.create_index(
        op.f("notice_target_tenant_id_notice_id_customer_id_idx"),
        "notice_target",
        ["tenant_id", "notice_id", "customer_id"],
    )
    op.create_table(
        "daily_figure",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "day", "name", name=op.f("daily_figure_pkey")),
    )
    op.create_table(
        "staff_identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("staff_identity_account_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "issuer", "subject", name=op.f("staff_identity_pkey")),
    )
    op.create_table(
        "notice_mailing",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("last_customer", sa.Uuid(), nullable=True),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("queued", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("skipped", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.CheckConstraint("state IN ('sending', 'done')", name=op.f("notice_mailing_state_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "notice_id"], ["notice.tenant_id", "notice.id"], name=op.f("notice_mailing_notice_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "notice_id", name=op.f("notice_mailing_pkey")),
    )
    op.create_table(
        "notice_mail",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "notice_id"], ["notice.tenant_id", "notice.id"], name=op.f("notice_mail_notice_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "notice_id", "address_hash", name=op.f("notice_mail_pkey")),
    )


def downgrade() -> None:
    """Roles and work would be lost without a word; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
