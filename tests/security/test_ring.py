"""Everybody tries every route with everybody else's ids, at every host: nothing foreign is seen or changed.

The attempts follow from the route table. A route without a recipe (ring_recipes) fails the test, and so does a text
column that has neither a canary nor a reason. `MYPAGE_RING_SIZE` multiplies the victim's objects and the ids that do
not exist. In the small size the number of attempts is fixed, and `MYPAGE_RING_SEED` says which ones they are.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from attackkit import Oracle, browser, run_all
from ring_plans import ALWAYS, WEIGHTS, chosen
from ringkit import CANARY, SEED, SIZE, Ring, Victim, build_ring, foreign_changes, path_of, run_ring

from mypage.auth import routes_sessions
from mypage.billing import card_routes
from mypage.billing import routes as billing_routes
from mypage.hooks.context import Principal
from mypage.server.routes import all_routes, routes_for
from mypage.testing.portal import Portal

LEAST_ATTEMPTS = 20_000


@pytest.fixture
def ring(place: Callable[..., Portal], oracle: Oracle) -> Ring:
    return build_ring(place, oracle)


def test_nobody_sees_or_changes_what_is_anothers(ring: Ring, oracle: Oracle, figure: Callable[[str], None]) -> None:
    found = run_ring(ring, oracle)
    attempts = sum(found.attempts.values())
    figure(
        f"T1 ring: {attempts:,} attempts, {len(all_routes())} routes, {len(found.attempts)} actors and selectors, "
        f"{len(found.leaks)} leaks, {len(found.changes)} foreign rows, {len(found.uneven)} uneven, seed {SEED}"
    )
    assert {200, 303, 403, 404, 421} <= found.statuses.keys()
    assert not found.anything, f"seed {SEED}, size {SIZE}\n{found.told()}"
    assert attempts >= LEAST_ATTEMPTS


@pytest.mark.parametrize("most", [300, 900])
def test_a_ring_of_any_size_has_as_many_attempts_as_wanted_and_its_seeds_have_all(most: int) -> None:
    things = [(ALWAYS, 1)] * 100 + [(WEIGHTS[kind], 1 + number % 2) for number in range(400) for kind in WEIGHTS]
    seen: set[int] = set()
    for seed in range(7, 207):
        found = chosen(things, most, seed)
        assert set(range(100)) <= set(found)
        assert abs(sum(things[number][1] for number in found) - most) <= 3
        seen.update(found)
    assert len(seen) == len(things)


def test_every_route_that_an_application_serves_is_in_the_ring(place: Callable[..., Portal]) -> None:
    """Operators bring hooks, pages and texts but no routes: each application has those of the table and no others.

    Those of a capability that its operator does not declare are not there.
    """
    server = place().server
    for name, app in server.apps.items():
        table = [(route.path, route.method) for route in routes_for(server.compiled.operators[name])]
        served = [(route.path_format, method) for route in app.litestar.routes for method in route.methods]
        plain = sorted((re.sub(r"\{([a-z_]+):[a-z]+\}", r"{\1}", path), method) for path, method in table)
        assert sorted(each for each in served if each[1] not in ("HEAD", "OPTIONS")) == plain, name


def test_the_owner_sees_all_of_it(ring: Ring) -> None:
    """Otherwise the ring would prove nothing: the canaries do show where they belong."""
    for victim in ring.victims[:2]:
        mine = browser(victim.portal, victim.person)
        paths = [path_of(r, victim) for r in all_routes() if r.method == "GET" and r.name != "card-return"]
        paths += [f"/notices/{each}" for each in victim.ids] + [f"/bills/{each}/pdf" for each in victim.ids]
        answers = run_all(victim.portal, [lambda p=p, mine=mine: mine.send("GET", p) for p in paths])
        seen = {c for answer in answers for c in CANARY.findall(answer.everything.lower())} & victim.canaries
        assert len(seen) >= 15
        assert any(a.header("content-type") == "application/pdf" and CANARY.search(a.text) for a in answers)


def test_the_oracle_and_the_canaries_are_sharp(ring: Ring, oracle: Oracle) -> None:
    """A changed foreign row is seen."""
    victim = ring.victims[0]
    name = victim.portal.name
    before = oracle.rows(name)
    oracle.change("UPDATE notice SET importance = 'urgent' WHERE tenant_id = %s", name)
    found = foreign_changes(before, oracle.rows(name), ring.own[name], victim, ring.planted[name])
    assert found
    assert all(each.startswith("notice ") for each in found)
    assert len(victim.canaries) > 40


@pytest.mark.parametrize("hole", ["bill", "card entry", "session", "token"])
def test_the_ring_finds_a_hole(
    place: Callable[..., Portal], oracle: Oracle, monkeypatch: pytest.MonkeyPatch, hole: str
) -> None:
    """One guard taken away: the neighbour's attempts at that route are noticed."""
    ring = build_ring(place, oracle, homes=("own",), portals=("own",))
    victim = ring.victims[0]
    owner = principal_of(victim)
    opened = {"bill": "bills-one", "card entry": "card-confirm", "session": "sessions-end-one", "token": "card-return"}
    assert not run_ring(ring, oracle, routes={opened[hole]}, attackers={"other customer"}).anything
    if hole == "bill":
        original = billing_routes.find_bill
        monkeypatch.setattr(billing_routes, "find_bill", lambda tx, _, *a, **k: original(tx, owner, *a, **k))
    elif hole == "card entry":
        find = card_routes.find_entry
        monkeypatch.setattr(card_routes, "find_entry", lambda tx, _, *a: find(tx, owner, *a))
    elif hole == "session":
        end = routes_sessions.end_session_of
        monkeypatch.setattr(routes_sessions, "end_session_of", lambda tx, _, i: end(tx, victim.person.account_id, i))
    else:
        back = card_routes.find_returned
        monkeypatch.setattr(card_routes, "find_returned", lambda tx, _, t: back(tx, owner, t))
    found = run_ring(ring, oracle, routes={opened[hole]}, attackers={"other customer"})
    assert {
        "bill": found.leaks and found.uneven,
        "card entry": found.leaks and found.uneven,
        "session": found.changes,
        "token": found.uneven,
    }[hole], found


def principal_of(victim: Victim) -> Principal:
    """The victim as its own pages know it."""
    person = victim.person
    return Principal(
        account_id=person.account_id, customer_id=person.customer_id, session_id=uuid.uuid4(), scheme=person.scheme,
        role="holder", name="", customer_number="", email="", permissions=frozenset(),
    )  # fmt: skip
