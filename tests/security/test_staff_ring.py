"""Whoever sits at the desk of one tenant sees and changes nothing of another, whatever is asked for (T1 for staff).

The attempts follow from the console's routes: every id of the other tenant in path, query and form. By day a part of
them is made, which one `MYPAGE_RING_SEED` says; with `MYPAGE_RING_SIZE` all of them.
"""

from __future__ import annotations

import random
import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from attackkit import Browser, Oracle, Rows, Seen, columns_changed, differences, run_all
from desk_recipes import HOLES, desk_routes, form_of, meant, path_for, placeholders
from desk_world import DeskWorld, crowd, make_world, withdraw
from deskkit import ROLES, desk_browser, desk_csrf, introduce, read_desk_policy, verdict
from ring_victims import CANARY, Victim
from ringkit import SEED, SIZE

from mypage.testing.portal import Portal
from mypage.web.routing import Route
from staff_rows import add_staff

BY_DAY = 400
"""Attempts at each victim besides those that are always made."""
MISSING = str(uuid.UUID(int=11, version=4))
OWN_OF_THE_OFFICE = {"login_session", "audit_entry", "draft", "desk_seat", "login_counter", "operation"}
"""Tables in which attackers' own rows come and go."""
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UNEVEN_BY_NATURE = frozenset[str]()
"""Routes whose answers differ from one request to the next."""


@pytest.fixture(scope="module")
def kept() -> dict[str, DeskWorld]:
    return {}


@pytest.fixture
def world(kept: dict[str, DeskWorld], place: Callable[..., Portal], oracle: Oracle) -> DeskWorld:
    """One for all tests here: making it takes longer than most of them."""
    if not kept:
        kept["world"] = make_world(place, oracle)
    return kept["world"]


@dataclass(frozen=True)
class Try:
    """One attempt at one route; `subject` is the foreign id, or the missing one, in the path."""

    attacker: Browser
    route: Route
    path: str
    form: tuple[tuple[str, str], ...]
    subject: str = ""

    async def send(self) -> Seen:
        """Make it."""
        if self.route.method == "POST":
            return await self.attacker.send("POST", self.path, form=self.form)
        query = "&".join(f"{name}={value}" for name, value in self.form)
        return await self.attacker.send("GET", f"{self.path}?{query}" if query else self.path)

    def __str__(self) -> str:
        return f"{self.attacker.label}: {self.route.method} {self.path} with {len(self.form)} fields"


def tries(world: DeskWorld, victim: Victim) -> list[Try]:
    """Always: each attacker at each route, with the thing that is meant and with one that does not exist. The rest by lot."""
    always, others = [], []
    chance = random.Random(SEED)
    for attacker in crowd(world, victim):
        # Who is no staff member meets the same guard at every route: a few of them by day.
        routes = list(desk_routes())
        weak = "desk of another" not in attacker.label
        for route in chance.sample(routes, min(12, len(routes))) if weak and SIZE == 1 else routes:
            form = tuple(form_of(victim, chance.randrange(50)).items())
            thing = meant(route, victim)
            always.append(Try(attacker, route, path_for(route, victim), form, thing))
            if thing:
                always.append(Try(attacker, route, path_for(route, victim, MISSING), form, MISSING))
                others += [Try(attacker, route, path_for(route, victim, i), (), i) for i in victim.ids if i != thing]
                others.append(Try(attacker, route, path_for(route, victim, MISSING), (), MISSING))
            own = world.victims["home"]
            others += [
                Try(attacker, route, path_for(route, own), tuple(dict.fromkeys(dict(form), i).items()))
                for i in victim.ids
            ]
    return always + (others if SIZE > 1 else chance.sample(others, min(BY_DAY, len(others))))


