"""Contracts of a customer and the services that each of them bundles."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantRow, one_of, tenant_fk

CONTRACT_STATES = ("preparing", "active", "suspended", "terminated")


class Contract(TenantRow):
    """契約: one line or bundle of a customer. `details` holds [label, value] pairs in the order of the feed."""

    __tablename__ = "contract"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        UniqueConstraint("tenant_id", "number_key"),
        Index(None, "tenant_id", "customer_id"),
        one_of("status", CONTRACT_STATES),
    )

    customer_id: Mapped[uuid.UUID]
    number: Mapped[str]
    number_key: Mapped[str]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="active")
    place: Mapped[str] = mapped_column(server_default="")
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    details: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Service(TenantRow):
    """A service or option within a contract, such as インターネット 100Mコース."""

    __tablename__ = "service"
    __table_args__ = (
        tenant_fk("contract", "contract_id", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "contract_id", "position"),
        one_of("status", CONTRACT_STATES),
    )

    contract_id: Mapped[uuid.UUID]
    position: Mapped[int]
    category: Mapped[str]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="active")
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]
