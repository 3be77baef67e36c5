"""Every form of the console comes from its own page, seat and origin, and no page that only shows writes (T7 for staff)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from attackkit import Oracle, Rows, browser, columns_changed, differences, run_all
from desk_recipes import desk_routes, form_of, path_for
from desk_world import DeskWorld, make_world
from deskkit import desk_browser, desk_csrf, desk_token

from mypage.server.routes import office_routes
from mypage.testing.portal import Portal
from mypage.web.routing import Route
from portal_rows import add_person

WRITES_OF_PAGES = {("login_session", "seen_at")}
"""What any page may write: that a session was used."""
LOOKS: dict[str, set[str]] = {
    "customer": {"desk.customer_seen"},
    "queue-export": {"work.exported"},
    "request-attachment": {"request.file_read"},
    "request-export": {"request.exported"},
    "trail-export": {"trail.exported"},
}
"""Pages whose being looked at is noted in the trail, by the name of the route: the actions that they may write."""


@pytest.fixture(scope="module")
def kept() -> dict[str, DeskWorld]:
    return {}


@pytest.fixture
def world(kept: dict[str, DeskWorld], place: Callable[..., Portal], oracle: Oracle) -> DeskWorld:
    if not kept:
        kept["world"] = make_world(place, oracle, "home", "far")
    return kept["world"]


def own_forms() -> tuple[Route, ...]:
    """All forms of desks, and those of the seat and of invitations."""
    return tuple(
        r for r in office_routes() if r.method == "POST" and (r.desk or "mypage.staff" in r.handler.__module__)
    )


def test_a_form_of_the_console_needs_the_token_of_its_session_and_seat(
    world: DeskWorld, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    office, own = world.office, world.victims["home"]
    mine = world.at_home("both")
    token = next(iter(mine.cookies.values()))
    other = desk_token(office, world.people["both"], own.portal)
    wrong = {
        "none": "",
        "garbage": "A" * 43,
        "cut": mine.csrf[:-1],
        "another session": desk_csrf(office, other, own.portal),
        "another person": world.at_home("manager").csrf,
        "another seat": desk_csrf(office, token, world.victims["far"].portal),
        "no seat": desk_csrf(office, token, None),
        "before the sign-in": desk_browser(office, None).csrf,
        "a customer": browser(own.portal, add_person(own.portal, "9999998")).csrf,
        "NUL": "\x00",
        "not ASCII": "０" * 43,
    }
    forms = own_forms()
    before = oracle.rows(own.portal.name, office.name)
    plans = [(route, kind, bad) for route in forms for kind, bad in wrong.items()]
    answers = run_all(
        office, [lambda r=r, b=b: mine.send("POST", path_for(r, own), form=form_of(own), csrf=b) for r, _, b in plans]
    )
    for (route, kind, _), seen in zip(plans, answers, strict=True):
        assert seen.status == 409, (route.path, kind, seen.status)
    by_query = [f"{path_for(r, own)}?_csrf={mine.csrf}" for r in forms]
    assert {s.status for s in run_all(office, [lambda p=p: mine.send("POST", p, csrf="") for p in by_query])} == {409}
    assert_untouched(oracle, before, own.portal, office)
    figure(f"T7 staff: {len(plans) + len(forms)} forged tokens, {len(forms)} forms, all refused, 0 rows changed")


def test_a_form_of_the_console_comes_from_its_own_pages(
    world: DeskWorld, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    office, own = world.office, world.victims["home"]
    mine, host = world.at_home("manager"), world.office.host
    wrong: list[dict[str, str]] = [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": own.portal.origin},
        {"origin": f"http://{host}"},
        {"origin": f"https://{host}:8443"},
        {"origin": f"https://{host}.evil.example"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"origin": f"https://{host}", "sec-fetch-site": "cross-site"},
    ]
    bodies = {"text/plain": f"_csrf={mine.csrf}", "application/json": f'{{"_csrf": "{mine.csrf}"}}', "": "_csrf=x"}
    forms = own_forms()
    before = oracle.rows(own.portal.name, office.name)
    posts = [
        lambda r=r, h=h: mine.send("POST", path_for(r, own), form=form_of(own), headers=h) for r in forms for h in wrong
    ] + [
        lambda r=r, k=k, b=b: mine.send("POST", path_for(r, own), body=b.encode(), headers={"content-type": k})
        for r in forms
        for k, b in bodies.items()
    ]
    answers = run_all(office, posts)
    assert {seen.status for seen in answers} == {409}
    assert_untouched(oracle, before, own.portal, office)
    figure(f"T7 staff: {len(posts)} forged origins and kinds of body, all refused, 0 rows changed")


def test_pages_of_the_console_write_nothing_but_that_somebody_looked(
    world: DeskWorld, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    office, own = world.office, world.victims["home"]
    crowd = [world.at_home(role) for role in ("reader", "agent", "manager")]
    office.clock.at += timedelta(minutes=4)
    pages = [route for route in office_routes() if route.method == "GET"]
    wrong, looks, requests = [], 0, 0
    noted = set[str]().union(*LOOKS.values())
    for quiet in (True, False):
        chosen = [route for route in pages if (route.name not in LOOKS) == quiet]
        before = oracle.rows(own.portal.name, office.name)
        plans = [(b, m, r) for b in crowd for r in chosen for m in ("GET", "HEAD")]
        run_all(office, [lambda b=b, m=m, r=r: b.send(m, path_for(r, own)) for b, m, r in plans])
        requests += len(plans)
        for (table, key), (old, new) in differences(before, oracle.rows(own.portal.name, office.name)).items():
            columns = {(table, column) for column in columns_changed(old, new)} if old and new else {(table, "*")}
            if not quiet and table == "audit_entry" and not old and json.loads(new or "{}").get("action") in noted:
                looks += 1
            elif not columns <= WRITES_OF_PAGES:
                wrong.append(f"{table} {key}: {old} → {new}")
    figure(f"T7 staff: {requests} requests of {len(pages)} pages by three roles, {looks} looks noted, 0 other writes")
    assert wrong == []


def test_with_the_right_token_the_same_forms_do_answer(world: DeskWorld) -> None:
    """Otherwise the refusals above would prove nothing. What answers 409 of itself says why on a page of its own."""
    office, own = world.office, world.victims["home"]
    headers = {"origin": f"https://{office.host}", "sec-fetch-site": "same-origin"}
    answers = run_all(
        office,
        [
            lambda r=r: world.at_home("manager").send("POST", path_for(r, own), form={}, headers=headers)
            for r in desk_routes("POST")
        ],
    )
    stale = office.wait(world.at_home("manager").send("POST", "/seat", form={}, csrf="x"))
    assert stale.status == 409
    for route, seen in zip(desk_routes("POST"), answers, strict=True):
        assert seen.status != 409 or len(seen.body) != len(stale.body), route.path


def assert_untouched(oracle: Oracle, before: Rows, *portals: Portal) -> None:
    """Nothing at all was written."""
    changed = differences(before, oracle.rows(*(portal.name for portal in portals)))
    assert not changed, list(changed.items())[:5]
