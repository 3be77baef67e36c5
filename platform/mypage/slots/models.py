"""What is in the numbered places of contracts, what was applied for about them, and whose names are."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantKeyed, TenantRow, one_of, tenant_fk, tenant_pk

APPLICATION_STATES = ("pending", "done", "failed", "returned", "cancelled", "closed")
"""Waiting to be carried out; done; turned down; given back to be put right and sent anew; called off by the customer;
closed because the contract ends."""


class Slot(TenantRow):
    """What is, or was, in one place of a contract: never changed but for its options, a block and its end.

    `code` is the kind of places. A new name is a new row. `blocked`: the operator lets nobody change it online.
    """

    __tablename__ = "slot"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        tenant_fk("contract", "contract_id"),
        Index(
            "slot_used_idx",
            "tenant_id",
            "contract_id",
            "code",
            "number",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "tenant_id", "contract_id", "started_at"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("ended_at >= started_at", name="ended_at"),
    )

    customer_id: Mapped[uuid.UUID]
    contract_id: Mapped[uuid.UUID]
    code: Mapped[str]
    number: Mapped[int]
    local: Mapped[str]
    host: Mapped[str]
    options: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    blocked: Mapped[bool] = mapped_column(server_default=text("false"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SlotName(TenantKeyed):
    """Whose a name on a host is: a contract's, for ever once it was in use, for mails to it must reach nobody else.

    What was only reserved goes again. This row is what decides between two who want one name at the same moment.
    """

    __tablename__ = "slot_name"
    __table_args__ = (
        tenant_pk("local_key", "host"),
        tenant_fk("customer", "customer_id"),
        tenant_fk("contract", "contract_id"),
        Index(None, "tenant_id", "contract_id"),
    )

    local_key: Mapped[str] = mapped_column(Text(collation="C"))
    host: Mapped[str] = mapped_column(Text(collation="C"))
    customer_id: Mapped[uuid.UUID]
    contract_id: Mapped[uuid.UUID]
    since: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class SlotApplication(TenantRow):
    """What a customer applied for about one place: as it was, as it shall be, at which prices, and what became of it.

    One at a time waits about a place. `local` and `host` are empty where the name stays. `operation_id` is the post
    that filed it: the same post again files nothing. `told` are the customer's addresses that get mails about it;
    `reason` is what the customer reads of why it was not done, in the operator's words. Prices are yen a month without
    tax, for all places of the kind together.
    """

    __tablename__ = "slot_application"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        tenant_fk("contract", "contract_id"),
        tenant_fk("consent_text", "consent_id"),
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "operation_id"),
        Index(
            "slot_application_pending_idx",
            "tenant_id",
            "contract_id",
            "code",
            "slot_number",
            unique=True,
            postgresql_where=text("state = 'pending'"),
        ),
        Index(None, "tenant_id", "contract_id", "filed_at"),
        Index(None, "tenant_id", "customer_id"),
        one_of("action", ("add", "change", "remove")),
        one_of("state", APPLICATION_STATES),
        CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name="ended_at"),
    )

    number: Mapped[str]
    customer_id: Mapped[uuid.UUID]
    contract_id: Mapped[uuid.UUID]
    code: Mapped[str]
    slot_number: Mapped[int]
    action: Mapped[str]
    state: Mapped[str]
    local_before: Mapped[str] = mapped_column(server_default="")
    host_before: Mapped[str] = mapped_column(server_default="")
    options_before: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    local: Mapped[str] = mapped_column(server_default="")
    host: Mapped[str] = mapped_column(server_default="")
    options: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    price_before: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    price_after: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    operation_id: Mapped[uuid.UUID]
    job_id: Mapped[uuid.UUID | None]
    consent_id: Mapped[uuid.UUID | None]
    told: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    language: Mapped[str]
    filed_at: Mapped[datetime]
    filed_by: Mapped[uuid.UUID | None]
    filed_scheme: Mapped[str] = mapped_column(server_default="")
    filed_role: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
    ended_at: Mapped[datetime | None]
