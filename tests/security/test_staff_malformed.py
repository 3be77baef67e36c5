"""What no browser sends, at the desks of the console: every route answers clearly, never with a 5xx (T19 for staff)."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from attackkit import Oracle
from desk_recipes import desk_routes, field_names, form_of, path_for, placeholders
from desk_world import DeskWorld, make_world
from test_malformed import NIGHT, SEED, TEXTS, judge, quoted

from mypage.testing.portal import Portal

BY_DAY = 450


@pytest.fixture
def world(place: Callable[..., Portal], oracle: Oracle) -> DeskWorld:
    return make_world(place, oracle, "home")


def test_what_no_browser_sends_is_answered_at_every_desk(world: DeskWorld, figure: Callable[[str], None]) -> None:
    own, mine = world.victims["home"], world.at_home("manager")
    forms = form_of(own)
    by_route: list[list[tuple[object, Callable[[], Any]]]] = []
    for route in desk_routes():
        made: list[tuple[object, Callable[[], Any]]] = []
        for kind, text in TEXTS.items():
            told = (route.method, route.path, kind)
            if placeholders(route):
                odd = re.sub(r"\{[^}]+\}", lambda _, t=text: quoted(t) or "-", route.path)
                made.append((told, lambda m=route.method, p=odd: mine.send(m, p, form={} if m == "POST" else None)))
            names = [name for name in field_names() if len(text) < 3_500 or name in ("reason", "body", "q", "note")]
            if route.method == "GET":
                query = "&".join(f"{name}={quoted(text[:200])}" for name in names)
                made.append((told, lambda p=f"{path_for(route, own)}?{query}": mine.send("GET", p)))
                continue
            body = f"_csrf={mine.csrf}&" + "&".join(f"{name}={quoted(text)}" for name in names)
            made.append((told, lambda p=path_for(route, own), b=body: mine.send("POST", p, body=b.encode())))
            # One bad field among good ones comes further than bad ones alone.
            chance = random.Random(f"{SEED} {route.name} {kind}")
            one = {**forms, chance.choice(field_names()): text.decode("utf-8", "surrogateescape")}
            body = f"_csrf={mine.csrf}&" + "&".join(
                f"{name}={quoted(str(value).encode('utf-8', 'surrogateescape'))}" for name, value in one.items()
            )
            made.append((told, lambda p=path_for(route, own), b=body: mine.send("POST", p, body=b.encode())))
        by_route.append(made)
    each = max(6, BY_DAY // len(by_route))
    work = [
        one
        for number, made in enumerate(by_route)
        for one in (made if NIGHT else random.Random(f"{SEED} {number}").sample(made, min(each, len(made))))
    ]
    statuses = judge(world.office, work)
    spread = ", ".join(f"{n:,} x {status}" for status, n in sorted(statuses.items()))
    figure(
        f"T19 staff: {statuses.total():,} malformed requests, {len(by_route)} routes, 0 x 5xx, seed {SEED} ({spread})"
    )
    assert statuses.total() >= 6 * len(by_route)
