"""The ring as a tool: build one, run it whole or in part, read what it found. Nothing here asserts.

    ring = build_ring(place, oracle, homes=("own",))          # one victim: about half a second
    found = run_ring(ring, oracle, routes={"bills-one"})      # or all routes, all attackers, all victims
    assert not found.anything, found.told()

A ring may be run again: attackers sign in anew each time, and only what a run itself changes counts.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from attackkit import Oracle, Rows, columns_changed, differences, run_all, session_of
from ring_attackers import Attacker, crowd_of
from ring_plans import ATTEMPTS, Findings, Judge, all_plans, in_portions
from ring_recipes import path_of
from ring_victims import CANARY, Victim, victim_of

from mypage.testing.portal import Portal
from portal_rows import add_account, add_bill, add_person

__all__ = ["CANARY", "SIZE", "Findings", "Ring", "Victim", "build_ring", "path_of", "run_ring", "victim_of"]

SIZE = int(os.environ.get("MYPAGE_RING_SIZE", "1"))
"""Multiplies the victim's objects and the ids that do not exist."""
SEED = int(os.environ.get("MYPAGE_RING_SEED", "7"))
"""Makes the ids that do not exist."""
OWN_ROWS = ("login_session", "card_setup", "draft", "audit_entry")
"""Tables in which an attacker's own rows come and go."""
SHOWN_TO_ALL = "SELECT name, number FROM customer WHERE id = %s"


@dataclass
class Ring:
    """Victims, and who attacks each of them from where."""

    victims: list[Victim]
    attackers: dict[str, list[Attacker]]
    """By the tenant of the victim."""
    own: dict[str, set[str]]
    """Ids of attackers in the tenant of a victim: their rows may change."""
    planted: dict[str, Rows] = field(default_factory=dict)
    """Every row of the tenant when the ring was built."""


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
        ring.attackers[here.name] = list(crowd_of(home, made, others, tokens, low))
        ring.own[here.name] = {str(i) for i in (other.account_id, low.account_id, other.customer_id)}
        ring.planted[here.name] = oracle.rows(here.name)
    return ring


def run_ring(
    ring: Ring,
    oracle: Oracle,
    *,
    routes: Collection[str] = (),
    attackers: Collection[str] = (),
    victims: Collection[Victim] = (),
    size: int = SIZE,
) -> Findings:
    """Make the attempts and say what was seen: in the small size as many as `ATTEMPTS`, which ones the seed says.

    A larger size makes all of them, and so do names of routes or labels of attackers, of their part.
    """
    part = bool(routes or attackers or victims) or size > 1
    found = Findings()
    hunted = list(victims or ring.victims)
    most = 0 if part else ATTEMPTS // len(hunted)
    before = {victim.portal.name: oracle.rows(victim.portal.name) for victim in hunted}
    for victim in hunted:
        name = victim.portal.name
        judge = Judge(found, victim, set(oracle.fetch(SHOWN_TO_ALL, victim.person.customer_id)[0]))
        crowd = [each.browser() for each in ring.attackers[name] if not attackers or each.label in attackers]
        for plans in in_portions(all_plans(victim, crowd, routes, size=size, seed=SEED, most=most)):
            answers = run_all(victim.portal, [lambda a=a, t=t, m=m: t.send(a, m) for a, t, m in plans])
            judge.look(plans, answers)
        judge.compare()
    for victim in hunted:
        name = victim.portal.name
        found.changes += foreign_changes(before[name], oracle.rows(name), ring.own[name], victim, ring.planted[name])
    return found


def foreign_changes(before: Rows, after: Rows, own: set[str], victim: Victim, planted: Rows) -> list[str]:
    """Rows of others that came, went or changed, and new rows that speak of the victim."""
    found = []
    for (table, key), (old, new) in differences(before, after).items():
        text = f"{old or ''}{new or ''}"
        # What an attack brought, such as the attackers' own counters, may change in the next one.
        if (table, key) not in planted and not any(each in text for each in (*victim.ids, *victim.canaries)):
            continue
        if table in OWN_ROWS and any(each in text for each in own):
            row = json.loads(new or old or "{}")
            if row.get("account_id") in own or row.get("actor") in own:
                continue
        found.append(f"{table} {key}: {sorted(columns_changed(old, new))} {old} → {new}")
    return found
