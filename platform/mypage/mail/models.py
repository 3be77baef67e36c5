"""Mails on their way. Their content is sealed and wiped once sent, or a week after it failed: it may hold a link."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantRow, one_of


class MailMessage(TenantRow):
    """One mail to one address. `message_id` stays the same over all tries, so that a receiver can tell a repeat."""

    __tablename__ = "mail_message"
    __table_args__ = (
        Index(None, "tenant_id", "state", "created_at"),
        Index(None, "tenant_id", "subject_id"),
        one_of("state", ("queued", "sent", "failed")),
    )

    template: Mapped[str]
    recipient: Mapped[str]
    language: Mapped[str]
    message_id: Mapped[str]
    sealed: Mapped[bytes | None]
    state: Mapped[str]
    tries: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    subject_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
