"""Who of the staff looks at a portal as a customer, since when and why. Rows are kept: they are part of the trail."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantRow, one_of, tenant_fk

ENDINGS = ("", "ended", "replaced", "stopped", "expired", "unused")


class StaffView(TenantRow):
    """One look of a staff member at an account's portal. Rows of the portal's own tenant.

    The ticket leads from the console to the portal, once and soon; the token is then in one browser's cookie. Of both
    we hold the hash alone. `expires_at` is set when the look begins. `staff_id` is an account of the console.
    """

    __tablename__ = "staff_view"
    __table_args__ = (
        tenant_fk("account", "account_id"),
        UniqueConstraint("tenant_id", "ticket_hash"),
        UniqueConstraint("tenant_id", "token_hash"),
        Index("staff_view_open_idx", "tenant_id", "staff_id", postgresql_where=text("ended_at IS NULL")),
        Index(None, "tenant_id", "account_id"),
        one_of("ending", ENDINGS),
        CheckConstraint("(ended_at IS NULL) = (ending = '')", name="ending_at"),
        CheckConstraint("(begun_at IS NULL) = (token_hash IS NULL)", name="begun_at"),
        CheckConstraint("(begun_at IS NULL) = (expires_at IS NULL)", name="expires_at"),
    )

    account_id: Mapped[uuid.UUID]
    scheme: Mapped[str]
    staff_id: Mapped[uuid.UUID]
    staff_name: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    ticket_hash: Mapped[bytes]
    ticket_until: Mapped[datetime]
    token_hash: Mapped[bytes | None]
    begun_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ending: Mapped[str] = mapped_column(server_default="")
