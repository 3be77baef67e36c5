"""The append-only trail: who did what, as whom, to which object, from what to what."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantKeyed, TenantRow, tenant_pk


class AuditEntry(TenantRow):
    """One act. The application's role may insert and read these rows, nothing else."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "tenant_id", "at"),
        Index(None, "tenant_id", "customer_id", "at"),
        # What staff do is the smallest part of the trail, and what one reads it for most.
        Index("audit_entry_staff_idx", "tenant_id", "actor", "at", postgresql_where=text("actor_kind = 'staff'")),
        # Accounts are nearly all of the rest, and are found by their customer.
        Index(
            "audit_entry_object_idx", "tenant_id", "object_id", "at", postgresql_where=text("object_type <> 'account'")
        ),
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


class AuditLink(TenantKeyed):
    """The seal of one entry, chained to the one before. The application's role may insert and read, nothing else.

    `digest` is of the entry alone, `link` of the one before and all other columns here, both by a key that the database
    holds wrapped only. `high` is the latest `at` of all entries up to here.
    """

    __tablename__ = "audit_link"
    __table_args__ = (tenant_pk("seq"), UniqueConstraint("tenant_id", "entry_id"))

    seq: Mapped[int] = mapped_column(BigInteger)
    entry_id: Mapped[uuid.UUID]
    high: Mapped[datetime]
    sealed_at: Mapped[datetime]
    key_id: Mapped[str]
    digest: Mapped[bytes]
    link: Mapped[bytes]
