"""Card entries at a payment company: their rows, and what an answer of the company makes of them.

Every function is one step inside one unit of work; the calls to the company happen between the steps, never inside
(`card_flow`). The row of an entry is committed before the first call, its id is the idempotency key of all of them.

    created → sent → entered → (registering) → registered
    created, sent, entered → refused, cancelled, expired
    unknown: a call had no readable answer; only asking the company leads out of it
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import bindparam, select, update

from mypage.auth.models import Customer
from mypage.billing.card_entry import IN_FLIGHT, Entry, entry_to_go_on_with, find_entry, locked_entry
from mypage.billing.errors import EntryUnderWay
from mypage.billing.models import CardSetup
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.payment import CardSetupStarted, StoredCard
from mypage.jobs.queue import enqueue
from mypage.lib.tokens import token_hash

RECONCILE = "card.reconcile"
"""The job that asks about an entry until it has ended."""
UNAVAILABLE = "unavailable"
"""The reason of an entry that ended because the payment company could not be reached or never heard of it."""

_LOCK_CUSTOMER = (
    select(Customer.id)
    .where(Customer.tenant_id == bindparam("tenant"), Customer.id == bindparam("customer"))
    .with_for_update(key_share=True)
)


def open_entry(
    tx: Tx, principal: Principal, *, entry_id: uuid.UUID, return_token: str, gateway: str, reviewed: bool = False
) -> tuple[Entry, bool]:
    """The entry to send the customer to, and whether it is new; the customer's row is locked until the unit ends.

    There is one open entry per customer: a double click and a second tab get the one that is there. Raises
    EntryUnderWay while the outcome of a call about it is unknown. `reviewed`: the name on the card has to be the
    customer's, or a person looks at it.
    """
    lock_customer(tx, principal.customer_id)
    entry = entry_to_go_on_with(tx, principal, entry_id)
    if entry is not None:
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
            reviewed=reviewed,
            created_at=now,
            updated_at=now,
        )
    )
    tx.flush()
    _ask_later(tx, entry_id)
    return find_entry(tx, principal, entry_id), True


def lock_customer(tx: Tx, customer_id: uuid.UUID) -> None:
    """Let what concerns the card of one customer happen one after the other, until the unit ends."""
    tx.execute(_LOCK_CUSTOMER, {"tenant": tx.tenant, "customer": customer_id})


def note_sent(tx: Tx, entry_id: uuid.UUID, started: CardSetupStarted) -> None:
    """The company opened its page."""
    if locked_entry(tx, entry_id).state in ("created", "unknown"):
        _change(tx, entry_id, state="sent", reference=started.reference, url=started.url)


def note_unknown(tx: Tx, entry_id: uuid.UUID) -> None:
    """A call about the entry had no readable answer."""
    if not locked_entry(tx, entry_id).final:
        _change(tx, entry_id, state="unknown")


def note_ended(tx: Tx, entry_id: uuid.UUID, state: Literal["refused", "cancelled", "expired"], reason: str) -> None:
    """Nothing was registered and nothing will be."""
    if not locked_entry(tx, entry_id).final:
        _change(tx, entry_id, state=state, reason=reason or None, registering=False)


def note_not_reached(tx: Tx, entry_id: uuid.UUID) -> None:
    """The call to register certainly did not reach the company: the entry waits for the customer again."""
    if not locked_entry(tx, entry_id).final:
        _change(tx, entry_id, state="entered", registering=False)


def note_seen(tx: Tx, entry_id: uuid.UUID) -> None:
    """The company was asked just now and nothing has changed."""
    if not locked_entry(tx, entry_id).final:
        _change(tx, entry_id)


def begin_registering(tx: Tx, principal: Principal, entry_id: uuid.UUID) -> tuple[Entry, bool]:
    """Mark that the customer has confirmed; the second value says whether this very call did. Raises NotFound."""
    find_entry(tx, principal, entry_id)
    entry = locked_entry(tx, entry_id)
    if entry.state != "entered" or entry.registering or entry.reference is None:
        return entry, False
    _change(tx, entry_id, registering=True)
    _ask_later(tx, entry_id)
    return entry, True


def give_up(tx: Tx, principal: Principal, entry_id: uuid.UUID) -> bool:
    """Drop an entry that the customer does not want to confirm. False when it is being registered or has ended."""
    find_entry(tx, principal, entry_id)
    entry = locked_entry(tx, entry_id)
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


def _ask_later(tx: Tx, entry_id: uuid.UUID) -> None:
    enqueue(tx, RECONCILE, at=tx.now() + IN_FLIGHT + timedelta(seconds=1), entry=str(entry_id))


def _change(tx: Tx, entry_id: uuid.UUID, **values: Any) -> None:
    tx.execute(
        update(CardSetup)
        .where(CardSetup.tenant_id == tx.tenant, CardSetup.id == entry_id)
        .values(updated_at=tx.now(), **values)
        .execution_options(synchronize_session=False)
    )
