"""An end among everything else that happens to a contract at the same moment."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mypage.contracts.models import Subscription
from mypage.lib.errors import DomainError
from mypage.orders.by_hand import complete_by_hand, decline_by_hand
from mypage.slots.models import Slot
from mypage.slots.service import cancel
from mypage.terminations.closing import end_contract
from mypage.terminations.service import accept
from mypage.testing.portal import MakePortal
from mypage.work.models import WorkItem
from slots.slotkit import all_of, at_once, deploy, job_of, states
from terminations.test_terminations import leaver, standing, wish


@pytest.mark.req("OCN-150")
@pytest.mark.parametrize("staff_end_it", [False, True])
def test_an_end_while_everything_else_happens(make_portal: MakePortal, staff_end_it: bool) -> None:
    """Staff complete and decline, the customer calls off, another browser or staff end it: no deadlock, no rest."""
    home = leaver(deploy(make_portal))
    home.have("first")
    rows = [home.apply(1, "change", "changed"), home.apply(2, "add", "second")]
    jobs, wanted = [job_of(home.portal, row).id for row in rows], wish(home)
    works: list[Any] = [
        lambda tx: accept(tx, home.vault, home.operator, home.principal, wanted),
        lambda tx: complete_by_hand(tx, home.vault, jobs[0], outcomes=home.outcomes),
        lambda tx: complete_by_hand(tx, home.vault, jobs[1], outcomes=home.outcomes),
        lambda tx: cancel(tx, home.operator, home.principal, rows[1].id),
        lambda tx: decline_by_hand(
            tx, jobs[0], code="x", reason="r", told="t", returned=True, outcomes=home.outcomes
        ),
    ]  # fmt: skip
    if staff_end_it:
        works.append(lambda tx: end_contract(tx, home.operator, home.ref, tx.today()))
    found = at_once(home.portal, *works)
    odd = [each for each in found if isinstance(each, Exception) and not isinstance(each, DomainError)]
    assert odd == []
    print(Counter(type(each).__name__ for each in found), states(home.portal), standing(home))
    assert "pending" not in states(home.portal)
    assert standing(home) == ("terminated" if staff_end_it else "accepted")
    assert not [item for item in all_of(home.portal, WorkItem) if item.kind == "application" and item.closed_at is None]
    if staff_end_it:
        assert not [row for row in all_of(home.portal, Slot) if row.ended_at is None]
        assert not [row for row in all_of(home.portal, Subscription) if row.ended_at is None]
