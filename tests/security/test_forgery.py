"""Every form refuses what was not sent from its own page, and no page that only reads writes (ASVS 3.5.1, 3.5.3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from attackkit import Browser, Oracle, Seen, browser, columns_changed, differences, jar_of, run_all, session_of

from mypage.billing.models import CardSetup
from mypage.lib.tokens import new_token, token_hash
from mypage.server.routes import all_routes
from mypage.testing.portal import NOON, Portal
from mypage.web.routing import Route
from portal_rows import Person, add_bill, add_card, add_contract, add_notice, add_person

FORMS = tuple(route for route in all_routes() if route.method == "POST")
PAGES = tuple(route for route in all_routes() if route.method == "GET")
FIELDS = {"password": "Abc12345", "login": "someone1", "current": "x", "operation": "0" * 32}
WRITES_OF_PAGES = {("login_session", "seen_at"), ("notice_read", "*")}
"""That a session was used, and that a notice was opened: the two writes that a page may cause."""


def fill(route: Route, ids: dict[str, str]) -> str:
    """The route's path with the owner's things in it."""
    return re.sub(r"\{([a-z_]+):[a-z]+\}", lambda hole: ids.get(hole[1], "mypage"), route.path)


def things(portal: Portal, person: Person) -> dict[str, str]:
    """One object of the person for every placeholder."""
    bill = add_bill(portal, person, date(2026, 10, 1), [("月額", 5000)])
    add_contract(portal, person, f"C{bill.hex[:6]}", [("ネット", "光", "active")])
    add_card(portal, person)
    notice = add_notice(portal, "件名", starts_at=NOON - timedelta(days=1), person=person)
    token = new_token()
    entry = CardSetup(
        tenant_id=portal.name, customer_id=person.customer_id, account_id=person.account_id, gateway="hosted-page",
        state="entered", return_token_hash=token_hash(token), reference="r", url="https://pay.example/", brand="visa",
        last4="4242", exp_month=7, exp_year=2030, created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    portal.run(lambda tx: tx.add(entry))
    return {
        "invoice_id": str(bill),
        "notice_id": str(notice),
        "setup_id": str(entry.id),
        "token": token,
        "session_id": str(entry.id),
        "kind": "password",
        "slug": "faq",
        "name": "x.png",
    }


def test_a_form_needs_the_token_of_this_browser_and_this_portal(place: Callable[..., Portal], oracle: Oracle) -> None:
    here, near = place(), place()
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
    plans = [(route, kind, token) for route in FORMS for kind, token in wrong.items()]
    answers = run_all(
        here, [lambda r=r, t=t: mine.send("POST", fill(r, ids), form=FIELDS, csrf=t) for r, _, t in plans]
    )
    for (route, kind, _), seen in zip(plans, answers, strict=True):
        assert seen.status == 409, (route.path, kind, seen.status)
    by_query = run_all(
        here, [lambda r=r: mine.send("POST", f"{fill(r, ids)}?_csrf={mine.csrf}", form=FIELDS, csrf="") for r in FORMS]
    )
    assert {seen.status for seen in by_query} == {409}
    assert_untouched(oracle, before, here, near)


def test_a_form_comes_from_our_own_pages(place: Callable[..., Portal], oracle: Oracle) -> None:
    here = place()
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
    plans = [(route, headers) for route in FORMS for headers in wrong]
    answers = run_all(
        here, [lambda r=r, h=h: mine.send("POST", fill(r, ids), form=FIELDS, headers=h) for r, h in plans]
    )
    for (route, headers), seen in zip(plans, answers, strict=True):
        assert seen.status == (421 if "host" in headers else 409), (route.path, headers, seen.status)
    assert_untouched(oracle, before, here)


def test_only_forms_are_read(place: Callable[..., Portal], oracle: Oracle) -> None:
    here = place()
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
    plans = [(route, kind, body) for route in FORMS for kind, body in bodies.items()]
    answers = run_all(
        here,
        [
            lambda r=r, k=k, b=b: mine.send("POST", fill(r, ids), body=b.encode(), headers={"content-type": k})
            for r, k, b in plans
        ],
    )
    assert {seen.status for seen in answers} == {409}
    assert_untouched(oracle, before, here)


def test_with_the_right_token_the_same_forms_do_answer(place: Callable[..., Portal]) -> None:
    """Otherwise the refusals above would prove nothing."""
    here = place()
    person = add_person(here)
    ids = things(here, person)

    async def one(route: Route, mine: Browser) -> Seen:
        headers = {"origin": f"https://{here.host}", "sec-fetch-site": "same-origin"}
        return await mine.send("POST", fill(route, ids) + "?scheme=mypage", form=FIELDS, headers=headers)

    taken = {}
    for route in FORMS:
        mine = browser(here, person)
        taken[route.name] = here.wait(one(route, mine)).status
    stale_by_content = {name for name, status in taken.items() if status == 409}
    assert stale_by_content <= {"register-confirm", "credentials-confirm", "card-confirm"}


def test_no_page_writes(place: Callable[..., Portal], oracle: Oracle) -> None:
    here = place()
    person = add_person(here)
    ids = things(here, person)
    mine, nobody = browser(here, person), browser(here)
    here.clock.at += timedelta(minutes=5)
    before = oracle.rows(here.name)
    paths = [fill(route, ids) for route in PAGES]
    plans = [(who, method, path) for who in (mine, nobody) for path in paths for method in ("GET", "HEAD")]
    run_all(here, [lambda w=w, m=m, p=p: w.send(m, p) for w, m, p in plans])
    changed = set()
    for (table, _), (old, new) in differences(before, oracle.rows(here.name)).items():
        columns = columns_changed(old, new) if old and new else {"*"}
        changed |= {(table, column) for column in columns}
    assert changed == WRITES_OF_PAGES


def test_a_session_of_another_portal_is_nobody(place: Callable[..., Portal]) -> None:
    here, near = place(), place()
    token = session_of(near, add_person(near))
    for name in (jar_of(near).name("session"), jar_of(here).name("session")):
        foreign = Browser(here.server, here.host, cookies={name: token})
        seen = here.wait(foreign.send("GET", "/home"))
        assert (seen.status, seen.header("location")) == (303, "/login")


def assert_untouched(oracle: Oracle, before: dict[tuple[str, str], str], *portals: Portal) -> None:
    """Nothing at all was written."""
    changed = differences(before, oracle.rows(*(portal.name for portal in portals)))
    assert not changed, list(changed.items())[:5]
