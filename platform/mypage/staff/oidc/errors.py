"""Why somebody who came back from a provider cannot enter."""

from __future__ import annotations

from mypage.lib.errors import DomainError


class Unreachable(DomainError):
    """The provider does not answer, or not as it should; the message is for the log."""


class NotWelcome(DomainError):
    """The provider vouches for nobody who works here; the message is for the log and holds no personal data."""
