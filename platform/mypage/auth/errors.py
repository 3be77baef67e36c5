"""What can go wrong with accounts, links and login IDs, beyond what every area knows."""

from __future__ import annotations

from datetime import datetime

from mypage.lib.errors import DomainError


class LoginNameTaken(DomainError):
    """The login ID belongs to somebody else, is held for a registration, or was somebody else's before."""


class TooSoon(DomainError):
    """The password was changed a short while ago; `at` is from when it may be changed again."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at


class AlreadyRegistered(DomainError):
    """The customer has an account already."""


class DeadLink(DomainError):
    """A mail link that is unknown, used, over its time, another tenant's, or whose reason is gone."""


class FactorsFull(DomainError):
    """The account has as many second factors as it may have."""
