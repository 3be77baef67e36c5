"""The append-only trail: who did what, as whom, to which object, from what to what."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantRow


class AuditEntry(TenantRow):
    """One act. The application's role may insert and read these rows, nothing else."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "tenant_id", "at"),
        Index(None, "tenant_id", "customer_id", "at"),
    )

    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor: Mapped[str]
    as_whom: Mapped[str] = mapped_column(server_default="")
    customer_id: Mapped[uuid.UUID | None]
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    request_id: Mapped[str]
