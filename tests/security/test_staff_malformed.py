"""What no browser sends, at the desks of the console: every route answers clearly, never with a 5xx (T19 for staff)."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from attackkit import Browser, Oracle
from desk_recipes import desk_routes, field_names, form_of, path_for, placeholders
from desk_world import DeskWorld, make_world
from ring_victims import Victim
from test_malformed import SEED, TEXTS, judge, quoted, some

from mypage.testing.portal import Portal
from mypage.web.routing import Route

BY_DAY = 600
Work = tuple[object, Callable[[], Any]]


@pytest.fixture
def world(place: Callable[..., Portal], oracle: Oracle) -> DeskWorld:
    return make_world(place, oracle, "home")


def odd_requests(route: Route, own: Victim, mine: Browser) -> Iterator[Work]:
    """Each text in the path, in every field of query or form, and in one field among good ones, which comes further."""
    good, where = form_of(own), path_for(route, own)
    for kind, text in TEXTS.items():
        told = (route.method, route.path, kind)
        if placeholders(route):
            odd = re.sub(r"\{[^}]+\}", lambda _, t=text: quoted(t) or "-", route.path)
            yield told, partial(mine.send, route.method, odd, form={} if route.method == "POST" else None)
        chosen = random.Random(f"{SEED} {route.name} {kind}").choice(field_names())
        if route.method == "GET":
            query = "&".join(f"{name}={quoted(text[:200])}" for name in field_names())
            yield told, partial(mine.send, "GET", f"{where}?{query}")
            yield told, partial(mine.send, "GET", f"{where}?{chosen}={quoted(text[:2_000])}")
            continue
        names = field_names() if len(text) < 3_500 else ("reason", "body", "q", "note")
        every = "&".join(f"{name}={quoted(text)}" for name in names)
        one = "&".join(f"{n}={quoted(text if n == chosen else v.encode())}" for n, v in good.items())
        for body in (every, one):
            yield told, partial(mine.send, "POST", where, body=f"_csrf={mine.csrf}&{body}".encode())


def test_what_no_browser_sends_is_answered_at_every_desk(world: DeskWorld, figure: Callable[[str], None]) -> None:
    own, mine = world.victims["home"], world.at_home("manager")
    by_route = [list(odd_requests(route, own, mine)) for route in desk_routes()]
    each = max(6, BY_DAY // len(by_route))
    work = [one for number, made in enumerate(by_route) for one in some(made, each, str(number))]
    statuses = judge(world.office, work)
    spread = ", ".join(f"{n:,} x {status}" for status, n in sorted(statuses.items()))
    figure(
        f"T19 staff: {statuses.total():,} malformed requests, {len(by_route)} routes, 0 x 5xx, seed {SEED} ({spread})"
    )
    assert statuses.total() >= 6 * len(by_route)
