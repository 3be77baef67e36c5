"""What can go wrong with bills and cards."""

from __future__ import annotations

from mypage.lib.errors import DomainError


class EntryUnderWay(DomainError):
    """The outcome of an earlier card entry is not known yet; a second one could register two cards."""

    def __init__(self, setup_id: object) -> None:
        """Name the earlier entry."""
        super().__init__(str(setup_id))
        self.setup_id = setup_id


class AlreadyDecided(DomainError):
    """Somebody else has decided about the card, or a newer one took its place; `state` says what became of it."""

    def __init__(self, state: str, by: str) -> None:
        """`by` is who decided; empty when a newer card took its place."""
        super().__init__(state)
        self.state, self.by = state, by
