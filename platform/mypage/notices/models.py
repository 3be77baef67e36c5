"""Notices of an operator to all, some or one of its customers, who read them, and to whom they went by mail."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantKeyed, TenantRow, one_of, tenant_fk, tenant_pk

NOTICE_STATES = ("draft", "published", "withdrawn")
AUDIENCES = ("all", "plan", "product", "area", "list")


class Notice(TenantRow):
    """お知らせ: plain text, shown while `published` from `starts_at` until `ends_at`.

    With a `customer_id` it is that customer's own. Else `audience` says who sees it: everybody; who has a contract with
    one of the plans in `aimed`; who holds one of those products; whose postal code or place begins with one of those
    texts; or who stands in `notice_target`. With a `permission` only accounts that hold it see the notice.
    `reached` is how many customers it was for when it was last counted, None for a feed's.
    """

    __tablename__ = "notice"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        UniqueConstraint("tenant_id", "key"),
        Index(None, "tenant_id", "customer_id", "starts_at"),
        one_of("importance", ("normal", "important", "urgent")),
        one_of("state", NOTICE_STATES),
        one_of("audience", AUDIENCES),
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
    state: Mapped[str] = mapped_column(server_default="published")
    audience: Mapped[str] = mapped_column(server_default="all")
    aimed: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default=text("'{}'"))
    written_by: Mapped[uuid.UUID | None]
    reached: Mapped[int | None] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class NoticeRead(TenantKeyed):
    """An account opened a notice."""

    __tablename__ = "notice_read"
    __table_args__ = (
        tenant_pk("account_id", "notice_id"),
        tenant_fk("account", "account_id", ondelete="CASCADE"),
        tenant_fk("notice", "notice_id", ondelete="CASCADE"),
        Index("notice_read_notice_idx", "tenant_id", "notice_id", "account_id"),
    )

    account_id: Mapped[uuid.UUID]
    notice_id: Mapped[uuid.UUID]
    read_at: Mapped[datetime]


class NoticeTarget(TenantKeyed):
    """A customer on the list of a notice."""

    __tablename__ = "notice_target"
    __table_args__ = (
        tenant_pk("customer_id", "notice_id"),
        tenant_fk("customer", "customer_id"),
        tenant_fk("notice", "notice_id", ondelete="CASCADE"),
        Index(None, "tenant_id", "notice_id", "customer_id"),
    )

    customer_id: Mapped[uuid.UUID]
    notice_id: Mapped[uuid.UUID]


class NoticeMailing(TenantKeyed):
    """A notice that goes out by mail: how far it is. `last_customer` moves on in the unit that queues the mails.

    `queued` mails, and `skipped` customers: without an address that a mail can go to, or with one that had it before.
    """

    __tablename__ = "notice_mailing"
    __table_args__ = (
        tenant_pk("notice_id"),
        tenant_fk("notice", "notice_id"),
        one_of("state", ("sending", "done")),
    )

    notice_id: Mapped[uuid.UUID]
    state: Mapped[str]
    last_customer: Mapped[uuid.UUID | None]
    wanted: Mapped[int] = mapped_column(BigInteger)
    queued: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    skipped: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class NoticeMail(TenantKeyed):
    """An address that had a notice by mail, as a hash: at most once, whatever happens."""

    __tablename__ = "notice_mail"
    __table_args__ = (tenant_pk("notice_id", "address_hash"), tenant_fk("notice", "notice_id"))

    notice_id: Mapped[uuid.UUID]
    address_hash: Mapped[bytes]
    mail_id: Mapped[uuid.UUID]
