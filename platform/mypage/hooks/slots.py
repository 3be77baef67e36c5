"""Numbered places of a contract, such as mail accounts: how many, what may be in them, and what they cost, as data.

What is in a place is applied for and done later, by another system or by people; until then it can be called off. The
words that customers read are those of `hooks.slot_pages`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from mypage.hooks.mailboxes import LocalPart
from mypage.hooks.markers import hookspec
from mypage.hooks.passwords import PasswordPolicy

SlotAction = Literal["add", "change", "remove"]
ACTIONS: tuple[SlotAction, ...] = ("add", "change", "remove")
_CODE = re.compile(r"[a-z0-9-]{1,40}")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotOption:
    """Something that a place in use can have besides, at a price of its own for each place.

    `code` is kept with what is in places, so it never changes; `product` is a product that the contract holds, once for
    each place that has it. What has to be agreed to before is the product's (`terms`, `consent`, `terms_version`).
    """

    code: str
    product: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """One kind of numbered places, 1 to `at_most` of every contract.

    `product` is what the contract holds once for each place in use; a `TierPrice` makes their number the price. Whether
    the month is charged in which a place came into use, or was emptied, is the price's (`ChargedMonths`); `billed_from`
    says whether that counts from the day on which it was applied for or on which it was done. `local` is what a name
    may be, `secret` what a new name's first password must be; without one none is asked. `hosts` are what follows the
    @, one of which is chosen at the end, where a tenant does not name other ones. `actions` are what customers may
    apply for.
    """

    code: str
    product: str
    at_most: int
    local: LocalPart
    secret: PasswordPolicy | None = None
    options: tuple[SlotOption, ...] = ()
    hosts: tuple[str, ...] = ()
    actions: frozenset[SlotAction] = frozenset(ACTIONS)
    billed_from: Literal["applied", "done"] = "done"

    def __post_init__(self) -> None:
        codes = [self.code, *(option.code for option in self.options)]
        for code in codes:
            if not _CODE.fullmatch(code):
                raise ValueError(f"a code holds small letters, digits and hyphens only, not {code!r}")
        if len(set(codes[1:])) != len(codes) - 1:
            raise ValueError(f"two options of {self.code!r} have one code")
        if not 1 <= self.at_most <= 99:
            raise ValueError(f"{self.code!r} has 1 to 99 places, not {self.at_most}")
        if not self.actions or not self.actions <= set(ACTIONS):
            raise ValueError(f"what may be done in {self.code!r} is some of {', '.join(ACTIONS)}")
        for host in self.hosts:
            check_host(host)

    def option(self, code: str) -> SlotOption | None:
        """The option of that code."""
        return next((option for option in self.options if option.code == code), None)


def check_host(host: str) -> None:
    """Raises ValueError for what cannot follow an @."""
    if not _HOST.fullmatch(host) or len(host) > 180:
        raise ValueError(f"{host!r} is no name of a host; give one such as mail.example in small letters")


class NameRefused(Exception):
    """The name cannot be had on any host. Nothing was reserved."""


class ReservationUnavailable(Exception):
    """Whoever gives names out did not answer; the same may be asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameWish:
    """A name that is wanted. `id` is that of the customer's operation: asked again it means the same reservation.

    `taken` are the hosts on which this portal knows the name to be somebody's.
    """

    id: str
    tenant: str
    slots: str
    local: str
    customer_number: str
    contract_number: str
    taken: frozenset[str] = frozenset()


class NameReservation(Protocol):
    """Who gives out names. Asked outside of any transaction, perhaps by many at once."""

    async def reserve(self, wish: NameWish) -> str:
        """The host on which the name is kept for this wish from now on: the same one each time the same id asks.

        Raises NameRefused or ReservationUnavailable.
        """
        ...

    async def release(self, wish: NameWish, host: str) -> None:
        """The name is not wanted after all. Asked again, or about what was never reserved, it changes nothing.

        Raises ReservationUnavailable.
        """
        ...


class SlotsSpec:
    """Hooks about numbered places."""

    @hookspec
    def slot_items(self) -> list[Slots]:
        """The kinds of numbered places that contracts have."""

    @hookspec
    def make_name_reservation(self, name: str, settings: Mapping[str, str]) -> NameReservation | None:
        """Who gives out names, called `name`, made with a tenant's settings of it, or None for other names.

        Raise ValueError with one line when the settings are wrong.
        """
