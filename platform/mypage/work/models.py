"""One row for each piece of work that waits for a person, and what was said about it."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantRow, one_of, tenant_fk

WORK_STATES = ("open", "taken", "asked", "done", "rejected", "withdrawn")
OPEN_STATES = ("open", "taken", "asked")
NOTE_KINDS = ("note", "opened", "taken", "handed", "released", "asked", "answered", "tried", "decided", "withdrawn")


class WorkItem(TenantRow):
    """Something that somebody has to do: `kind` and `subject_id` say about what, `reference` is the number shown.

    `version` goes up with each change, so that two people who act on one item cannot both win. `assignee_id` is a staff
    member; `due_on` a day in Japan. `title` says what it is about in the kind's own form.
    """

    __tablename__ = "work_item"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        UniqueConstraint("tenant_id", "kind", "subject_id"),
        Index(
            "work_item_open_idx", "tenant_id", "due_on", "created_at", "id", postgresql_where=text("closed_at IS NULL")
        ),
        Index("work_item_closed_idx", "tenant_id", "closed_at", "id", postgresql_where=text("closed_at IS NOT NULL")),
        Index(None, "tenant_id", "customer_id"),
        Index(None, "tenant_id", "created_at"),
        one_of("state", WORK_STATES),
        CheckConstraint("(closed_at IS NULL) = (state IN ('open', 'taken', 'asked'))", name="closed_at"),
        CheckConstraint("state <> 'taken' OR assignee_id IS NOT NULL", name="assignee_id"),
    )

    kind: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    reference: Mapped[str]
    title: Mapped[str] = mapped_column(server_default="")
    customer_id: Mapped[uuid.UUID]
    state: Mapped[str] = mapped_column(server_default="open")
    assignee_id: Mapped[uuid.UUID | None]
    due_on: Mapped[date]
    days_left: Mapped[int | None]
    """While a customer is asked: the business days that were left, and are there again with the answer."""
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(server_default="")
    outcome: Mapped[str] = mapped_column(server_default="")
    """The code of the reason from the operator's list, for what was rejected."""


class WorkNote(TenantRow):
    """What was done with or said about a piece of work; never changed."""

    __tablename__ = "work_note"
    __table_args__ = (
        tenant_fk("work_item", "item_id"),
        Index(None, "tenant_id", "item_id", "at"),
        one_of("kind", NOTE_KINDS),
    )

    item_id: Mapped[uuid.UUID]
    at: Mapped[datetime]
    author: Mapped[str]
    """The id of a staff member, or what else wrote it."""
    kind: Mapped[str]
    body: Mapped[str] = mapped_column(server_default="")
