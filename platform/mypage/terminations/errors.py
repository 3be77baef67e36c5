"""Why the end of a contract cannot be accepted."""

from __future__ import annotations

from typing import Literal

from mypage.lib.errors import DomainError

Hindrance = Literal["preparing", "paper", "stays"]


class AlreadyAccepted(DomainError):
    """It was accepted before, perhaps just now elsewhere."""


class DayGone(DomainError):
    """The day that was chosen is not offered any more."""


class Hindered(DomainError):
    """The contract cannot be ended here as it stands: `why`.

    "preparing": it has not begun; "paper": an application on paper runs; "stays": it has an option that cannot be ended
    here, and the operator wants that ended first.
    """

    def __init__(self, why: Hindrance) -> None:
        """The word for why."""
        super().__init__(why)
        self.why = why


class Changed(DomainError):
    """What ends, or what it costs, is not as it was shown."""
