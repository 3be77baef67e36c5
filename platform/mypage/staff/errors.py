"""Why somebody cannot be invited or keep a role."""

from __future__ import annotations

from mypage.lib.errors import DomainError


class NotInvitable(DomainError):
    """The mail address cannot become a login of the console; the message is one line that says why."""


class NoSuchMember(DomainError):
    """Nobody with this mail address, or nobody who works for the tenant."""
