"""Why a search is not made."""

from __future__ import annotations

from mypage.lib.errors import DomainError


class TooManySearches(DomainError):
    """Somebody searched more in an hour than work can need; `noted` when the trail has a line of that already."""

    def __init__(self, *, noted: bool) -> None:
        super().__init__("too many searches in this hour")
        self.noted = noted
