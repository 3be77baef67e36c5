"""Notices of an operator to all or one of its customers."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantKeyed, TenantRow, one_of, tenant_fk, tenant_pk


class Notice(TenantRow):
    """お知らせ: plain text, shown from `starts_at` until `ends_at`; `customer_id` None means everybody.

    With a `permission` only accounts that hold it see the notice.
    """

    __tablename__ = "notice"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        UniqueConstraint("tenant_id", "key"),
        Index(None, "tenant_id", "customer_id", "starts_at"),
        one_of("importance", ("normal", "important", "urgent")),
    )

    key: Mapped[str]
    customer_id: Mapped[uuid.UUID | None]
    permission: Mapped[str] = mapped_column(server_default="")
    title: Mapped[str]
    body: Mapped[str]
    title_en: Mapped[str] = mapped_column(server_default="")
    body_en: Mapped[str] = mapped_column(server_default="")
    importance: Mapped[str] = mapped_column(server_default="normal")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class NoticeRead(TenantKeyed):
    """An account opened a notice."""

    __tablename__ = "notice_read"
    __table_args__ = (
        tenant_pk("account_id", "notice_id"),
        tenant_fk("account", "account_id", ondelete="CASCADE"),
        tenant_fk("notice", "notice_id", ondelete="CASCADE"),
    )

    account_id: Mapped[uuid.UUID]
    notice_id: Mapped[uuid.UUID]
    read_at: Mapped[datetime]
