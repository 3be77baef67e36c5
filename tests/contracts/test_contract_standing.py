"""Where a contract stands, and which of its states hides which."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from mypage.contracts.models import Contract
from mypage.contracts.papers import Paper, note_paper, settle_paper
from mypage.contracts.standing import contract_standing, standing_of, standings
from mypage.lib.errors import NotFound
from mypage.testing.portal import Portal
from portal_rows import add_person

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
STOPPING = frozenset({"cancel", "move"})


@pytest.mark.req("OCN-168")
@pytest.mark.parametrize(
    ("status", "accepted", "paper", "stands"),
    [
        ("preparing", None, False, "preparing"),
        ("active", None, False, "active"),
        ("suspended", None, False, "suspended"),
        ("active", None, True, "paper"),
        ("active", AT, True, "accepted"),
        ("suspended", AT, False, "accepted"),
        ("terminated", AT, True, "terminated"),
        ("terminated", None, False, "terminated"),
    ],
)
def test_the_later_state_hides_the_earlier(status: str, accepted: datetime | None, paper: bool, stands: str) -> None:
    assert standing_of(SimpleNamespace(status=status, ending_accepted_at=accepted), paper=paper) == stands


@pytest.mark.req("OCN-168", "OCN-181")
def test_a_paper_that_stops_stands_in_the_way_until_it_is_settled(portal: Portal) -> None:
    person = add_person(portal)
    ids = [uuid.uuid4(), uuid.uuid4()]

    def contracts(tx) -> None:
        for number, each in enumerate(ids):
            key = f"L{number}"
            tx.add(
                Contract(
                    tenant_id=tx.tenant, id=each, customer_id=person.customer_id, number=key, number_key=key, name=""
                )
            )

    portal.run(contracts)

    def both() -> list[str]:
        found = portal.run(lambda tx: standings(tx, person.customer_id, stopping=STOPPING))
        assert [one.id for one in found] == ids
        return [one.standing for one in found]

    def noted(kind: str) -> uuid.UUID:
        paper = Paper(
            customer_id=person.customer_id,
            contract_id=ids[1],
            account_id=None,
            kind=kind,
            since=date(2026, 11, 20),
            until=None,
            note="",
        )
        return portal.run(lambda tx: note_paper(tx, paper, by=uuid.uuid4(), reason="窓口"))

    assert both() == ["active", "active"]
    noted("payment")
    assert both() == ["active", "active"]
    paper_id = noted("move")
    assert both() == ["active", "paper"]
    assert portal.run(lambda tx: contract_standing(tx, ids[1], stopping=STOPPING)) == "paper"
    assert portal.run(lambda tx: contract_standing(tx, ids[1], stopping=())) == "active"
    portal.run(
        lambda tx: settle_paper(tx, person.customer_id, paper_id, by=uuid.uuid4(), outcome="done", reason="済み")
    )
    assert both() == ["active", "active"]
    with pytest.raises(NotFound):
        portal.run(lambda tx: contract_standing(tx, uuid.uuid4(), stopping=STOPPING))
