"""Whose portal can be seen, and what one is looking at just now."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from mypage.auth.models import Account, Credential
from mypage.auth.viewing_models import StaffView
from mypage.db.session import Tx

MOST_ACCOUNTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An account of a customer whose portal can be seen; `scheme` is the kind of login it has."""

    id: uuid.UUID
    role: str
    name: str
    login_id: str
    scheme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenView:
    """A view that goes on, or a ticket that can still be used."""

    id: uuid.UUID
    staff_id: uuid.UUID
    staff_name: str
    reason: str
    since: datetime


def seen_accounts(tx: Tx, customer_id: uuid.UUID) -> tuple[Seen, ...]:
    """The accounts that sign in for a customer, the oldest first; one login of each. At most `MOST_ACCOUNTS`."""
    rows = tx.execute(
        select(
            Account.id,
            Account.role,
            Account.family_name,
            Account.given_name,
            Credential.login_id,
            Credential.scheme,
        )
        .ext(distinct_on(Account.created_at, Account.id))
        .join(Credential, (Credential.tenant_id == tx.tenant) & (Credential.account_id == Account.id))
        .where(Account.tenant_id == tx.tenant, Account.customer_id == customer_id, Account.status != "closed")
        .order_by(Account.created_at, Account.id, Credential.scheme)
        .limit(MOST_ACCOUNTS)
    )
    return tuple(
        Seen(
            id=row.id,
            role=row.role,
            name=f"{row.family_name} {row.given_name}".strip(),
            login_id=row.login_id,
            scheme=row.scheme,
        )
        for row in rows
    )


def open_views(tx: Tx, customer_id: uuid.UUID) -> tuple[OpenView, ...]:
    """Who looks at a customer's portal just now."""
    now = tx.now()
    rows = tx.execute(
        select(StaffView.id, StaffView.staff_id, StaffView.staff_name, StaffView.reason, StaffView.created_at)
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == StaffView.account_id))
        .where(
            StaffView.tenant_id == tx.tenant,
            Account.customer_id == customer_id,
            StaffView.ended_at.is_(None),
            or_(StaffView.expires_at > now, StaffView.begun_at.is_(None) & (StaffView.ticket_until > now)),
        )
        .order_by(StaffView.created_at)
    )
    return tuple(
        OpenView(id=r.id, staff_id=r.staff_id, staff_name=r.staff_name, reason=r.reason, since=r.created_at)
        for r in rows
    )
