"""The end of a contract that its holder asked for online, from being accepted to being done."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantRow, one_of, tenant_fk


class EndingRow(TenantRow):
    """廃止申込: one per contract for ever, so that it is accepted once whoever presses how often.

    `answers` are the fields by name, pulldowns by their codes. `ends` is what was shown to end. `fee` is what was shown
    to be charged, in yen with its arithmetic, empty for none. accepted → arranged: everything is prepared and the day
    is awaited → done. `placed_login` is the login ID of who asked for it, as it was then.
    """

    __tablename__ = "termination"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        tenant_fk("contract", "contract_id"),
        tenant_fk("account", "account_id"),
        UniqueConstraint("tenant_id", "contract_id"),
        Index(None, "tenant_id", "customer_id"),
        Index("termination_due_idx", "tenant_id", "wanted_on", "id", postgresql_where=text("state = 'arranged'")),
        one_of("state", ("accepted", "arranged", "done")),
    )

    customer_id: Mapped[uuid.UUID]
    contract_id: Mapped[uuid.UUID]
    account_id: Mapped[uuid.UUID]
    number: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="accepted")
    wanted_on: Mapped[date]
    email: Mapped[str]
    answers: Mapped[dict[str, Any]]
    ends: Mapped[list[Any]]
    fee: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    language: Mapped[str]
    placed_login: Mapped[str] = mapped_column(server_default="")
    accepted_at: Mapped[datetime]
    arranged_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
