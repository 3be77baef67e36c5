"""Why something cannot be done to a piece of work."""

from __future__ import annotations

from datetime import datetime

from mypage.lib.errors import DomainError


class Moved(DomainError):
    """Somebody else was quicker: the item is not as it was when it was shown. `by` and `at` are of the last act on it.

    `state` is how it stands now; `holder` the staff member who has it, None when nobody does; `by` a staff member's id
    or what else acted. The item's page names them.
    """

    def __init__(self, *, state: str, act: str, by: str, at: datetime, holder: str | None) -> None:
        """What the item became."""
        super().__init__(f"{act} by another, now {state}")
        self.state, self.act, self.by, self.at, self.holder = state, act, by, at, holder


class WrongState(DomainError):
    """The item is in a state in which this cannot be done with it; the message names the state."""
