"""T2: the tests are sharp. Every guard is taken away once, and each time some probe must notice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attackkit import Oracle
from mutantcalls import CALLS, Things, outcome, outcomes, things_of
from mutantkit import Mutant, applied
from mutants import FILTERS
from twins import make_twins

import rlskit
from mypage.testing import guard
from mypage.testing.database import TestDatabase
from mypage.testing.portal import Portal


@pytest.fixture
def things(place: Callable[..., Portal], oracle: Oracle, test_database: TestDatabase) -> Things:
    return things_of(make_twins(place, oracle, test_database.admin), oracle)


def call_of(mutant: Mutant) -> str:
    return mutant.probe.removeprefix("call ")


def test_the_statement_guard_names_every_forgotten_tenant(things: Things, test_database: TestDatabase) -> None:
    sound = {name: outcome(things, name) for name in CALLS}
    assert [name for name, (answer, _) in sound.items() if "Error" in answer] == []
    survived = []
    for mutant in FILTERS:
        with applied(mutant, test_database.owner):
            answer, _ = outcome(things, call_of(mutant))
        if "SELECT" not in answer and "UPDATE" not in answer and "DELETE" not in answer:
            survived.append(f"{mutant.name}: {answer[:300]}")
    assert survived == []


def test_with_row_security_off_every_forgotten_tenant_mixes_twins_up(
    things: Things, test_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The filters matter by themselves: without the second wall, and without the guard of the tests."""
    monkeypatch.setattr(guard, "unfiltered", lambda *_: False)
    survived = []
    with rlskit.rls_off(test_database.owner):
        sound = {name: outcomes(things, name) for name in CALLS}
        for mutant in FILTERS:
            with applied(mutant, test_database.owner):
                seen = outcomes(things, call_of(mutant))
            if seen == sound[call_of(mutant)]:
                survived.append(f"{mutant.name}: {seen[1][0][:200]}")
        assert {name: outcomes(things, name) for name in CALLS} == sound
    assert survived == []
