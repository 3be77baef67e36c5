"""The first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from mypage.db.migrations.tools import ENTER_TENANT, secure_tenant_table
from mypage.db.schema import APP
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "customer",
    "draft",
    "login_counter",
    "login_name",
    "mail_link",
    "mail_message",
    "operation",
    "tenant_key",
    "used_challenge",
    "account",
    "contract",
    "invoice",
    "notice",
    "payment_method",
    "registration",
    "card_setup",
    "credential",
    "invoice_line",
    "invoice_tax",
    "login_session",
    "notice_read",
    "service",
    "password_history",
)
_LISTED = {
    "TABLES": "SELECT tablename FROM pg_tables WHERE tablename LIKE 'procrastinate%'",
    "SEQUENCES": "SELECT sequencename FROM pg_sequences WHERE sequencename LIKE 'procrastinate%'",
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_entry",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("as_whom", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("audit_entry_pkey")),
    )
    op.create_index(op.f("audit_entry_tenant_id_at_idx"), "audit_entry", ["tenant_id", "at"], unique=False)
    op.create_index(
        op.f("audit_entry_tenant_id_customer_id_at_idx"),
        "audit_entry",
        ["tenant_id", "customer_id", "at"],
        unique=False,
    )
    op.create_table(
        "customer",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("number_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="person", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kana", sa.Text(), server_default="", nullable=False),
        sa.Column("kana_key", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("postal_code", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="ja", nullable=False),
        sa.Column("proof_hash", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('person', 'company')", name=op.f("customer_kind_check")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("customer_pkey")),
        sa.UniqueConstraint("tenant_id", "number_key", name=op.f("customer_tenant_id_number_key_key")),
    )
    op.create_index(op.f("customer_tenant_id_kana_key_idx"), "customer", ["tenant_id", "kana_key"], unique=False)
    op.create_table(
        "draft",
        sa.Column("owner", sa.LargeBinary(), nullable=False),
        sa.Column("wizard", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("draft_pkey")),
    )
    op.create_index(op.f("draft_tenant_id_expires_at_idx"), "draft", ["tenant_id", "expires_at"], unique=False)
    op.create_index(op.f("draft_tenant_id_owner_wizard_idx"), "draft", ["tenant_id", "owner", "wizard"], unique=False)
    op.create_table(
        "login_counter",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "key", name=op.f("login_counter_pkey")),
    )
    op.create_index(
        op.f("login_counter_tenant_id_last_at_idx"), "login_counter", ["tenant_id", "last_at"], unique=False
    )
    op.create_table(
        "login_name",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("login_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.CheckConstraint("state IN ('held', 'used', 'retired')", name=op.f("login_name_state_check")),
        sa.PrimaryKeyConstraint("tenant_id", "scheme", "login_key", name=op.f("login_name_pkey")),
    )
    op.create_table(
        "mail_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "token_hash", name=op.f("mail_link_pkey")),
    )
    op.create_index(op.f("mail_link_tenant_id_expires_at_idx"), "mail_link", ["tenant_id", "expires_at"], unique=False)
    op.create_index(
        op.f("mail_link_tenant_id_purpose_subject_id_idx"),
        "mail_link",
        ["tenant_id", "purpose", "subject_id"],
        unique=False,
    )
    op.create_table(
        "mail_message",
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed')", name=op.f("mail_message_state_check")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("mail_message_pkey")),
    )
    op.create_index(
        op.f("mail_message_tenant_id_state_created_at_idx"),
        "mail_message",
        ["tenant_id", "state", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("mail_message_tenant_id_subject_id_idx"), "mail_message", ["tenant_id", "subject_id"], unique=False
    )
    op.create_table(
        "operation",
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.LargeBinary(), nullable=False),
        sa.Column("wizard", sa.Text(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "operation_id", name=op.f("operation_pkey")),
    )
    op.create_index(op.f("operation_tenant_id_expires_at_idx"), "operation", ["tenant_id", "expires_at"], unique=False)
    op.create_table(
        "platform_tenant",
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("extensions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("platform_tenant_pkey")),
    )
    op.create_table(
        "tenant_key",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key_id", name=op.f("tenant_key_pkey")),
    )
    op.create_table(
        "used_challenge",
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "challenge", name=op.f("used_challenge_pkey")),
    )
    op.create_index(
        op.f("used_challenge_tenant_id_expires_at_idx"), "used_challenge", ["tenant_id", "expires_at"], unique=False
    )
    op.create_table(
        "account",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), server_default="holder", nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'suspended', 'closed')", name=op.f("account_status_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"], name=op.f("account_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("account_pkey")),
    )
    op.create_index(op.f("account_tenant_id_customer_id_idx"), "account", ["tenant_id", "customer_id"], unique=False)
    op.create_table(
        "contract",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("number_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "status IN ('preparing', 'active', 'suspended', 'terminated')", name=op.f("contract_status_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"], name=op.f("contract_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("contract_pkey")),
        sa.UniqueConstraint("tenant_id", "number_key", name=op.f("contract_tenant_id_number_key_key")),
    )
    op.create_index(op.f("contract_tenant_id_customer_id_idx"), "contract", ["tenant_id", "customer_id"], unique=False)
    op.create_table(
        "invoice",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("payment_method", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), server_default="JPY", nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("addressee", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("registration_number", sa.Text(), nullable=False),
        sa.Column("tax_mode", sa.Text(), server_default="down", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("status IN ('scheduled', 'paid', 'unpaid', 'failed')", name=op.f("invoice_status_check")),
        sa.CheckConstraint("total = net + tax", name=op.f("invoice_total_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"], name=op.f("invoice_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("invoice_pkey")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("invoice_tenant_id_number_key")),
    )
    op.create_index(
        op.f("invoice_tenant_id_customer_id_month_idx"), "invoice", ["tenant_id", "customer_id", "month"], unique=False
    )
    op.create_table(
        "notice",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), server_default="", nullable=False),
        sa.Column("body_en", sa.Text(), server_default="", nullable=False),
        sa.Column("importance", sa.Text(), server_default="normal", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("importance IN ('normal', 'important', 'urgent')", name=op.f("notice_importance_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"], name=op.f("notice_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("notice_pkey")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("notice_tenant_id_key_key")),
    )
    op.create_index(
        op.f("notice_tenant_id_customer_id_starts_at_idx"),
        "notice",
        ["tenant_id", "customer_id", "starts_at"],
        unique=False,
    )
    op.create_table(
        "payment_method",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("last4", sa.Text(), nullable=False),
        sa.Column("exp_month", sa.Integer(), nullable=False),
        sa.Column("exp_year", sa.Integer(), nullable=False),
        sa.Column("current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("payment_method_customer_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("payment_method_pkey")),
    )
    op.create_index(
        "payment_method_current_idx",
        "payment_method",
        ["tenant_id", "customer_id"],
        unique=True,
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "platform_address",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(collation="C"), nullable=False),
        sa.Column("main", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant"], ["platform_tenant.name"], name=op.f("platform_address__fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("host", "prefix", name=op.f("platform_address_pkey")),
    )
    op.create_table(
        "registration",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("login_id", sa.Text(), nullable=False),
        sa.Column("login_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="ja", nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'activated', 'replaced')", name=op.f("registration_state_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("registration_customer_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("registration_pkey")),
    )
    op.create_index(
        op.f("registration_tenant_id_customer_id_idx"), "registration", ["tenant_id", "customer_id"], unique=False
    )
    op.create_index(
        op.f("registration_tenant_id_expires_at_idx"), "registration", ["tenant_id", "expires_at"], unique=False
    )
    op.create_table(
        "card_setup",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("return_token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("last4", sa.Text(), nullable=True),
        sa.Column("exp_month", sa.Integer(), nullable=True),
        sa.Column("exp_year", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("registering", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('created', 'sent', 'unknown', 'entered', 'registered', 'refused', 'cancelled', 'expired')",
            name=op.f("card_setup_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["account.tenant_id", "account.id"], name=op.f("card_setup_account_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("card_setup_customer_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("card_setup_pkey")),
        sa.UniqueConstraint("tenant_id", "return_token_hash", name=op.f("card_setup_tenant_id_return_token_hash_key")),
    )
    op.create_index(
        op.f("card_setup_tenant_id_customer_id_created_at_idx"),
        "card_setup",
        ["tenant_id", "customer_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "credential",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("login_id", sa.Text(), nullable=False),
        sa.Column("login_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("must_change", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("credential_account_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("credential_pkey")),
        sa.UniqueConstraint(
            "tenant_id", "account_id", "scheme", name=op.f("credential_tenant_id_account_id_scheme_key")
        ),
        sa.UniqueConstraint("tenant_id", "scheme", "login_key", name=op.f("credential_tenant_id_scheme_login_key_key")),
    )
    op.create_table(
        "invoice_line",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_to", sa.Date(), nullable=True),
        sa.Column("period_text", sa.Text(), server_default="", nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("reduced", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoice.tenant_id", "invoice.id"],
            name=op.f("invoice_line_invoice_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("invoice_line_pkey")),
        sa.UniqueConstraint(
            "tenant_id", "invoice_id", "position", name=op.f("invoice_line_tenant_id_invoice_id_position_key")
        ),
    )
    op.create_table(
        "invoice_tax",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("reduced", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoice.tenant_id", "invoice.id"],
            name=op.f("invoice_tax_invoice_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("invoice_tax_pkey")),
        sa.UniqueConstraint(
            "tenant_id",
            "invoice_id",
            "rate_bp",
            "reduced",
            name=op.f("invoice_tax_tenant_id_invoice_id_rate_bp_reduced_key"),
        ),
    )
    op.create_table(
        "login_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reauth_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device", sa.Text(), server_default="", nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("login_session_account_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "token_hash", name=op.f("login_session_pkey")),
        sa.UniqueConstraint("tenant_id", "public_id", name=op.f("login_session_tenant_id_public_id_key")),
    )
    op.create_index(
        op.f("login_session_tenant_id_account_id_idx"), "login_session", ["tenant_id", "account_id"], unique=False
    )
    op.create_index(
        op.f("login_session_tenant_id_expires_at_idx"), "login_session", ["tenant_id", "expires_at"], unique=False
    )
    op.create_table(
        "notice_read",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("notice_read_account_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "notice_id"],
            ["notice.tenant_id", "notice.id"],
            name=op.f("notice_read_notice_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", "notice_id", name=op.f("notice_read_pkey")),
    )
    op.create_table(
        "service",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "status IN ('preparing', 'active', 'suspended', 'terminated')", name=op.f("service_status_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f("service_contract_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("service_pkey")),
        sa.UniqueConstraint(
            "tenant_id", "contract_id", "position", name=op.f("service_tenant_id_contract_id_position_key")
        ),
    )
    op.create_table(
        "password_history",
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credential_id"],
            ["credential.tenant_id", "credential.id"],
            name=op.f("password_history_credential_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("password_history_pkey")),
    )
    op.create_index(
        op.f("password_history_tenant_id_credential_id_replaced_at_idx"),
        "password_history",
        ["tenant_id", "credential_id", "replaced_at"],
        unique=False,
    )
    op.execute(ENTER_TENANT)
    for table in TENANT_TABLES:
        secure_tenant_table(table)
    secure_tenant_table("audit_entry", rights="SELECT, INSERT")
    op.execute(f"GRANT SELECT ON platform_tenant, platform_address, alembic_version TO {APP}")
    op.execute(f"GRANT EXECUTE ON FUNCTION enter_tenant(text) TO {APP}")
    _job_queue()


def _job_queue() -> None:
    raw = op.get_bind().connection.cursor()
    raw.execute(SchemaManager.get_schema())
    for kind in ("TABLES", "SEQUENCES"):
        rights = "SELECT, INSERT, UPDATE, DELETE" if kind == "TABLES" else "USAGE, SELECT"
        for name in raw.execute(_LISTED[kind]).fetchall():
            op.execute(f"GRANT {rights} ON {name[0]} TO {APP}")


def downgrade() -> None:
    """The first schema is not taken back; drop the database instead."""
    raise RuntimeError("drop the database instead")