def judged(victim: Victim, made: list[Try], answers: list[Seen]) -> list[str]:
    """Leaks, faults of the server, and answers that tell a foreign id from one that does not exist."""
    found, kinds = [], defaultdict[tuple[str, ...], dict[tuple[int, int], str]](dict)
    for each, seen in zip(made, answers, strict=True):
        told = set(CANARY.findall(f"{each.path} {each.form}"))
        leaked = (set(CANARY.findall(seen.everything.lower())) & victim.canaries) - told
        if leaked:
            found.append(f"{each} → {seen.status} shows {sorted(leaked)}")
        if seen.status >= 500:
            found.append(f"{each} → {seen.status}")
        if each.subject and each.route.name not in UNEVEN_BY_NATURE:
            key = (str(id(each.attacker)), each.route.method, each.route.name, str(len(each.form)))
            # The address of the page stands in it, with all that was sent.
            size = len(UUID.sub("", seen.text))
            kinds[key].setdefault((seen.status, size), f"{each} → {seen.status} with {size}")
    return found + [" but ".join(each.values()) for each in kinds.values() if len(each) > 1]


def foreign_rows(before: Rows, after: Rows, world: DeskWorld, victim: Victim) -> list[str]:
    """Rows of the victim's tenant that changed, and rows of the console that are not the attackers' own business."""
    found = []
    others = str(world.people["theirs"].account_id)
    for (table, key), (old, new) in differences(before, after).items():
        text = f"{old or ''}{new or ''}"
        in_office = f'"{world.office.name}"' in key
        if in_office and (table in OWN_OF_THE_OFFICE or (others not in text and victim.portal.name not in text)):
            continue
        found.append(f"{table} {key}: {sorted(columns_changed(old, new))} {old} → {new}")
    return found


