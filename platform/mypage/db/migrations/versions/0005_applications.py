"""Applications that are processed later, contracts that their holders end, and forms that staff handle"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("contract", sa.Column("ending_accepted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Applications would be lost without a word; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
