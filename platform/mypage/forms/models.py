"""Drafts of wizards and the operation ids that make a double click one effect."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from mypage.db.base import TenantKeyed, TenantRow, tenant_pk


class Draft(TenantRow):
    """What was typed into a wizard so far, bound to one browser session; secrets are sealed."""

    __tablename__ = "draft"
    __table_args__ = (
        Index(None, "tenant_id", "owner", "wizard"),
        Index(None, "tenant_id", "expires_at"),
    )

    owner: Mapped[bytes]
    wizard: Mapped[str]
    data: Mapped[dict[str, Any]]
    sealed: Mapped[bytes | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Operation(TenantKeyed):
    """A one-time operation that was carried out, with what its result page shows."""

    __tablename__ = "operation"
    __table_args__ = (tenant_pk("operation_id"), Index(None, "tenant_id", "expires_at"))

    operation_id: Mapped[str]
    owner: Mapped[bytes]
    wizard: Mapped[str]
    result: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
