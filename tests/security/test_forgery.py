"""Every form refuses what was not sent from its own page, and no page that only reads writes (ASVS 3.5.1, 3.5.3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from attackkit import Browser, Oracle, Rows, Seen, browser, columns_changed, differences, jar_of, run_all, session_of
from belongings import fill, things

from mypage.hooks.permissions import PUBLIC
from mypage.lib.tokens import new_token
from mypage.server.routes import all_routes, routes_for
from mypage.testing.portal import Portal
from mypage.web.routing import Route
from payment.payment_bench import Clock, Customer, running
from portal_rows import add_person, operator_of

FORMS = tuple(route for route in all_routes() if route.method == "POST" and not route.signed)
OPERATORS = ("ucom", "ocn", "usen", "nagi")
"""Operators whose portals together have every route; each form is tried at the first that has it."""
WITH_CODES = ("actv", *OPERATORS)
"""The same behind one at which customers register by a code on paper."""
STALE_BY_CONTENT = {
    "register-confirm", "credentials-confirm", "card-confirm", "profile-confirm", "accounts-new-confirm",
    "termination-confirm", "request-confirm",
}  # fmt: skip
"""Forms of drafts: nobody's draft is as stale as a form of another page."""
PAGES = tuple(route for route in all_routes() if route.method == "GET")
FIELDS = {"password": "Abc12345", "login": "someone1", "current": "x", "operation": "0" * 32}
WRITES_OF_PAGES = {("login_session", "seen_at"), ("notice_read", "*")}
"""That a session was used, and that a notice was opened: the two writes that a page may cause (decision 0005)."""
WRITES_OF_CARD_PAGES = {
    "nothing yet": {"updated_at"},
    "entered": {"state", "brand", "last4", "exp_month", "exp_year", "updated_at"},
    "cancelled": {"state", "updated_at"},
}
"""What the payment company's answer writes into the one card entry, while its customer comes back or waits."""


@pytest.fixture(params=OPERATORS)
def operator(request: pytest.FixtureRequest) -> str:
    """Whose portal is attacked."""
    return str(request.param)


def forms_at(here: Portal, operators: tuple[str, ...] = OPERATORS) -> tuple[Route, ...]:
    """The forms of a portal that none of the operators before has."""
    name = operator_of(here).name
    earlier = {route for each in operators[: operators.index(name)] for route in served(here, each)}
    return tuple(route for route in FORMS if route.name in served(here, name) - earlier)


def served(here: Portal, operator: str) -> set[str]:
    """Names of the forms that an operator's portals have."""
    return {r.name for r in routes_for(here.server.compiled.operators[operator]) if r.method == "POST"}


def test_a_form_needs_the_token_of_this_browser_and_this_portal(
    place: Callable[..., Portal], oracle: Oracle, operator: str, figure: Callable[[str], None]
) -> None:
    here, near = place(operator), place(operator)
    forms = forms_at(here)
    assert forms
    person, neighbour = add_person(here), add_person(here, "1000002")
    ids = things(here, person)
    mine = browser(here, person)
    ended = browser(here, person)
    here.wait(ended.send("POST", "/logout"))
    mine.keep_cookies = False
    signed_out = browser(here)
    wrong = {
        "none": "",
        "garbage": "A" * 43,
        "cut": mine.csrf[:-1],
        "another session of the account": browser(here, person).csrf,
        "another customer": browser(here, neighbour).csrf,
        "another portal": browser(near, add_person(near)).csrf,
        "before login": signed_out.csrf,
        "a session that has ended": ended.csrf,
        "NUL": "\x00",
        "not ASCII": "０" * 43,
    }
    before = oracle.rows(here.name, near.name)
    plans = [(route, kind, token) for route in forms for kind, token in wrong.items()]
    answers = run_all(
        here, [lambda r=r, t=t: mine.send("POST", fill(r, ids), form=FIELDS, csrf=t) for r, _, t in plans]
    )
    for (route, kind, _), seen in zip(plans, answers, strict=True):
        assert seen.status == 409, (route.path, kind, seen.status)
    by_query = run_all(
        here, [lambda r=r: mine.send("POST", f"{fill(r, ids)}?_csrf={mine.csrf}", form=FIELDS, csrf="") for r in forms]
    )
    assert {seen.status for seen in by_query} == {409}
    figure(
        f"T7 forged tokens: {len(plans) + len(forms)} posts, {len(forms)} changing routes, all refused, 0 rows changed"
    )
    assert_untouched(oracle, before, here, near)


