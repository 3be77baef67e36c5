"""Who is told of the end of jobs of other systems that are about no order: a line for each area that asks for some."""

from __future__ import annotations

from mypage.orders.line_passwords import CREDENTIAL, LinePasswordOutcome
from mypage.orders.outcomes import OutcomeHandlers
from mypage.slots.outcomes import CONCERNS, SlotOutcome
from mypage.terminations.systems import CONCERNS as TERMINATION
from mypage.terminations.systems import TerminationOutcome


def outcome_handlers() -> OutcomeHandlers:
    """The handlers of all areas, by what their jobs concern."""
    return OutcomeHandlers(
        {CONCERNS: SlotOutcome(), CREDENTIAL: LinePasswordOutcome(), TERMINATION: TerminationOutcome()}
    )
