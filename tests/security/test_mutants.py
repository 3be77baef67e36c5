"""T2: the tests are sharp. Every guard is taken away once, and each time some probe must notice."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest
from attackkit import Oracle
from mutantcalls import CALLS, Things, outcome, outcomes, things_of
from mutantkit import Mutant, RottenMutant, applied, check_fit, mutated
from mutantprobes import PROBES, World
from mutants import FILTERS, MUTANTS
from twins import make_twins

import rlskit
from mypage.testing import guard
from mypage.testing.database import TestDatabase
from mypage.testing.portal import Portal
from mypage.web.urls import safe_path


@pytest.fixture
def things(place: Callable[..., Portal], oracle: Oracle, test_database: TestDatabase) -> Things:
    return things_of(make_twins(place, oracle, test_database.admin), oracle)


@pytest.fixture
def world(place: Callable[..., Portal], oracle: Oracle, test_database: TestDatabase, things: Things) -> World:
    return World(place, oracle, test_database, things)


def killed(mutant: Mutant, world: World) -> str:
    """What noticed that the guard is gone; an empty text when nothing did."""
    with applied(mutant, world.database.owner):
        if mutant in FILTERS:
            answer, _ = outcome(world.things, call_of(mutant))
            return answer if answer.startswith("UnfilteredStatement ") else ""
        try:
            PROBES[mutant.probe](world)
        except (Exception, pytest.fail.Exception) as error:
            return f"{type(error).__name__} {error}"
    return ""


def test_every_guard_that_is_taken_away_is_missed(world: World, figure: Callable[[str], None]) -> None:
    for probe in PROBES.values():
        probe(world)
    sound = {name: outcome(world.things, name) for name in CALLS}
    assert [name for name, (answer, _) in sound.items() if "Error" in answer or "Unfiltered" in answer] == []
    survived = [mutant for mutant in MUTANTS if not killed(mutant, world)]
    for probe in PROBES.values():
        probe(world)
    tenant = [mutant for mutant in MUTANTS if mutant.kind == "tenant"]
    left = [mutant for mutant in survived if mutant.kind == "tenant"]
    figure(
        f"T2 mutants: {len(MUTANTS) - len(survived)} of {len(MUTANTS)} killed "
        f"(tenant {len(tenant) - len(left)} of {len(tenant)})"
    )
    assert not survived, "survived:\n" + "\n".join(f"{mutant.name} ({mutant.target})" for mutant in survived)
    assert len(MUTANTS) >= 40
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


def test_every_mutant_fits_the_source() -> None:
    rotten = []
    for mutant in MUTANTS:
        try:
            check_fit(mutant)
        except RottenMutant as error:
            rotten.append(str(error))
    assert not rotten, "mend tests/security/mutants.py:\n" + "\n".join(rotten)


def test_a_mutant_that_does_not_fit_any_more_is_named() -> None:
    rotten = Mutant("x", "other", "web.urls:safe_path", "return", "pass", "paths")
    with pytest.raises(RottenMutant, match=r"x: 'return' stands \d times in web\.urls:safe_path, not once"):
        mutated(rotten, inspect.getsource(safe_path))
    with (
        pytest.raises(RottenMutant, match=r"mypage\.web\.urls has no safest_path"),
        applied(Mutant("x", "other", "web.urls:safest_path", "a", "b", "paths"), ""),
    ):
        pass


def call_of(mutant: Mutant) -> str:
    return mutant.probe.removeprefix("call ")


def test_with_row_security_off_every_forgotten_tenant_mixes_twins_up(
    things: Things,
    test_database: TestDatabase,
    monkeypatch: pytest.MonkeyPatch,
    figure: Callable[[str], None],
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
    figure(f"T2 with row security and the guard off: {len(FILTERS) - len(survived)} of {len(FILTERS)} filters missed")
    assert survived == []
