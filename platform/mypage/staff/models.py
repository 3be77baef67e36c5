"""Who works for which tenant, and what waits for a second pair of eyes."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TENANT_TEXT, TenantKeyed, TenantRow, one_of, tenant_fk, tenant_pk
from mypage.staff.permissions import ROLE_NAMES


class DeskRole(TenantKeyed):
    """The role of a staff member at the tenant `worked`. Rows of the console's own tenant; the only truth about it."""

    __tablename__ = "desk_role"
    __table_args__ = (
        tenant_pk("account_id", "worked"),
        tenant_fk("account", "account_id"),
        Index(None, "tenant_id", "worked"),
        one_of("role", ROLE_NAMES),
    )

    account_id: Mapped[uuid.UUID]
    worked: Mapped[str] = mapped_column(TENANT_TEXT)
    role: Mapped[str]
    granted_by: Mapped[str]
    granted_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class StaffIdentity(TenantKeyed):
    """What a company's provider calls a staff member. Rows of the console's own tenant; never rebound."""

    __tablename__ = "staff_identity"
    __table_args__ = (tenant_pk("issuer", "subject"), tenant_fk("account", "account_id"))

    issuer: Mapped[str]
    subject: Mapped[str]
    account_id: Mapped[uuid.UUID]
    bound_at: Mapped[datetime]


class DeskSeat(TenantKeyed):
    """The one tenant that a session of the console works for just now. Rows of the console's own tenant."""

    __tablename__ = "desk_seat"
    __table_args__ = (
        tenant_pk("session_id"),
        ForeignKeyConstraint(
            ["tenant_id", "session_id"],
            ["login_session.tenant_id", "login_session.public_id"],
            ondelete="CASCADE",
        ),
    )

    session_id: Mapped[uuid.UUID]
    worked: Mapped[str] = mapped_column(TENANT_TEXT)
    taken_at: Mapped[datetime]


class StaffMember(TenantRow):
    """Who works or worked for this tenant, by the id of their account in the console: names for lists and the trail.

    A copy for showing: what somebody may do is decided by `desk_role`.
    """

    __tablename__ = "staff_member"
    __table_args__ = (one_of("role", ROLE_NAMES),)

    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    updated_at: Mapped[datetime]


class DailyFigure(TenantKeyed):
    """How often something happened on a day in Japan; counted by the worker, for the page of figures."""

    __tablename__ = "daily_figure"
    __table_args__ = (tenant_pk("day", "name"),)

    day: Mapped[date]
    name: Mapped[str]
    value: Mapped[int] = mapped_column(BigInteger)


APPROVAL_STATES = ("waiting", "approved", "done", "refused", "withdrawn", "expired")


class Approval(TenantRow):
    """An act that cannot be undone and waits for a second person (four eyes).

    `payload` is what will be done, `digest` of it what both have seen; `summary` says it in words, with names.
    """

    __tablename__ = "approval"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        Index(None, "tenant_id", "state", "proposed_at"),
        Index(None, "tenant_id", "customer_id"),
        Index("approval_waiting_idx", "tenant_id", "digest", unique=True, postgresql_where=text("state = 'waiting'")),
        one_of("state", APPROVAL_STATES),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by OR state = 'withdrawn'", name="four_eyes"),
    )

    kind: Mapped[str]
    customer_id: Mapped[uuid.UUID | None]
    payload: Mapped[dict[str, Any]]
    digest: Mapped[bytes]
    summary: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str]
    proposed_by: Mapped[uuid.UUID]
    proposed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str] = mapped_column(server_default="")
    done_at: Mapped[datetime | None]
