"""Both walls between tenants hold for the statements of the console, each by itself (T4), and each filter is missed (T2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from attackkit import Browser, Oracle, Seen, run_all
from attackkit import differences as rows_changed
from desk_calls import CALLS
from desk_mutants import comparisons, tenant_filters, topic_of
from desk_recipes import desk_routes, form_of, path_for
from deskkit import desk_browser, introduce
from filterkit import mapped, missed_in_source
from mutantkit import Mutant, applied, check_fit
from ring_victims import CANARY
from twins import Twins, make_twins

import rlskit
from mypage.testing import guard
from mypage.testing.database import TestDatabase
from mypage.testing.portal import Portal
from mypage.web.routing import Route
from staff_rows import Staff, add_staff


@dataclass(frozen=True)
class DeskTwins:
    """Two portals with the same rows under the same ids, and one person who may work for both."""

    office: Portal
    twins: Twins
    staff: Staff

    def browser(self, which: int) -> Browser:
        """At the desk of one of them."""
        return desk_browser(self.office, self.staff, self.twins.portals[which])

    def ask(self, which: int, routes: Sequence[Route]) -> list[Seen]:
        """Every route with the victim's things."""
        mine, victim = self.browser(which), self.twins.victim
        form = form_of(victim) | {"tenant": self.twins.portals[which].name}
        work = [
            lambda r=r, f=f: mine.send(r.method, path_for(r, victim), form=f if r.method == "POST" else None)
            for r in routes
            for f in ((form, {}) if r.method == "POST" else ({},))
        ]
        return run_all(self.office, work, at_once=1)


@pytest.fixture(scope="module")
def kept() -> dict[str, DeskTwins]:
    return {}


@pytest.fixture
def both(
    kept: dict[str, DeskTwins], place: Callable[..., Portal], oracle: Oracle, test_database: TestDatabase
) -> DeskTwins:
    if not kept:
        office, twins = place("staff"), make_twins(place, oracle, test_database.admin)
        staff = add_staff(office, dict.fromkeys((p.name for p in twins.portals), "manager"))
        for portal in twins.portals:
            introduce(staff, portal)
        kept["both"] = DeskTwins(office, twins, staff)
    return kept["both"]


ORDERED = tuple(sorted(desk_routes(), key=lambda route: route.method))
"""Pages first."""


@pytest.mark.parametrize("wall", ["row security alone", "filters alone"])
def test_one_wall_alone_keeps_the_twins_of_a_desk_apart(
    both: DeskTwins, oracle: Oracle, test_database: TestDatabase, figure: Callable[[str], None], wall: str
) -> None:
    asked, statements, own = 0, 0, 0
    for which in (0, 1):
        other = both.twins.portals[1 - which]
        before = oracle.rows(other.name)
        with without(wall, both, test_database) as stripped:
            answers = both.ask(which, ORDERED)
        statements += len(stripped)
        asked += len(answers)
        assert both.twins.foreign(which, answers) == set()
        assert [seen.status for seen in answers if seen.status >= 500] == []
        own += sum(bool(set(CANARY.findall(a.everything.lower())) & both.twins.canaries[which]) for a in answers)
        assert rows_changed(before, oracle.rows(other.name)) == {}
    figure(f"T4 staff, {wall}: {asked} requests, {statements} statements without their filter, 0 foreign rows")
    assert own > 10


@contextmanager
def without(wall: str, both: DeskTwins, database: TestDatabase) -> Iterator[list[str]]:
    """One wall less."""
    if wall == "filters alone":
        with rlskit.rls_off(database.owner):
            yield []
    else:
        with rlskit.filters_off(both.office.server.database.engine.sync_engine) as stripped:
            yield stripped


def test_every_filter_of_the_console_that_is_taken_away_is_missed(
    both: DeskTwins, test_database: TestDatabase, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    """By the guard of the tests: a statement without its tenant is noticed as soon as it runs."""
    noticed: list[str] = []
    find = guard.unfiltered

    def watching(statement: str, pattern: re.Pattern[str]) -> bool:
        found = find(statement, pattern)
        if found:
            noticed.append(statement)
        return found

    monkeypatch.setattr(guard, "unfiltered", watching)
    classes = mapped()
    others = [mutant for mutant in tenant_filters() if mutant.target not in TWICE]
    mutants = [mutant for mutant in others if not missed_in_source(mutant, classes)]
    assert noticed == []
    survived = []
    for mutant in mutants:
        check_fit(mutant)
        noticed.clear()
        with applied(mutant, test_database.owner):
            exercise(both, ORDERED, mutant.probe, noticed)
        if not noticed:
            survived.append(mutant)
    figure(f"T2 staff: {len(mutants) - len(survived)} of {len(mutants)} other filters missed where statements run")
    assert not survived, "give these a call in desk_calls.py:\n" + "\n".join(told(each) for each in survived)


TWICE = {"staff.ending.closing:end_due"}
"""Where a table is compared with its tenant in the join and once more beside it: one of both may go."""


def exercise(both: DeskTwins, routes: Sequence[Route], module: str, noticed: Sequence[str] = ()) -> None:
    """The calls of a module, and the requests of its topic, until something was noticed; all of both without one."""
    for name, call in CALLS.items():
        if not module or name.startswith(module):
            call(both)
            if noticed:
                return
    for route in routes:
        if not module or topic_of(module) in topic_of(route.handler.__module__.removeprefix("mypage.")):
            both.ask(1, [route])
            if noticed:
                return


def told(mutant: Mutant) -> str:
    """Where, and what."""
    return f"{mutant.target}: {mutant.old!r}"


def test_the_search_for_filters_finds_them() -> None:
    text = "x = select(A.b).where(A.tenant_id == tx.tenant, A.id == id_)"
    assert list(comparisons(text)) == [
        (text[-57:-7], text[-57:-7].replace("A.tenant_id == tx.tenant", "A.tenant_id.is_not(None)"))
    ] or [old.count("tenant_id == tx.tenant") for old, _ in comparisons(text)] == [1]
