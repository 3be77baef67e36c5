"""Card entries at a payment company: their rows, and what an answer of the company makes of them.

Every function is one step inside one unit of work; the calls to the company happen between the steps, never inside
(`card_flow`). The row of an entry is committed before the first call, its id is the idempotency key of all of them.

    created → sent → entered → (registering) → registered
    created, sent, entered → refused, cancelled, expired
    unknown: a call had no readable answer; only asking the company leads out of it
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, bindparam, select, update

from mypage.auth.models import Customer
from mypage.billing.errors import EntryUnderWay
from mypage.billing.models import CardSetup
from mypage.billing.service import Card
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.payment import CardSetupStarted, StoredCard
from mypage.jobs.queue import enqueue
from mypage.lib.errors import NotFound
from mypage.lib.tokens import token_hash

State = Literal["created", "sent", "unknown", "entered", "registered", "refused", "cancelled", "expired"]
FINAL: frozenset[str] = frozenset({"registered", "refused", "cancelled", "expired"})
UNAVAILABLE = "unavailable"
"""The reason of an entry that ended because the payment company could not be reached or never heard of it."""
RECONCILE = "card.reconcile"
"""The job that asks about an entry until it has ended."""
IN_FLIGHT = timedelta(seconds=60)
"""Longer than any call to a payment company lasts: after it, an answer about a call is about its end."""

_COLUMNS = (
    CardSetup.id,
    CardSetup.customer_id,
    CardSetup.account_id,
    CardSetup.gateway,
    CardSetup.state,
    CardSetup.registering,
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
_LOCK_CUSTOMER = (
    select(Customer.id)
    .where(Customer.tenant_id == bindparam("tenant"), Customer.id == bindparam("customer"))
    .with_for_update(key_share=True)
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


def open_entry(
    tx: Tx, principal: Principal, *, entry_id: uuid.UUID, return_token: str, gateway: str
) -> tuple[Entry, bool]:
    """The entry to send the customer to, and whether it is new; the customer's row is locked until the unit ends.

    There is one open entry per customer: a double click and a second tab get the one that is there. Raises
    EntryUnderWay while the outcome of a call about it is unknown.
    """
    tx.execute(_LOCK_CUSTOMER, {"tenant": tx.tenant, "customer": principal.customer_id})
    own = {"tenant": tx.tenant, "customer": principal.customer_id}
    row = tx.execute(_OPEN, own).one_or_none() or tx.execute(_OWN, own | {"setup": entry_id}).one_or_none()
    if row is not None:
        entry = _entry(row)
        if entry.uncertain or entry.state == "created":
            raise EntryUnderWay(entry.id)
        return entry, False
    now = tx.now()
    tx.add(
        CardSetup(
            tenant_id=tx.tenant,
            id=entry_id,
            customer_id=principal.customer_id,
            account_id=principal.account_id,
            gateway=gateway,
            state="created",
            return_token_hash=token_hash(return_token),
            created_at=now,
            updated_at=now,
        )
    )
    tx.flush()
    _ask_later(tx, entry_id)
    return find_entry(tx, principal, entry_id), True


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


def note_sent(tx: Tx, entry_id: uuid.UUID, started: CardSetupStarted) -> None:
    """The company opened its page."""
    if _locked(tx, entry_id).state in ("created", "unknown"):
        _change(tx, entry_id, state="sent", reference=started.reference, url=started.url)


def note_unknown(tx: Tx, entry_id: uuid.UUID) -> None:
    """A call about the entry had no readable answer."""
    if not _locked(tx, entry_id).final:
        _change(tx, entry_id, state="unknown")


def note_ended(tx: Tx, entry_id: uuid.UUID, state: Literal["refused", "cancelled", "expired"], reason: str) -> None:
    """Nothing was registered and nothing will be."""
    if not _locked(tx, entry_id).final:
        _change(tx, entry_id, state=state, reason=reason or None, registering=False)


def note_not_reached(tx: Tx, entry_id: uuid.UUID) -> None:
    """The call to register certainly did not reach the company: the entry waits for the customer again."""
    if not _locked(tx, entry_id).final:
        _change(tx, entry_id, state="entered", registering=False)


def note_seen(tx: Tx, entry_id: uuid.UUID) -> None:
    """The company was asked just now and nothing has changed."""
    if not _locked(tx, entry_id).final:
        _change(tx, entry_id)


def begin_registering(tx: Tx, principal: Principal, entry_id: uuid.UUID) -> tuple[Entry, bool]:
    """Mark that the customer has confirmed; the second value says whether this very call did. Raises NotFound."""
    find_entry(tx, principal, entry_id)
    entry = _locked(tx, entry_id)
    if entry.state != "entered" or entry.registering or entry.reference is None:
        return entry, False
    _change(tx, entry_id, registering=True)
    _ask_later(tx, entry_id)
    return entry, True


def give_up(tx: Tx, principal: Principal, entry_id: uuid.UUID) -> bool:
    """Drop an entry that the customer does not want to confirm. False when it is being registered or has ended."""
    find_entry(tx, principal, entry_id)
    entry = _locked(tx, entry_id)
    if entry.final or entry.uncertain:
        return False
    _change(tx, entry_id, state="cancelled")
    return True


def note_entered(tx: Tx, entry: Entry, card: StoredCard, reference: str) -> None:
    """The card was checked and waits for the customer's confirmation, again if a call to register got lost."""
    _change(
        tx,
        entry.id,
        state="entered",
        registering=False,
        reference=reference,
        brand=card.brand,
        last4=card.last4,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
    )


def note_registered(tx: Tx, entry: Entry, card: StoredCard) -> None:
    """The company has registered the card."""
    _change(
        tx,
        entry.id,
        state="registered",
        registering=False,
        brand=card.brand,
        last4=card.last4,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
    )


def locked_entry(tx: Tx, entry_id: uuid.UUID) -> Entry:
    """The entry, locked until the unit ends, for whoever has found it before."""
    return _locked(tx, entry_id)


def call_ended(tx: Tx, entry: Entry) -> bool:
    """Whether every call about the entry has certainly ended."""
    return tx.now() - entry.updated_at >= IN_FLIGHT


def _ask_later(tx: Tx, entry_id: uuid.UUID) -> None:
    enqueue(tx, RECONCILE, at=tx.now() + IN_FLIGHT + timedelta(seconds=1), entry=str(entry_id))


def _locked(tx: Tx, entry_id: uuid.UUID) -> Entry:
    return _found(tx.execute(_LOCKED, {"tenant": tx.tenant, "setup": entry_id}).one_or_none())


def _change(tx: Tx, entry_id: uuid.UUID, **values: Any) -> None:
    tx.execute(
        update(CardSetup)
        .where(CardSetup.tenant_id == tx.tenant, CardSetup.id == entry_id)
        .values(updated_at=tx.now(), **values)
        .execution_options(synchronize_session=False)
    )


def _found(row: Row[*tuple[Any, ...]] | None) -> Entry:
    if row is None:
        raise NotFound
    return _entry(row)


def _entry(row: Row[*tuple[Any, ...]]) -> Entry:
    return Entry(**row._asdict())
