"""Applications that are processed later, contracts that their holders end, and forms that staff handle"""

from __future__ import annotations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Applications would be lost without a word; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
