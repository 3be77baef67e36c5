"""What is kept for a while of the last change of a password."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from mypage.db.base import TenantKeyed, tenant_fk, tenant_pk


class PasswordChange(TenantKeyed):
    """The last change of a credential's password, where its rules look back at it (OCN-57, OCN-59).

    `former_hash` is known until `former_until` and wiped then; the password may be changed again from `again_at` on.
    """

    __tablename__ = "password_change"
    __table_args__ = (
        tenant_pk("credential_id"),
        tenant_fk("credential", "credential_id", ondelete="CASCADE"),
        Index(None, "tenant_id", "again_at"),
    )

    credential_id: Mapped[uuid.UUID]
    former_hash: Mapped[str | None]
    former_until: Mapped[datetime]
    again_at: Mapped[datetime]
