"""Who is told of the end of jobs of other systems that are about no order: a line for each area that asks for some."""

from __future__ import annotations

from mypage.orders.outcomes import OutcomeHandlers


def outcome_handlers() -> OutcomeHandlers:
    """The handlers of all areas, by what their jobs concern."""
    return OutcomeHandlers({})