def test_staff_see_and_change_nothing_of_another_tenant(
    world: DeskWorld, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    statuses: Counter[int] = Counter()
    labels: set[str] = set()
    found: list[str] = []
    for name in ("far", "nagi"):
        victim = world.victims[name]
        made = tries(world, victim)
        # Browsers are signed in by now: only what they do counts.
        before = oracle.rows(victim.portal.name, world.office.name)
        answers = run_all(world.office, [each.send for each in made])
        found += judged(victim, made, answers)
        found += foreign_rows(before, oracle.rows(victim.portal.name, world.office.name), world, victim)
        statuses.update(seen.status for seen in answers)
        labels |= {each.attacker.label for each in made}
    figure(
        f"T1 staff: {statuses.total():,} attempts, {len(desk_routes())} routes, {len(labels)} actors, "
        f"{len(found)} leaks, foreign rows or uneven answers, seed {SEED} "
        f"({', '.join(f'{n:,} x {status}' for status, n in sorted(statuses.items()))})"
    )
    assert not found, f"seed {SEED}\n{len(found)} findings:\n" + "\n".join(each[:700] for each in found[:12])
    assert {200, 303} <= statuses.keys()


def test_staff_at_their_own_desk_do_see_it(world: DeskWorld, figure: Callable[[str], None]) -> None:
    """Otherwise the ring would prove nothing."""
    own = world.victims["home"]
    mine = world.at_home("manager")
    pages = desk_routes("GET")
    answers = run_all(world.office, [lambda r=r: mine.send("GET", path_for(r, own)) for r in pages])
    shown = [set(CANARY.findall(seen.everything.lower())) & own.canaries for seen in answers]
    figure(f"T1 staff: {sum(map(bool, shown))} of {len(pages)} pages show {len(set().union(*shown))} own texts")
    wrong = [f"{r.path} → {s.status}" for r, s in zip(pages, answers, strict=True) if s.status >= 500]
    assert wrong == []


def test_the_paths_of_the_console_name_things_that_are_known(world: DeskWorld) -> None:
    things = world.victims["home"].things
    for route in desk_routes():
        for name, kind in placeholders(route):
            known = kind != "uuid" or HOLES.get(name) in things
            assert known, f"{route.path}: say what {name} is in HOLES (desk_recipes.py) and make one in ring_desk.py"


def test_a_role_that_is_withdrawn_in_mid_session_opens_nothing_any_more(world: DeskWorld, oracle: Oracle) -> None:
    office, victim = world.office, world.victims["far"]
    staff = add_staff(office, {victim.portal.name: "manager"})
    introduce(staff, victim.portal)
    browser = desk_browser(office, staff, victim.portal)
    assert office.wait(browser.send("GET", "/home")).status == 200
    withdraw(office, staff, victim.portal)
    before = oracle.rows(victim.portal.name)
    without = [desk_csrf(office, next(iter(browser.cookies.values())), None), browser.csrf]
    answers = run_all(
        office,
        [
            lambda r=r, t=t: browser.send(r.method, path_for(r, victim), form=form_of(victim), csrf=t)
            for r in desk_routes()
            for t in without
        ],
    )
    assert {verdict(seen) for seen in answers if seen.status != 409} == {"seat"}
    assert oracle.rows(victim.portal.name) == before


def test_a_window_of_the_tenant_before_changes_nothing_in_the_next(world: DeskWorld, oracle: Oracle) -> None:
    """Forms of another seat's pages are stale (409), in both tenants."""
    office, here, there = world.office, world.victims["home"], world.victims["far"]
    mine = world.at_home("both")
    token = next(iter(mine.cookies.values()))
    before = oracle.rows(here.portal.name, there.portal.name)
    stale = (desk_csrf(office, token, there.portal), desk_csrf(office, token, None))
    answers = run_all(
        office,
        [
            lambda r=r, v=v, t=t: mine.send("POST", path_for(r, v), form=form_of(v), csrf=t)
            for r in desk_routes("POST")
            for v in (here, there)
            for t in stale
        ],
    )
    assert {seen.status for seen in answers} <= {409}
    assert oracle.rows(here.portal.name, there.portal.name) == before


def test_lower_roles_do_nothing_that_only_higher_ones_may(
    world: DeskWorld, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    """Every form with everything in it, of their own tenant: 403, and not a row changes."""
    own = world.victims["home"]
    policy = read_desk_policy()
    plans = []
    for role in ROLES:
        browser = world.at_home(role)
        for route in desk_routes("POST"):
            if role not in held_by(policy[f"POST {route.path}"]["who"]):
                plans += [(browser, route, turn) for turn in range(3)]
    before = oracle.rows(own.portal.name, world.office.name)
    answers = run_all(
        world.office,
        [lambda b=b, r=r, t=t: b.send("POST", path_for(r, own), form=form_of(own, t)) for b, r, t in plans],
    )
    assert {seen.status for seen in answers} <= {403}
    after = oracle.rows(own.portal.name, world.office.name)
    assert [place for place in differences(before, after) if place[0] != "login_session"] == []
    figure(f"T1 staff: {len(plans)} forms of higher roles sent by lower ones, all 403, 0 rows changed")


def held_by(permission: str) -> tuple[str, ...]:
    """The roles that hold a permission."""
    from deskkit import holders

    return holders(permission)


def test_the_judge_is_sharp(world: DeskWorld, oracle: Oracle) -> None:
    """A canary in an answer and a changed row are noticed."""
    victim = world.victims["far"]
    route = next(r for r in desk_routes() if r.name == "home")
    attempt = Try(world.at_home("reader"), route, "/home", ())
    canary = min(victim.canaries)
    seen = Seen(200, (), f"<p>{canary}</p>".encode(), 0.0)
    assert judged(victim, [attempt], [seen])
    assert judged(victim, [attempt], [Seen(503, (), b"", 0.0)])
    before = oracle.rows(victim.portal.name)
    oracle.change("UPDATE notice SET importance = 'urgent' WHERE tenant_id = %s", victim.portal.name)
    assert foreign_rows(before, oracle.rows(victim.portal.name), world, victim)
    assert re.fullmatch(CANARY, canary)
