"""Why something cannot be applied for. Nothing has changed when one of these leaves a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mypage.lib.errors import DomainError

if TYPE_CHECKING:
    from mypage.slots.values import ApplicationRow


class SlotRefused(DomainError):
    """What was applied for is not possible as things are."""


class Blocked(SlotRefused):
    """An application on paper runs, or the operator has blocked the place (OCN-73, OCN-74)."""


class Ending(SlotRefused):
    """The end of the contract has been accepted, so nothing changes any more."""


class NotFree(SlotRefused):
    """The place is in use, or something about it has been applied for."""


class NotUsed(SlotRefused):
    """Nothing is in the place, or something about it has been applied for."""


class NotAsBefore(SlotRefused):
    """The place has other options than it had when the change was entered."""


class LimitReached(SlotRefused):
    """There is no such place: every one that the contract has is in use or applied for (OCN-72)."""


class NothingChanges(SlotRefused):
    """Everything that was applied for is so already (OCN-84)."""


class BadWish(SlotRefused):
    """The name or the options cannot be, or a password is missing; forms have said so before."""


class PriceChanged(SlotRefused):
    """The prices are not those that were shown: something else was applied for or done meanwhile."""


class NameTaken(SlotRefused):
    """The name cannot be had (OCN-106)."""

    def __init__(self, local: str) -> None:
        super().__init__(f"{local} cannot be had")
        self.local = local


class TooOften(SlotRefused):
    """The contract has had so many names, or applied for so much within a day, that this is somebody's program."""


class AlreadyProcessed(SlotRefused):
    """It is too late to call it off: it was done or turned down meanwhile, or is being done."""

    def __init__(self, row: ApplicationRow) -> None:
        super().__init__(f"application {row.number} is {row.state}")
        self.row = row
