"""What customers asked for by a form, what happened to it, and the files that came along."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantKeyed, TenantRow, one_of, tenant_fk, tenant_pk
from mypage.hooks.requests import STEPS

REQUEST_STATES = ("filed", "working", "asked", "done", "returned", "withdrawn")
OPEN_REQUESTS = ("filed", "working", "asked")


class Request(TenantRow):
    """依頼: a form that was filed. `content` is what was entered, in the words that were read: rows as `content` says.

    `form` and `section` are codes of the operator's catalogue as it was then, `title` the form's msgid.
    """

    __tablename__ = "request"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        tenant_fk("contract", "contract_id"),
        tenant_fk("account", "account_id"),
        UniqueConstraint("tenant_id", "number"),
        Index(None, "tenant_id", "customer_id", "filed_at"),
        Index(None, "tenant_id", "form", "filed_at"),
        Index("request_open_idx", "tenant_id", "customer_id", "form", postgresql_where=text("closed_at IS NULL")),
        one_of("state", REQUEST_STATES),
        CheckConstraint("(closed_at IS NULL) = (state IN ('filed', 'working', 'asked'))", name="closed_at"),
    )

    number: Mapped[str]
    customer_id: Mapped[uuid.UUID]
    contract_id: Mapped[uuid.UUID | None]
    account_id: Mapped[uuid.UUID]
    form: Mapped[str]
    form_version: Mapped[int]
    section: Mapped[str]
    title: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="filed")
    content: Mapped[list[Any]]
    language: Mapped[str]
    filed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class RequestEvent(TenantRow):
    """One step of a request, as its customer sees it; never changed. `body` is a question, an answer or a reason."""

    __tablename__ = "request_event"
    __table_args__ = (
        tenant_fk("request", "request_id"),
        UniqueConstraint("tenant_id", "request_id", "position"),
        one_of("step", STEPS),
    )

    request_id: Mapped[uuid.UUID]
    position: Mapped[int]
    at: Mapped[datetime]
    step: Mapped[str]
    author: Mapped[str]
    """The id of an account or of a staff member, or what else it was."""
    body: Mapped[str] = mapped_column(server_default="")


class RequestFile(TenantRow):
    """A file of a request, or of a draft that is not filed yet. What it holds is in its pieces.

    `owner` and `draft_id` say whose draft it is, until it is filed. `media_type` is what its content says it is.
    """

    __tablename__ = "request_file"
    __table_args__ = (
        tenant_fk("request", "request_id"),
        Index(None, "tenant_id", "request_id"),
        Index(None, "tenant_id", "draft_id", postgresql_where=text("request_id IS NULL")),
        Index("request_file_stray_idx", "tenant_id", "created_at", postgresql_where=text("request_id IS NULL")),
    )

    request_id: Mapped[uuid.UUID | None]
    owner: Mapped[bytes]
    draft_id: Mapped[uuid.UUID]
    field: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class RequestFilePiece(TenantKeyed):
    """A piece of a file, sealed."""

    __tablename__ = "request_file_piece"
    __table_args__ = (tenant_pk("file_id", "position"), tenant_fk("request_file", "file_id", ondelete="CASCADE"))

    file_id: Mapped[uuid.UUID]
    position: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
