"""How far an order is, in the words of TMF622, and which step may follow which."""

from __future__ import annotations

from collections.abc import Mapping

NEXT: Mapping[str, frozenset[str]] = {
    "acknowledged": frozenset({"in_progress", "held", "pending", "completed", "failed", "cancelled", "rejected"}),
    "in_progress": frozenset({"held", "pending", "completed", "failed"}),
    "held": frozenset({"in_progress", "pending", "completed", "failed", "cancelled"}),
    "pending": frozenset({"in_progress", "held", "completed", "failed", "cancelled"}),
    "completed": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
    "rejected": frozenset(),
}
"""State → the states that may follow. What is completed, failed, cancelled or rejected stays so: there is no undo."""

FINAL = frozenset(state for state, following in NEXT.items() if not following)


class IllegalStep(RuntimeError):
    """An order was to take a step that none of its state can take; the message names both states."""


def check_step(before: str, after: str) -> None:
    """Raises IllegalStep."""
    if after not in NEXT[before]:
        raise IllegalStep(f"an order that is {before} cannot become {after}")
