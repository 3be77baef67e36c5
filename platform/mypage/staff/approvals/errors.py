"""Why something is not proposed or not confirmed. Nothing happened then; pages say it in words."""

from __future__ import annotations

import uuid
from datetime import datetime

from mypage.lib.errors import DomainError


class Refusal(DomainError):
    """The base of all of these."""


class OwnProposal(Refusal):
    """Nobody confirms or refuses what they proposed, by whichever account."""


class AboutOneself(Refusal):
    """Nobody decides about a role of their own, whoever proposed it."""


class OthersProposal(Refusal):
    """Only who proposed something may withdraw it."""


class AlreadyDecided(Refusal):
    """Somebody was faster; `state` is what they made of it."""

    def __init__(self, state: str, by: str, at: datetime | None) -> None:
        """`by` is the name of who decided, "" for the end of its time."""
        super().__init__(state)
        self.state, self.by, self.at = state, by, at


class SeenOther(Refusal):
    """What the page showed is not what would be done."""


class WorldChanged(Refusal):
    """What was proposed does not fit any more: something that it builds on has changed meanwhile."""


class NotForTheOffice(Refusal):
    """The office cannot carry out what was confirmed: the address that is invited can have no account."""


class AlreadyWaiting(Refusal):
    """The same waits already; `approval_id` is where."""

    def __init__(self, approval_id: uuid.UUID) -> None:
        """Name the one that waits."""
        super().__init__(str(approval_id))
        self.approval_id = approval_id
