"""A card entry at a payment company as stored, and finding one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, bindparam, select

from mypage.billing.cards import Card
from mypage.billing.models import CardSetup
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.lib.errors import NotFound
from mypage.lib.tokens import token_hash

State = Literal["created", "sent", "unknown", "entered", "registered", "refused", "cancelled", "expired"]
FINAL: frozenset[str] = frozenset({"registered", "refused", "cancelled", "expired"})
IN_FLIGHT = timedelta(seconds=60)
"""Longer than any call to a payment company lasts: after it, an answer about a call is about its end."""

_COLUMNS = (
    CardSetup.id,
    CardSetup.customer_id,
    CardSetup.account_id,
    CardSetup.gateway,
    CardSetup.state,
    CardSetup.registering,
    CardSetup.reviewed,
    CardSetup.reference,
    CardSetup.url,
    CardSetup.brand,
    CardSetup.last4,
    CardSetup.exp_month,
    CardSetup.exp_year,
    CardSetup.reason,
    CardSetup.created_at,
    CardSetup.updated_at,
)
_BY_ID = select(*_COLUMNS).where(CardSetup.tenant_id == bindparam("tenant"), CardSetup.id == bindparam("setup"))
_LOCKED = _BY_ID.with_for_update()
_OWN = _BY_ID.where(CardSetup.customer_id == bindparam("customer"))
_RETURNED = select(*_COLUMNS).where(
    CardSetup.tenant_id == bindparam("tenant"),
    CardSetup.return_token_hash == bindparam("hash"),
    CardSetup.customer_id == bindparam("customer"),
)
_OPEN = (
    select(*_COLUMNS)
    .where(
        CardSetup.tenant_id == bindparam("tenant"),
        CardSetup.customer_id == bindparam("customer"),
        CardSetup.state.not_in(sorted(FINAL)),
    )
    .order_by(CardSetup.created_at.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A card entry as stored."""

    id: uuid.UUID
    customer_id: uuid.UUID
    account_id: uuid.UUID
    gateway: str
    state: State
    registering: bool
    reviewed: bool
    reference: str | None
    url: str | None
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None
    reason: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def key(self) -> str:
        """The idempotency key of every call about it."""
        return str(self.id)

    @property
    def final(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.state in FINAL

    @property
    def uncertain(self) -> bool:
        """Whether a call about it has no known outcome."""
        return not self.final and (self.registering or self.state == "unknown")

    @property
    def card(self) -> Card | None:
        """The card that was entered, without its token."""
        if self.brand is None or self.last4 is None or self.exp_month is None or self.exp_year is None:
            return None
        return Card(self.brand, self.last4, self.exp_month, self.exp_year)


def find_entry(tx: Tx, principal: Principal, entry_id: uuid.UUID) -> Entry:
    """An entry of the principal's customer. Raises NotFound for every other one."""
    values = {"tenant": tx.tenant, "setup": entry_id, "customer": principal.customer_id}
    return _found(tx.execute(_OWN, values).one_or_none())


def find_returned(tx: Tx, principal: Principal, return_token: str) -> Entry:
    """The entry from which a browser comes back. Raises NotFound unless it is the principal's customer's."""
    values = {"tenant": tx.tenant, "hash": token_hash(return_token), "customer": principal.customer_id}
    return _found(tx.execute(_RETURNED, values).one_or_none())


def pending_entry(tx: Tx, principal: Principal) -> Entry | None:
    """The entry whose outcome is not known, if there is one."""
    row = tx.execute(_OPEN, {"tenant": tx.tenant, "customer": principal.customer_id}).one_or_none()
    entry = _entry(row) if row is not None else None
    return entry if entry is not None and entry.uncertain else None


def entry_to_go_on_with(tx: Tx, principal: Principal, entry_id: uuid.UUID) -> Entry | None:
    """The open entry of the principal's customer, else the one with this id, whatever became of it."""
    own = {"tenant": tx.tenant, "customer": principal.customer_id}
    row = tx.execute(_OPEN, own).one_or_none() or tx.execute(_OWN, own | {"setup": entry_id}).one_or_none()
    return _entry(row) if row is not None else None


def locked_entry(tx: Tx, entry_id: uuid.UUID) -> Entry:
    """The entry, locked until the unit ends, for whoever has found it before."""
    return _found(tx.execute(_LOCKED, {"tenant": tx.tenant, "setup": entry_id}).one_or_none())


def call_ended(tx: Tx, entry: Entry) -> bool:
    """Whether every call about the entry has certainly ended."""
    return tx.now() - entry.updated_at >= IN_FLIGHT


def _found(row: Row[*tuple[Any, ...]] | None) -> Entry:
    if row is None:
        raise NotFound
    return _entry(row)


def _entry(row: Row[*tuple[Any, ...]]) -> Entry:
    return Entry(**row._asdict())
