"""The entries of the trail, in pages from the newest on, and the state of its seals."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select

from mypage.audit.chain import Head, head_of
from mypage.audit.models import AuditEntry
from mypage.audit.verifying import VERIFIED, Proof, prove
from mypage.auth.models import Customer
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.errors import NotFound
from mypage.staff.customers.events import Acted, Cursor, acted_of
from mypage.staff.trail.filters import Filters

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the trail; `acted` is what words are made of. `number` and `name` are the customer's, or empty."""

    acted: Acted
    customer_id: uuid.UUID | None
    number: str
    name: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Entries:
    """A page, the newest first; `older` is where the next one begins."""

    entries: tuple[Entry, ...]
    older: Cursor | None


@dataclass(frozen=True, slots=True)
class State:
    """How far the trail is sealed, and how many `wrong` places the last verification found, None before one."""

    head: Head
    verified_at: datetime | None = None
    wrong: int | None = None


def list_entries(tx: Tx, filters: Filters, *, before: Cursor | None = None) -> Entries:
    """The entries before a place, or the newest ones. One statement, by an index for each kind of question."""
    entry = AuditEntry
    wanted = narrowed(_ENTRIES, tx.tenant, filters)
    if before is not None:
        wanted = wanted.where(entry.at <= before.at, or_(entry.at < before.at, entry.id < before.id))
    rows = tx.execute(
        wanted.outerjoin(Customer, (Customer.tenant_id == tx.tenant) & (Customer.id == entry.customer_id))
        .order_by(entry.at.desc(), entry.id.desc())
        .limit(PAGE + 1)
    ).all()
    found = tuple(_entry(row) for row in rows[:PAGE])
    return Entries(found, found[-1].acted.place if len(rows) > PAGE else None)


def find_entry(tx: Tx, vault: Vault, entry_id: uuid.UUID) -> tuple[Entry, Proof]:
    """One entry, and whether its seal holds. Raises NotFound."""
    row = tx.execute(
        _ENTRIES.outerjoin(Customer, (Customer.tenant_id == tx.tenant) & (Customer.id == AuditEntry.customer_id)).where(
            AuditEntry.tenant_id == tx.tenant, AuditEntry.id == entry_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return _entry(row), prove(tx, vault, entry_id)


def state_of(tx: Tx) -> State:
    """The head of the chain and the last verification."""
    row = tx.execute(
        select(AuditEntry.at, AuditEntry.after)
        .where(
            AuditEntry.tenant_id == tx.tenant,
            AuditEntry.object_type != "account",
            AuditEntry.object_id == VERIFIED,
            AuditEntry.action == VERIFIED,
        )
        .order_by(AuditEntry.at.desc())
        .limit(1)
    ).one_or_none()
    head = head_of(tx)
    return State(head, row.at, int((row.after or {}).get("wrong", 0))) if row is not None else State(head)


def narrowed(wanted: Select[Any], tenant: str, filters: Filters) -> Select[Any]:
    """The statement with what the filters say."""
    entry = AuditEntry
    wanted = wanted.where(entry.tenant_id == tenant, entry.at >= filters.since, entry.at < filters.until)
    if filters.kind:
        wanted = wanted.where(entry.actor_kind == filters.kind)
    if filters.staff_id:
        wanted = wanted.where(entry.actor == filters.staff_id)
    if filters.actions:
        wanted = wanted.where(entry.action.in_(filters.actions))
    if filters.other_than:
        wanted = wanted.where(entry.action.not_in(filters.other_than))
    if filters.customer_id is not None:
        wanted = wanted.where(entry.customer_id == filters.customer_id)
    if filters.object_id:
        wanted = wanted.where(entry.object_id == filters.object_id)
        if not filters.of_account:
            wanted = wanted.where(entry.object_type != "account")
    return wanted


_ENTRIES = select(
    AuditEntry.id,
    AuditEntry.at,
    AuditEntry.action,
    AuditEntry.actor_kind,
    AuditEntry.actor,
    AuditEntry.as_whom,
    AuditEntry.object_type,
    AuditEntry.object_id,
    AuditEntry.before,
    AuditEntry.after,
    AuditEntry.request_id,
    AuditEntry.customer_id,
    Customer.number,
    Customer.name,
).select_from(AuditEntry)


def _entry(row: Any) -> Entry:
    return Entry(
        acted=acted_of(row),
        customer_id=row.customer_id,
        number=row.number or "",
        name=row.name or "",
        request_id=row.request_id,
    )
