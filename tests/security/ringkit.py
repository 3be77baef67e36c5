"""The ring as a tool: build one, run it whole or in part, read what it found. Nothing here asserts.

    ring = build_ring(place, oracle, homes=("own",))          # one victim: about half a second
    found = run_ring(ring, oracle, routes={"bills-one"})      # or all routes, all attackers, all victims
    assert not found.anything, found.told()

A ring may be run again: attackers sign in anew each time, and only what a run itself changes counts.
"""

from __future__ import annotations

import json
import os
import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from attackkit import Browser, Oracle, Seen, browser, columns_changed, differences, jar_of, run_all, session_of
from ring_recipes import AT_HOME_ANYBODY, Attempt, attempts, path_of
from ring_victims import CANARY, Victim, victim_of

from mypage.server.routes import all_routes
from mypage.testing.portal import Portal
from mypage.web.routing import Route
from portal_rows import Person, add_account, add_bill, add_person

__all__ = ["CANARY", "SIZE", "Findings", "Ring", "Victim", "build_ring", "path_of", "run_ring", "victim_of"]

SIZE = int(os.environ.get("MYPAGE_RING_SIZE", "1"))
"""Multiplies the victim's objects and the ids that do not exist."""
SEED = int(os.environ.get("MYPAGE_RING_SEED", "7"))
"""Makes the ids that do not exist."""
METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
SESSION_ENDERS = ("sessions-end", "logout")
"""Come last: who tried them is signed out."""
OWN_ROWS = ("login_session", "card_setup", "draft", "audit_entry")
"""Tables in which an attacker's own rows come and go."""


@dataclass(frozen=True)
class Attacker:
    """Somebody at a portal; `cookies` are carried besides or instead of a session there."""

    label: str
    at: Portal
    person: Person | None = None
    cookies: tuple[tuple[str, str], ...] = ()

    def browser(self) -> Browser:
        """A fresh browser, signed in anew."""
        if not self.cookies:
            return browser(self.at, self.person, label=self.label)
        made = Browser(self.at.server, self.at.host, self.at.prefix, dict(self.cookies), label=self.label)
        opened: Browser = self.at.wait(made.open())
        return opened


@dataclass
class Ring:
    """Victims, and who attacks each of them from where."""

    victims: list[Victim]
    attackers: dict[str, list[Attacker]]
    """By the tenant of the victim."""
    own: dict[str, set[str]]
    """Ids of attackers in the tenant of a victim: their rows may change."""


@dataclass
class Findings:
    """What a run saw; every list names attacker, attempt and answer."""

    attempts: Counter[str] = field(default_factory=Counter)
    """By the attacker's label."""
    leaks: list[str] = field(default_factory=list)
    """Answers with a victim's canary."""
    changes: list[str] = field(default_factory=list)
    """Rows of others that came, went or changed."""
    uneven: list[str] = field(default_factory=list)
    """A foreign id is answered otherwise than one that does not exist, by status or length."""
    errors: list[str] = field(default_factory=list)
    """Answers with a 5xx."""

    @property
    def anything(self) -> bool:
        """Whether a guard is missing."""
        return bool(self.leaks or self.changes or self.uneven or self.errors)

    def told(self, most: int = 5) -> str:
        """The first of each kind, for a failing test."""
        kinds = {"leaks": self.leaks, "changes": self.changes, "uneven": self.uneven, "errors": self.errors}
        lines = [f"{len(all_of)} {kind}: {each}" for kind, all_of in kinds.items() for each in all_of[:most]]
        return "\n".join([f"seed {SEED}, size {SIZE}", *lines])


def build_ring(
    place: Callable[..., Portal],
    oracle: Oracle,
    *,
    homes: Sequence[str] = ("own", "left", "nagi"),
    portals: Sequence[str] = ("own", "near", "left", "right", "nagi"),
) -> Ring:
    """Victims at `homes`; attackers there and at every other of `portals`.

    `own` and `near` are alone on their hosts, `left` and `right` share one, `nagi` is another operator's.
    """
    shared = f"shared{uuid.uuid4().hex[:8]}.example"
    where: dict[str, tuple[str, dict[str, str]]] = {
        "own": ("actv", {}),
        "near": ("actv", {}),
        "left": ("actv", {"prefix": "/left", "host": shared}),
        "right": ("actv", {"prefix": "/right", "host": shared}),
        "nagi": ("nagi", {}),
    }
    made = {name: place(where[name][0], **where[name][1]) for name in portals}
    victims = {name: victim_of(made[name], oracle, f"200000{i}", size=SIZE) for i, name in enumerate(homes)}
    others = {name: add_person(portal, "9999999", name="攻撃者") for name, portal in made.items()}
    for name, person in others.items():
        add_bill(made[name], person, date(2026, 10, 1), [("攻撃者の月額", 1000)])
    tokens = {name: session_of(made[name], person) for name, person in others.items()}
    ring = Ring(list(victims.values()), {}, {})
    for home, victim in victims.items():
        here, other = victim.portal, others[home]
        low = add_account(here, victim.person, "nobody")
        crowd = [Attacker("anonymous", here), Attacker("other customer", here, other)]
        crowd.append(Attacker("without permission", here, low))
        for name, portal in made.items():
            if name == home:
                continue
            crowd.append(Attacker(f"{name} at its own host", portal, others[name]))
            if portal.host == here.host or name == "near":
                # The foreign cookie as it is, and its token under the name of the victim's cookie.
                for cookie in (jar_of(portal).name("session"), jar_of(here).name("session")):
                    crowd.append(Attacker(f"{name} here", here, cookies=((cookie, tokens[name]),)))
        ring.attackers[here.name] = crowd
        ring.own[here.name] = {str(i) for i in (other.account_id, low.account_id, other.customer_id)}
    return ring


