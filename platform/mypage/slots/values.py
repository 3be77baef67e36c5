"""What the services of numbered places take and give."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mypage.hooks.slots import SlotAction, Slots

SlotState = Literal["free", "used", "pending"]
ApplicationState = Literal["pending", "done", "failed", "returned", "cancelled", "closed"]
NO_OPTIONS: frozenset[str] = frozenset()


def address_of(local: str, host: str) -> str:
    """A whole address; "" for none."""
    return f"{local}@{host}" if local else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRow:
    """What was applied for. `address` is "" where the name stays; `options` are those of the place afterwards.

    `cancellable`: it waits, and no other system has been asked yet. Every line of `reason` is a msgid of the
    operator, or what staff wrote. `told` are the addresses that get mails about it.
    """

    id: uuid.UUID
    number: str
    code: str
    slot_number: int
    action: SlotAction
    state: ApplicationState
    address_before: str
    options_before: frozenset[str]
    local: str
    address: str
    options: frozenset[str]
    price_before: int
    price_after: int
    filed_at: datetime
    ended_at: datetime | None
    reason: str
    told: tuple[str, ...]
    cancellable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRow:
    """A place as it is now. `address` is None when it is empty; `application` is what waits about it.

    `last` is what was turned down or given back about it, until something else is applied for. `blocked`: nothing can
    be applied for just now, because of an application on paper or because the operator says so (OCN-74).
    """

    number: int
    address: str | None
    options: frozenset[str]
    state: SlotState
    application: ApplicationRow | None = None
    last: ApplicationRow | None = None
    blocked: bool = False
    slot_id: uuid.UUID | None = None

    @property
    def local(self) -> str:
        """What stands before the @; "" when it is empty."""
        return (self.address or "").partition("@")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotWish:
    """What a customer applies for. `local` None: the name stays.

    `tell`: addresses that get the mails, of the customer's own; others are left out (OCN-102). `shown` is the mark of
    the prices that were shown. `had`: the options of the place when all that was entered, None for whatever they are.
    """

    slots: Slots
    number: int
    action: SlotAction
    local: str | None = None
    secret: str | None = field(default=None, repr=False)
    options: frozenset[str] = NO_OPTIONS
    tell: tuple[str, ...] = ()
    shown: str = ""
    had: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """A name that is kept for one operation, and its host."""

    id: uuid.UUID
    local: str
    host: str

    @property
    def address(self) -> str:
        """The whole address."""
        return address_of(self.local, self.host)
