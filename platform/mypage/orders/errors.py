"""Why something cannot be bought or ended."""

from __future__ import annotations

from mypage.lib.errors import DomainError


class AlreadyHeld(DomainError):
    """It has been bought, perhaps just now elsewhere."""


class NotHeld(DomainError):
    """There is nothing to end: it was not bought, or has ended, perhaps just now elsewhere."""


class CannotBuy(DomainError):
    """Something is missing or forbids it; `reason` is one of `offers.Refusal`."""

    def __init__(self, reason: str) -> None:
        """The word for why."""
        super().__init__(reason)
        self.reason = reason


class NoConsent(DomainError):
    """The tick under the terms is missing, or they are not the ones that were shown."""


class PriceChanged(DomainError):
    """What would be charged is not what was shown; it has to be shown again."""


class JobEnded(DomainError):
    """It was done or declined already; the message says which."""


class EarlierFirst(DomainError):
    """Something that was asked earlier about the same thing has to be done first."""


class BadPin(DomainError):
    """A PIN is wanted, and this is none."""


class NoRetry(DomainError):
    """It cannot be asked for again: it has not failed, or it was a purchase, which is void."""