Plan = tuple[Browser, Attempt, str]


def run_ring(
    ring: Ring,
    oracle: Oracle,
    *,
    routes: Collection[str] = (),
    attackers: Collection[str] = (),
    victims: Collection[Victim] = (),
    size: int = SIZE,
) -> Findings:
    """Make every attempt and say what was seen; by names of routes and labels of attackers only a part of them."""
    found = Findings()
    chosen = [route for route in all_routes() if not routes or route.name in routes]
    chance = random.Random(SEED)
    missing = tuple(str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(1 + size))
    hunted = list(victims or ring.victims)
    before = {victim.portal.name: oracle.rows(victim.portal.name) for victim in hunted}
    for victim in hunted:
        name = victim.portal.name
        crowd = [each.browser() for each in ring.attackers[name] if not attackers or each.label in attackers]
        shown_to_all = set(
            oracle.fetch("SELECT name, number FROM customer WHERE id = %s", victim.person.customer_id)[0]
        )
        for last in (None, *SESSION_ENDERS):
            now = [route for route in chosen if (route.name if route.name in SESSION_ENDERS else None) == last]
            plans = [p for attacker in crowd for route in now for p in planned(victim, attacker, route, missing, size)]
            plans += [p for attacker in crowd[:2] for p in _undeclared(victim, attacker, now)]
            answers = run_all(victim.portal, [lambda a=a, t=t, m=m: t.send(a, m) for a, t, m in plans])
            _judge(found, victim, plans, answers, shown_to_all)
    for victim in hunted:
        name = victim.portal.name
        found.changes += foreign_changes(before[name], oracle.rows(name), ring.own[name], victim)
    return found


def planned(
    victim: Victim, attacker: Browser, route: Route, missing: tuple[str, ...], size: int = SIZE
) -> Iterator[Plan]:
    """What an attacker tries at a route. In the small size, of many ids in queries and forms every fifth."""
    home = (attacker.host, attacker.prefix) == (victim.portal.host, victim.portal.prefix)
    if home and f"{route.method} {route.name}" in AT_HOME_ANYBODY:
        return
    for number, attempt in enumerate(attempts(victim, route, missing, at_home=home, size=size)):
        if size == 1 and not attempt.subject and number > 2 and number % 5:
            continue
        yield attacker, attempt, route.method
        if attempt.subject == victim.ids[0] and route.method == "GET":
            yield attacker, attempt, "HEAD"


def _undeclared(victim: Victim, attacker: Browser, routes: Sequence[Route]) -> Iterator[Plan]:
    """Every method that a path does not have."""
    everything = all_routes()
    for route in routes:
        declared = {each.method for each in everything if each.path == route.path} | {"HEAD"}
        for method in METHODS:
            if method not in declared:
                yield attacker, Attempt(route, path_of(route, victim), {}), method


def _judge(found: Findings, victim: Victim, plans: list[Plan], answers: list[Seen], shown: set[str]) -> None:
    sizes: dict[tuple[str, ...], dict[tuple[int, int], str]] = defaultdict(dict)
    for (attacker, attempt, method), seen in zip(plans, answers, strict=True):
        found.attempts[attacker.label] += 1
        told = f"{attacker.label}: {method} {attempt.path} {dict(attempt.fields)} → {seen.status}"
        if seen.status >= 500 and not (seen.status == 503 and attempt.route.name.startswith("card")):
            found.errors.append(told)
        allowed = set(CANARY.findall(f"{attempt.path} {attempt.fields}"))
        if attacker.label == "without permission":
            # What the header shows to every account of a customer.
            allowed |= shown
        canaries = (set(CANARY.findall(seen.everything.lower())) & victim.canaries) - allowed
        if canaries:
            found.leaks.append(f"{told}: {sorted(canaries)}")
        if attempt.subject:
            fields = str(dict(attempt.fields)).replace(attempt.subject, "")
            key = (str(id(attacker)), attacker.label, method, attempt.route.name, fields)
            sizes[key].setdefault((seen.status, len(seen.body)), attempt.subject)
    for key, kinds in sizes.items():
        if len(kinds) > 1:
            told = ", ".join(f"{status} with {length} bytes for {each}" for (status, length), each in kinds.items())
            found.uneven.append(f"{' '.join(key[1:])}: {told}")


def foreign_changes(before: dict[Any, str], after: dict[Any, str], own: set[str], victim: Victim) -> list[str]:
    """Rows of others that came, went or changed, and new rows that speak of the victim."""
    found = []
    for (table, key), (old, new) in differences(before, after).items():
        text = f"{old or ''}{new or ''}"
        if old is None and not any(each in text for each in (*victim.ids, *victim.canaries)):
            continue
        if table in OWN_ROWS and any(each in text for each in own):
            row = json.loads(new or old or "{}")
            if row.get("account_id") in own or row.get("actor") in own:
                continue
        found.append(f"{table} {key}: {columns_changed(old, new)}")
    return found