def test_a_form_comes_from_our_own_pages(
    place: Callable[..., Portal], oracle: Oracle, operator: str, figure: Callable[[str], None]
) -> None:
    here = place(operator)
    forms = forms_at(here)
    person = add_person(here)
    ids, mine = things(here, person), browser(here, person)
    mine.keep_cookies = False
    wrong = [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"https://evil.{here.host}"},
        {"origin": f"https://{here.host}.evil.example"},
        {"origin": f"https://{here.host}:8443"},
        {"origin": f"http://{here.host}"},
        {"origin": f"https://user@{here.host}"},
        {"origin": "https://[::1"},
        {"origin": ""},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "nonsense"},
        {"origin": f"https://{here.host}", "sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example", "host": "evil.example"},
    ]
    before = oracle.rows(here.name)
    plans = [(route, headers) for route in forms for headers in wrong]
    answers = run_all(
        here, [lambda r=r, h=h: mine.send("POST", fill(r, ids), form=FIELDS, headers=h) for r, h in plans]
    )
    for (route, headers), seen in zip(plans, answers, strict=True):
        assert seen.status == (421 if "host" in headers else 409), (route.path, headers, seen.status)
    # Browsers too old to say where a form comes from are believed by its token alone.
    old = run_all(here, [lambda r=r: mine.send("POST", fill(r, ids), form=FIELDS, csrf="A" * 43) for r in forms])
    assert {seen.status for seen in old} == {409}
    assert_untouched(oracle, before, here)
    figure(
        f"T7 forged origins: {len(plans) + len(old)} posts, {len(forms)} changing routes, all refused, 0 rows changed"
    )


def test_only_forms_are_read(place: Callable[..., Portal], oracle: Oracle, operator: str) -> None:
    here = place(operator)
    forms = forms_at(here)
    person = add_person(here)
    ids, mine = things(here, person), browser(here, person)
    mine.keep_cookies = False
    bodies = {
        "text/plain": f"_csrf={mine.csrf}",
        "application/json": f'{{"_csrf": "{mine.csrf}"}}',
        "multipart/form-data; boundary=x": f'--x\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\n{mine.csrf}\r\n--x--',
        "": f"_csrf={mine.csrf}",
    }
    before = oracle.rows(here.name)
    plans = [
        (route, kind, body)
        for route in forms
        for kind, body in bodies.items()
        # A form with files is sent as that kind.
        if not (route.uploads and kind.startswith("multipart/"))
    ]
    answers = run_all(
        here,
        [
            lambda r=r, k=k, b=b: mine.send("POST", fill(r, ids), body=b.encode(), headers={"content-type": k})
            for r, k, b in plans
        ],
    )
    assert {seen.status for seen in answers} == {409}
    assert_untouched(oracle, before, here)


def test_every_route_is_tried_somewhere(place: Callable[..., Portal]) -> None:
    here = place(OPERATORS[0])
    assert {route.name for route in FORMS} <= set[str]().union(*(served(here, each) for each in OPERATORS))


def test_what_takes_no_form_asks_for_a_signature(place: Callable[..., Portal], oracle: Oracle) -> None:
    here = place(OPERATORS[0])
    mine = browser(here, add_person(here))
    mine.keep_cookies = False
    signed = [route for route in all_routes() if route.signed]
    before = oracle.rows(here.name)
    answers = run_all(here, [lambda r=r: mine.send("POST", r.path, form=FIELDS) for r in signed])
    # Nobody's reports are awaited at a portal whose services no other system switches.
    assert [(seen.status, seen.header("set-cookie")) for seen in answers] == [(404, "")] * len(signed)
    assert {route.permission for route in signed} == {PUBLIC}
    assert_untouched(oracle, before, here)


@pytest.mark.parametrize("operator", WITH_CODES)
def test_with_the_right_token_the_same_forms_do_answer(place: Callable[..., Portal], operator: str) -> None:
    """Otherwise the refusals above would prove nothing."""
    here = place(operator)
    person = add_person(here)
    ids = things(here, person)

    async def one(route: Route, mine: Browser) -> Seen:
        headers = {"origin": f"https://{here.host}", "sec-fetch-site": "same-origin"}
        return await mine.send("POST", fill(route, ids) + f"?scheme={ids['scheme']}", form=FIELDS, headers=headers)

    taken = {}
    for route in forms_at(here, WITH_CODES):
        mine = browser(here, person)
        taken[route.name] = here.wait(one(route, mine)).status
    stale_by_content = {name for name, status in taken.items() if status == 409}
    assert stale_by_content <= STALE_BY_CONTENT, operator


