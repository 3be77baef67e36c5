"""Why nothing can be done with a request now."""

from __future__ import annotations

from mypage.lib.errors import DomainError


class Overtaken(DomainError):
    """The request is in another state than the page showed: staff or another window were quicker."""

    def __init__(self, state: str) -> None:
        """How it stands now."""
        super().__init__(f"the request is {state}")
        self.state = state


class OpenAlready(DomainError):
    """A request of the same form about the same contract is open, and nobody said that this one comes besides."""


class TooMany(DomainError):
    """The customer has filed as much within a day as one can."""


class BadFile(ValueError):
    """A file that is not taken; `code` says why: "empty", "large", "type", "broken", "active" or "many"."""

    def __init__(self, code: str) -> None:
        """The reason; a form words it for people."""
        super().__init__(f"file refused: {code}")
        self.code = code
