"""Errors that every area shares. They carry data; `web/errors.py` decides what a browser sees."""

from __future__ import annotations


class DomainError(Exception):
    """Something that was asked for cannot be done; nothing of it happened."""


class NotFound(DomainError):
    """There is no such object for this customer: missing and foreign are the same."""


class NotAllowed(DomainError):
    """The account does not hold the permission; `permission` names it where the answer may say why."""

    def __init__(self, permission: str = "") -> None:
        """Name the permission."""
        super().__init__(permission)
        self.permission = permission


class StaleForm(DomainError):
    """The form's token, draft or operation is no longer valid; the person has to start again."""


class SignInNeeded(DomainError):
    """Nobody is signed in, or the session has ended."""


class ReauthNeeded(DomainError):
    """The password must be given again before this."""


class SeatNeeded(DomainError):
    """Staff have to say first which tenant they work for."""


class AccountClosed(DomainError):
    """The account was deleted while it was signed in; its session only reads."""


class OnlyViewing(DomainError):
    """A staff member sees the portal as a customer does: nothing can be changed, and not everything is shown."""


class ViewOver(DomainError):
    """The time of such a view is over, or it was ended."""


class Busy(DomainError):
    """Too much work is waiting just now; try again in `retry_after` seconds."""

    def __init__(self, retry_after: int = 5) -> None:
        """Seconds after which a new try makes sense."""
        super().__init__(f"busy, retry after {retry_after} s")
        self.retry_after = retry_after


class TooManyAtOnce(Busy):
    """This person has as much under way as one may have at once; the others are served. For when one is done."""


class Missing(DomainError):
    """A part of the deployment that this needs is not configured; the message says which."""