def test_no_page_writes(place: Callable[..., Portal], oracle: Oracle, figure: Callable[[str], None]) -> None:
    here = place()
    person = add_person(here)
    ids = things(here, person)
    mine, nobody = browser(here, person), browser(here)
    here.clock.at += timedelta(minutes=5)
    before = oracle.rows(here.name)
    requests = read_all(here, ids, (mine, nobody))
    assert writes(before, oracle.rows(here.name)) == WRITES_OF_PAGES
    figure(
        f"T7 writes on GET: {requests} requests, {len(PAGES)} pages, signed in and out, "
        f"only {sorted('.'.join(each) for each in WRITES_OF_PAGES)}"
    )


@pytest.mark.parametrize("outcome", WRITES_OF_CARD_PAGES)
def test_pages_of_an_open_card_entry_write_what_the_payment_company_says(
    place: Callable[..., Portal], oracle: Oracle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, outcome: str
) -> None:
    """With the real company: an entry is `sent`, something happens at the company, then every page is read."""
    with running(tmp_path, Clock()) as company:
        monkeypatch.setenv("MYPAGE_TEST_PAYMENT_KEY", "demo-key")
        payment = {"adapter": "hosted-page", "base_url": company.url, "key_env": "MYPAGE_TEST_PAYMENT_KEY"}
        here = place(extensions={"payment": payment})
        person, neighbour = add_person(here), add_person(here, "1000002")
        ids, mine = things(here, person), browser(here, person)
        oracle.change("DELETE FROM card_setup WHERE tenant_id = %s", here.name)
        sent = here.wait(mine.send("POST", "/card/start", form={"operation": new_token()}))
        assert sent.header("location").startswith(company.url)
        entry, state = oracle.fetch("SELECT id, state FROM card_setup WHERE tenant_id = %s", here.name)[0]
        assert state == "sent"
        back = at_the_company(Customer(sent.header("location")), outcome)
        ids |= {"setup_id": str(entry), "token": back.rpartition("/")[2].partition("?")[0] or "none"}
        here.clock.at += timedelta(seconds=30)
        before = oracle.rows(here.name)
        read_all(here, ids, (browser(here, neighbour), browser(here)))
        changed = writes(before, oracle.rows(here.name))
        assert {table for table, _ in changed} <= {"login_session"}, "what others read writes nothing"
        before = oracle.rows(here.name)
        read_all(here, ids, (mine,))
        after = oracle.rows(here.name)
    expected = {("card_setup", column) for column in WRITES_OF_CARD_PAGES[outcome]} | {("notice_read", "*")}
    assert writes(before, after) == expected
    assert [key for (table, key), _ in differences(before, after).items() if table == "card_setup"] in (
        [], [f'["{here.name}", "{entry}"]'],
    )  # fmt: skip


def at_the_company(customer: Customer, outcome: str) -> str:
    """What the customer does there; the way back, empty when the window is just left open."""
    if outcome == "nothing yet":
        return ""
    seen = customer.cancel() if outcome == "cancelled" else customer.type("4242424242424242", brand="visa")
    assert seen.status_code == 303, seen.text
    return str(seen.headers["location"])


def read_all(here: Portal, ids: dict[str, str], crowd: tuple[Browser, ...]) -> int:
    """GET and HEAD of every page; returns how many requests that were."""
    paths = [fill(route, ids) for route in PAGES]
    plans = [(who, method, path) for who in crowd for path in paths for method in ("GET", "HEAD")]
    run_all(here, [lambda w=w, m=m, p=p: w.send(m, p) for w, m, p in plans])
    return len(plans)


def writes(before: Rows, after: Rows) -> set[tuple[str, str]]:
    """(table, column) of what changed; a column * is a whole row that came or went."""
    found = set()
    for (table, _), (old, new) in differences(before, after).items():
        columns = columns_changed(old, new) if old and new else {"*"}
        found |= {(table, column) for column in columns}
    return found


def test_a_session_of_another_portal_is_nobody(place: Callable[..., Portal]) -> None:
    here, near = place(), place()
    token = session_of(near, add_person(near))
    for name in (jar_of(near).name("session"), jar_of(here).name("session")):
        foreign = Browser(here.server, here.host, cookies={name: token})
        seen = here.wait(foreign.send("GET", "/home"))
        assert (seen.status, seen.header("location")) == (303, "/login")


def assert_untouched(oracle: Oracle, before: Rows, *portals: Portal) -> None:
    """Nothing at all was written."""
    changed = differences(before, oracle.rows(*(portal.name for portal in portals)))
    assert not changed, list(changed.items())[:5]
