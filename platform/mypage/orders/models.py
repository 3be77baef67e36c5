"""Orders of products, the texts that were consented to, and what has to be switched on or off elsewhere."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantRow, one_of, tenant_fk

ORDER_STATES = ("acknowledged", "in_progress", "held", "pending", "completed", "failed", "cancelled", "rejected")
"""As in TMF622: taken, being carried out, waiting for somebody or something, done, or ended without effect."""
CAUSES = ("customer", "account-deleted", "quota-fell", "staff", "feed")


class ConsentText(TenantRow):
    """A text that customers consented to, once per wording; orders point to the one that was shown.

    `version` is what the operator calls it; `digest` is of language and wording, so no wording hides behind a version.
    """

    __tablename__ = "consent_text"
    __table_args__ = (UniqueConstraint("tenant_id", "product", "digest"),)

    product: Mapped[str]
    digest: Mapped[bytes]
    version: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str]
    body: Mapped[str]
    first_used_at: Mapped[datetime]


class ProductOrder(TenantRow):
    """申込: a product bought or ended, by whom, why, with effect from when, and how far it is.

    `monthly`, `once` and `again` are the prices that were shown, in yen without tax. `cause` tells a customer's own
    order from one that followed from something else. `subject` is the login ID of the account or the number of the
    contract that has the product, `placed_login` the login ID of who placed it: both as they were then.
    """

    __tablename__ = "product_order"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        tenant_fk("contract", "contract_id"),
        tenant_fk("account", "account_id"),
        tenant_fk("subscription", "subscription_id"),
        tenant_fk("consent_text", "consent_id"),
        UniqueConstraint("tenant_id", "number"),
        Index(None, "tenant_id", "customer_id", "placed_at"),
        Index(None, "tenant_id", "subscription_id"),
        Index(None, "tenant_id", "state", "placed_at"),
        one_of("action", ("add", "end")),
        one_of("state", ORDER_STATES),
        one_of("cause", CAUSES),
    )

    number: Mapped[str]
    customer_id: Mapped[uuid.UUID]
    contract_id: Mapped[uuid.UUID]
    account_id: Mapped[uuid.UUID | None]
    subscription_id: Mapped[uuid.UUID]
    product: Mapped[str]
    action: Mapped[str]
    state: Mapped[str]
    cause: Mapped[str] = mapped_column(server_default="customer")
    placed_by: Mapped[uuid.UUID | None]
    placed_scheme: Mapped[str] = mapped_column(server_default="")
    placed_role: Mapped[str] = mapped_column(server_default="")
    placed_login: Mapped[str] = mapped_column(server_default="")
    subject: Mapped[str] = mapped_column(server_default="")
    placed_at: Mapped[datetime]
    effective_on: Mapped[date]
    consent_id: Mapped[uuid.UUID | None]
    monthly: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    once: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    again: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    completed_at: Mapped[datetime | None]


class ProvisioningJob(TenantRow):
    """One thing that another system has to do for an order or a change; its id is the idempotency key there.

    `concerns` names what it is about if that is no order of a product, `concerns_id` is that row's id. `work` is the
    kind of work that it is where a person does it. `details` go to the other system as they are. `secret_sealed` is
    opened only for a call of the other system, and wiped when the job ends.
    """

    __tablename__ = "provisioning_job"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        tenant_fk("product_order", "order_id"),
        Index(None, "tenant_id", "order_id"),
        Index(None, "tenant_id", "state", "created_at"),
        one_of("action", ("start", "end", "change")),
        one_of("state", ("waiting", "sent", "done", "failed", "withdrawn")),
    )

    customer_id: Mapped[uuid.UUID]
    order_id: Mapped[uuid.UUID | None]
    action: Mapped[str]
    product: Mapped[str]
    subject: Mapped[str]
    wants_pin: Mapped[bool] = mapped_column(server_default=text("false"))
    concerns: Mapped[str] = mapped_column(server_default="")
    concerns_id: Mapped[uuid.UUID | None]
    work: Mapped[str] = mapped_column(server_default="order")
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    secret_sealed: Mapped[bytes | None]
    adapter: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    reference: Mapped[str] = mapped_column(server_default="")
    problem: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
