"""Talking to the payment company about a card entry: one unit, one call, one unit (security rules 20 and 21).

What a browser brings along is never believed. After a call without a readable answer nothing is sent again: the company
is asked under the same key until it answers, by the pages while the customer waits and by a job in any case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeVar
from uuid import UUID

import structlog

from mypage.billing.card import (
    UNAVAILABLE,
    begin_registering,
    give_up,
    note_ended,
    note_entered,
    note_not_reached,
    note_seen,
    note_sent,
    note_unknown,
    open_entry,
)
from mypage.billing.card_change import replace_card
from mypage.billing.card_entry import Entry, call_ended, find_entry, locked_entry
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.desk import USUAL, DeskPolicy
from mypage.hooks.payment import (
    CardSetupRequest,
    CardSetupResult,
    GatewayError,
    GatewayRefused,
    GatewayUnavailable,
    PaymentGateway,
    StoredCard,
)

log = structlog.get_logger("mypage.card")

T = TypeVar("T")


class Units(Protocol):
    """Runs one committed unit of work of a tenant."""

    async def __call__(self, work: Callable[[Tx], T], /) -> T:
        """What `work` returned."""
        ...


async def start_entry(
    units: Units,
    gateway: PaymentGateway,
    vault: Vault,
    principal: Principal,
    *,
    entry_id: UUID,
    return_token: str,
    gateway_name: str,
    request: CardSetupRequest,
    reviewed: bool = False,
    desk: DeskPolicy = USUAL,
) -> Entry:
    """Open the company's page for a customer, or find the entry that is already open.

    The answer's state says how it went: `sent` has the address to go to; `cancelled` with the reason "unavailable"
    means that the company could not be reached; `unknown` has to be asked about. A card that was entered and not
    confirmed is dropped. Raises EntryUnderWay.
    """

    def find_or_open(tx: Tx) -> tuple[Entry, bool]:
        return open_entry(
            tx, principal, entry_id=entry_id, return_token=return_token, gateway=gateway_name, reviewed=reviewed
        )

    entry, new = await units(find_or_open)
    if not new and entry.id != entry_id:
        entry = await ask(units, gateway, vault, entry, desk)
        if entry.state == "entered":
            await drop(units, gateway, principal, entry)
        if entry.final or entry.state == "entered":
            entry, new = await units(find_or_open)
    if not new:
        return entry
    try:
        started = await gateway.start_card_setup(replace(request, idempotency_key=entry.key))
    except (GatewayUnavailable, GatewayRefused) as error:
        log.warning("card entry not started", entry=entry.key, error=type(error).__name__, detail=str(error))
        await units(lambda tx: note_ended(tx, entry.id, "cancelled", UNAVAILABLE))
    except GatewayError as error:
        log.warning("card entry unknown", entry=entry.key, detail=str(error))
        await units(lambda tx: note_unknown(tx, entry.id))
    else:
        await units(lambda tx: note_sent(tx, entry.id, started))
    return await units(lambda tx: find_entry(tx, principal, entry.id))


async def ask(units: Units, gateway: PaymentGateway, vault: Vault, entry: Entry, desk: DeskPolicy = USUAL) -> Entry:
    """The entry after asking the company what has become of it; unchanged when it cannot tell.

    `desk` says until when staff decide about a card whose name they have to compare.
    """
    if entry.final:
        return entry
    try:
        result = await gateway.card_setup(idempotency_key=entry.key, reference=entry.reference)
    except GatewayRefused as error:
        if error.reason == "not_found":
            return await units(lambda tx: _never_heard_of(tx, entry.id))
        log.error("payment company refuses to answer", entry=entry.key, reason=error.reason)
        return entry
    except GatewayError as error:
        log.warning("payment company does not answer", entry=entry.key, error=type(error).__name__)
        return entry
    settled, unwanted = await units(lambda tx: _apply(tx, vault, entry.id, result, desk))
    if unwanted:
        await _discard(gateway, result.reference)
    return settled


async def confirm(
    units: Units,
    gateway: PaymentGateway,
    vault: Vault,
    principal: Principal,
    entry_id: UUID,
    desk: DeskPolicy = USUAL,
) -> Entry:
    """Register the card that the customer has confirmed; a second call finds the first one's and sends nothing.

    `entered` in the answer means that the company could not be reached and nothing has happened. Raises NotFound.
    """
    entry, mine = await units(lambda tx: begin_registering(tx, principal, entry_id))
    if not mine or entry.reference is None:
        return entry
    try:
        result = await gateway.register(entry.reference, entry.key)
    except GatewayUnavailable:
        await units(lambda tx: note_not_reached(tx, entry.id))
    except GatewayRefused as error:
        log.error("payment company refuses to register", entry=entry.key, reason=error.reason)
        await units(lambda tx: note_ended(tx, entry.id, "cancelled", UNAVAILABLE))
    except GatewayError as error:
        log.warning("card registration unknown", entry=entry.key, detail=str(error))
        await units(lambda tx: note_unknown(tx, entry.id))
    else:
        if result.state in ("open", "entered"):
            await units(lambda tx: note_not_reached(tx, entry.id))
        settled, unwanted = await units(lambda tx: _apply(tx, vault, entry.id, result, desk))
        if unwanted:
            await _discard(gateway, result.reference)
        return settled
    return await units(lambda tx: find_entry(tx, principal, entry.id))


async def drop(units: Units, gateway: PaymentGateway, principal: Principal, entry: Entry) -> bool:
    """Forget an entered card that the customer did not confirm. False when it is being registered."""
    if not await units(lambda tx: give_up(tx, principal, entry.id)):
        return False
    if entry.reference is not None:
        await _discard(gateway, entry.reference)
    return True


async def entered_card(gateway: PaymentGateway, entry: Entry) -> StoredCard | None:
    """The entered card with the name on it, which is kept nowhere here; None when the company cannot tell just now."""
    try:
        result = await gateway.card_setup(idempotency_key=entry.key, reference=entry.reference)
    except GatewayError as error:
        log.warning("payment company does not answer", entry=entry.key, error=type(error).__name__)
        return None
    same = result.card is not None and (result.card.brand, result.card.last4) == (entry.brand, entry.last4)
    return result.card if same else None


def _never_heard_of(tx: Tx, entry_id: UUID) -> Entry:
    """Nothing has happened under this key. While its call may still be under way, that is no answer."""
    entry = locked_entry(tx, entry_id)
    if not entry.final and (entry.state == "unknown" or call_ended(tx, entry)):
        note_ended(tx, entry_id, "cancelled", UNAVAILABLE)
    return locked_entry(tx, entry_id)


def _apply(tx: Tx, vault: Vault, entry_id: UUID, result: CardSetupResult, desk: DeskPolicy) -> tuple[Entry, bool]:
    """Write down what the company says; the second value is True when it holds a card that nobody wants."""
    entry = locked_entry(tx, entry_id)
    unwanted = False
    if entry.final:
        unwanted = entry.state != "registered" and result.state in ("open", "entered", "registered")
    elif result.state == "refused" or result.state == "cancelled" or result.state == "expired":
        note_ended(tx, entry_id, result.state, result.reason or "")
    elif result.state == "registered" and result.card is not None and _confirmed(entry, result.card):
        replace_card(tx, vault, entry, result.card, desk)
    elif result.state == "registered" or (result.state == "open" and entry.url is None):
        # A card that nobody confirmed, or a page whose address never came back: the customer starts again.
        unwanted = result.state == "registered" or entry.state == "unknown" or call_ended(tx, entry)
        if unwanted:
            note_ended(tx, entry_id, "cancelled", UNAVAILABLE)
    elif result.state == "entered" and result.card is not None:
        if not entry.registering or call_ended(tx, entry):
            note_entered(tx, entry, result.card, result.reference)
    elif not entry.uncertain:
        note_seen(tx, entry_id)
    return locked_entry(tx, entry_id), unwanted


def _confirmed(entry: Entry, card: StoredCard) -> bool:
    """Whether this is the card that the customer saw masked and confirmed."""
    return entry.registering and (entry.brand, entry.last4) == (card.brand, card.last4)


async def _discard(gateway: PaymentGateway, reference: str) -> None:
    """Best effort: what was never confirmed is never registered, and ends by itself at the company."""
    try:
        await gateway.discard(reference)
    except GatewayError as error:
        log.warning("unwanted card not discarded", error=type(error).__name__)
