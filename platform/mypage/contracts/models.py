"""Contracts of a customer, the services that each of them bundles, and what was bought and ended online."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantRow, one_of, tenant_fk

CONTRACT_STATES = ("preparing", "active", "suspended", "terminated")


class Contract(TenantRow):
    """契約: one line or bundle of a customer. `details` holds [label, value] pairs in the order of the feed.

    `plan` is the operator's code for what decides which options are offered; `features` are its words for what the line
    has, on which permissions may depend. `ending_accepted_at`: since when its end, asked for online, is on its way;
    nobody takes that back, and no feed states it.
    """

    __tablename__ = "contract"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        UniqueConstraint("tenant_id", "number_key"),
        Index(None, "tenant_id", "customer_id"),
        one_of("status", CONTRACT_STATES),
        Index("contract_find_number_idx", "tenant_id", "number_key"),
    )

    customer_id: Mapped[uuid.UUID]
    number: Mapped[str]
    number_key: Mapped[str]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="active")
    plan: Mapped[str] = mapped_column(server_default="")
    features: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    place: Mapped[str] = mapped_column(server_default="")
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    details: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    ending_accepted_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Service(TenantRow):
    """A service or option within a contract, such as インターネット 100Mコース.

    `progress` holds [step, day it was done, day it is planned, note] of the application for it, as the feed has them.
    """

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
    progress: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))


class Subscription(TenantRow):
    """One purchase of a product from buying to ending; bills are made of these. Never changed but for its end.

    `holder_id` is the account of a product that accounts hold, else the contract. `piece` tells several of one product
    apart. `again`: the holder had ended the same product before. `pin_sealed`: a licence's PIN, for its holder.
    `voided_at`: its start was declined for good, so it never was: whoever counts, charges or shows leaves it out.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        tenant_fk("contract", "contract_id"),
        tenant_fk("account", "account_id"),
        Index(
            "subscription_held_idx",
            "tenant_id",
            "holder_id",
            "product",
            "piece",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "tenant_id", "contract_id", "bought_at"),
        Index(None, "tenant_id", "customer_id"),
        CheckConstraint("ended_at >= bought_at", name="ended_at"),
        CheckConstraint("voided_at IS NULL OR ended_at IS NOT NULL", name="voided_at"),
    )

    customer_id: Mapped[uuid.UUID]
    contract_id: Mapped[uuid.UUID]
    account_id: Mapped[uuid.UUID | None]
    holder_id: Mapped[uuid.UUID]
    product: Mapped[str]
    piece: Mapped[int] = mapped_column(server_default=text("1"))
    again: Mapped[bool] = mapped_column(server_default=text("false"))
    bought_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    pin_sealed: Mapped[bytes | None]


class Resource(TenantRow):
    """Something with a name that an account has: a mail address, a web space. Ended ones stay as tombstones.

    `own`: of the operator's own domain; such a name is one account's for ever. Others are only where mails go.
    """

    __tablename__ = "resource"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        tenant_fk("contract", "contract_id"),
        tenant_fk("account", "account_id"),
        one_of("kind", ("mail", "web")),
        Index(
            "resource_held_idx",
            "tenant_id",
            "account_id",
            "kind",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "resource_own_idx",
            "tenant_id",
            "kind",
            "value_key",
            unique=True,
            postgresql_where=text("own AND ended_at IS NULL"),
        ),
        Index(None, "tenant_id", "kind", "value_key"),
        Index(None, "tenant_id", "contract_id"),
    )

    customer_id: Mapped[uuid.UUID]
    contract_id: Mapped[uuid.UUID]
    account_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    value: Mapped[str]
    value_key: Mapped[str]
    own: Mapped[bool]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PaperApplication(TenantRow):
    """申込書: what a customer applied for on paper, about a contract or about one login; staff note and settle it.

    It runs while `settled_at` is empty. `until` is the day by which it should be settled, if one is known. `kind` is a
    code of `hooks.desk.PaperKind`; `recorded_by` and `settled_by` are staff members.
    """

    __tablename__ = "paper_application"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        tenant_fk("contract", "contract_id"),
        tenant_fk("account", "account_id"),
        Index(None, "tenant_id", "customer_id"),
        Index(
            "paper_application_contract_idx",
            "tenant_id",
            "contract_id",
            "kind",
            unique=True,
            postgresql_where=text("settled_at IS NULL AND account_id IS NULL"),
        ),
        Index(
            "paper_application_account_idx",
            "tenant_id",
            "account_id",
            "kind",
            unique=True,
            postgresql_where=text("settled_at IS NULL AND account_id IS NOT NULL"),
        ),
        CheckConstraint("contract_id IS NOT NULL OR account_id IS NOT NULL", name="about"),
        CheckConstraint("until >= since", name="until"),
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled_by"),
    )

    customer_id: Mapped[uuid.UUID]
    contract_id: Mapped[uuid.UUID | None]
    account_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]
    note: Mapped[str] = mapped_column(server_default="")
    recorded_by: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]
    settled_by: Mapped[uuid.UUID | None]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(server_default="")


class LineSecret(TenantRow):
    """A secret of a line, such as 認証パスワード, as the feed states it: sealed, found by contract and label."""

    __tablename__ = "line_secret"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        tenant_fk("contract", "contract_id"),
        UniqueConstraint("tenant_id", "contract_id", "label"),
        Index(None, "tenant_id", "customer_id"),
    )

    customer_id: Mapped[uuid.UUID]
    contract_id: Mapped[uuid.UUID]
    label: Mapped[str]
    sealed: Mapped[bytes]
    updated_at: Mapped[datetime]
