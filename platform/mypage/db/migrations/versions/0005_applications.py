"""Applications that are processed later, contracts that their holders end, and forms that staff handle"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mypage.db.migrations.password_change_table import create_password_change_table
from mypage.db.migrations.request_tables import create_request_tables
from mypage.db.migrations.slot_tables import create_slot_tables
from mypage.db.migrations.termination_table import create_termination_table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


JOB_STATES = "'waiting', 'sent', 'done', 'failed', 'withdrawn'"


def upgrade() -> None:
    """Apply."""
    # First, so that a run that was cut off here begins again without anything in its way; nobody waits for it.
    with op.get_context().autocommit_block():
        op.execute(
            "ALTER TABLE provisioning_job DROP CONSTRAINT IF EXISTS provisioning_job_state_check, "
            f"ADD CONSTRAINT provisioning_job_state_check CHECK (state IN ({JOB_STATES})) NOT VALID"
        )
        op.execute("ALTER TABLE provisioning_job VALIDATE CONSTRAINT provisioning_job_state_check")
    for column in (
        sa.Column("concerns", sa.Text(), server_default="", nullable=False),
        sa.Column("concerns_id", sa.Uuid(), nullable=True),
        sa.Column("work", sa.Text(), server_default="order", nullable=False),
        sa.Column("details", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=True),
    ):
        op.add_column("provisioning_job", column)
    op.add_column("contract", sa.Column("features", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False))
    op.add_column("contract", sa.Column("ending_accepted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("service", sa.Column("progress", JSONB(), server_default=sa.text("'[]'"), nullable=False))
    op.add_column("payment_method", sa.Column("unfixed_at", sa.DateTime(timezone=True), nullable=True))
    create_request_tables()
    create_termination_table()
    create_password_change_table()
    create_slot_tables()


def downgrade() -> None:
    """Applications would be lost without a word; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
