"""Issued invoices with their lines and taxes, the runs that make them, and the card that pays them."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantKeyed, TenantRow, one_of, tenant_fk, tenant_pk

INVOICE_STATES = ("scheduled", "paid", "unpaid", "failed")
SETUP_STATES = ("created", "sent", "unknown", "entered", "registered", "refused", "cancelled", "expired")


class Invoice(TenantRow):
    """請求: one bill of one month (its first day, Asia/Tokyo). Amounts in yen; `net` without tax.

    One that a billing run made names the run and its contract; the others came by a feed.
    """

    __tablename__ = "invoice"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        UniqueConstraint("tenant_id", "number"),
        Index(None, "tenant_id", "customer_id", "month"),
        tenant_fk("contract", "contract_id"),
        Index(
            "invoice_run_idx",
            "tenant_id",
            "contract_id",
            "month",
            unique=True,
            postgresql_where=text("run_id IS NOT NULL"),
        ),
        Index(
            "invoice_bad_idx", "tenant_id", "month", "status", postgresql_where=text("status IN ('failed', 'unpaid')")
        ),
        one_of("status", INVOICE_STATES),
        CheckConstraint("total = net + tax", name="total"),
    )

    customer_id: Mapped[uuid.UUID]
    number: Mapped[str]
    month: Mapped[date]
    issued_on: Mapped[date]
    due_on: Mapped[date | None]
    status: Mapped[str]
    payment_method: Mapped[str] = mapped_column(server_default="")
    currency: Mapped[str] = mapped_column(server_default="JPY")
    net: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    addressee: Mapped[str]
    issuer: Mapped[str]
    registration_number: Mapped[str]
    tax_mode: Mapped[str] = mapped_column(server_default="down")
    note: Mapped[str] = mapped_column(server_default="")
    contract_id: Mapped[uuid.UUID | None]
    run_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class InvoiceLine(TenantRow):
    """A line of a bill: amount in yen without tax, rate in basis points (1000 = 10 %).

    A line of a billing run says what is charged (a kind of fee, or "posting") and by which rows: the purchases, or the
    posting. Those are never deleted.
    """

    __tablename__ = "invoice_line"
    __table_args__ = (
        tenant_fk("invoice", "invoice_id", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "invoice_id", "position"),
    )

    invoice_id: Mapped[uuid.UUID]
    position: Mapped[int]
    description: Mapped[str]
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    period_text: Mapped[str] = mapped_column(server_default="")
    rate_bp: Mapped[int]
    reduced: Mapped[bool] = mapped_column(server_default=text("false"))
    amount: Mapped[int] = mapped_column(BigInteger)
    charge: Mapped[str] = mapped_column(server_default="")
    sources: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid()), server_default=text("'{}'"))


class InvoiceTax(TenantRow):
    """The tax of one rate of one bill, rounded once."""

    __tablename__ = "invoice_tax"
    __table_args__ = (
        tenant_fk("invoice", "invoice_id", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "invoice_id", "rate_bp", "reduced"),
    )

    invoice_id: Mapped[uuid.UUID]
    rate_bp: Mapped[int]
    reduced: Mapped[bool] = mapped_column(server_default=text("false"))
    net: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)


class PaymentMethod(TenantRow):
    """A registered card: the gateway's token (sealed), brand, last four digits and expiry, nothing else.

    `unfixed_at`: since when the operator says that it cannot pay, after a bad authorisation (USEN-16).
    """

    __tablename__ = "payment_method"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        Index("payment_method_current_idx", "tenant_id", "customer_id", unique=True, postgresql_where=text("current")),
    )

    customer_id: Mapped[uuid.UUID]
    gateway: Mapped[str]
    token_sealed: Mapped[bytes]
    brand: Mapped[str]
    last4: Mapped[str]
    exp_month: Mapped[int]
    exp_year: Mapped[int]
    current: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]
    unfixed_at: Mapped[datetime | None]


class CardSetup(TenantRow):
    """A card entry at the gateway. The row, and with it the idempotency key, is committed before the first call.

    `reviewed`: the name on the card is compared with the customer's before the card may pay.
    """

    __tablename__ = "card_setup"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        tenant_fk("account", "account_id"),
        UniqueConstraint("tenant_id", "return_token_hash"),
        Index(None, "tenant_id", "customer_id", "created_at"),
        one_of("state", SETUP_STATES),
    )

    customer_id: Mapped[uuid.UUID]
    account_id: Mapped[uuid.UUID]
    gateway: Mapped[str]
    state: Mapped[str]
    return_token_hash: Mapped[bytes]
    reference: Mapped[str | None]
    url: Mapped[str | None]
    brand: Mapped[str | None]
    last4: Mapped[str | None]
    exp_month: Mapped[int | None]
    exp_year: Mapped[int | None]
    reason: Mapped[str | None]
    registering: Mapped[bool] = mapped_column(server_default=text("false"))
    reviewed: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class BillingRun(TenantRow):
    """The monthly run of a tenant. `last_contract` is how far it got: a run that was killed goes on behind it."""

    __tablename__ = "billing_run"
    __table_args__ = (
        UniqueConstraint("tenant_id", "month"),
        one_of("state", ("running", "finished")),
    )

    month: Mapped[date]
    issued_on: Mapped[date]
    due_on: Mapped[date | None]
    state: Mapped[str]
    last_contract: Mapped[uuid.UUID | None]
    contracts: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    invoices: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    total: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Counter(TenantKeyed):
    """A number that is counted up without gaps, in the transaction that uses it."""

    __tablename__ = "counter"
    __table_args__ = (tenant_pk("name"),)

    name: Mapped[str]
    value: Mapped[int] = mapped_column(BigInteger)


class Posting(TenantRow):
    """A single amount for one month of a contract besides what its products cost: calls, a visit, a credit.

    Append-only. Yen without tax; `key` is the feed's own name for it.
    """

    __tablename__ = "posting"
    __table_args__ = (
        tenant_fk("contract", "contract_id"),
        UniqueConstraint("tenant_id", "key"),
        Index(None, "tenant_id", "contract_id", "month"),
    )

    contract_id: Mapped[uuid.UUID]
    month: Mapped[date]
    key: Mapped[str]
    description: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    rate_bp: Mapped[int]
    reduced: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class PaymentReview(TenantRow):
    """A registered card whose name has to be compared with the contract by a person. At most one waits per customer.

    It has the id of the card entry that it came from; one of a feed has none. The card stands in `payment_method`, not
    current, until it is accepted.
    """

    __tablename__ = "payment_review"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        tenant_fk("payment_method", "payment_method_id"),
        Index(
            "payment_review_waiting_idx",
            "tenant_id",
            "customer_id",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(None, "tenant_id", "state", "created_at"),
        one_of("state", ("waiting", "accepted", "rejected", "replaced")),
    )

    customer_id: Mapped[uuid.UUID]
    payment_method_id: Mapped[uuid.UUID]
    card_name: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(server_default="")
