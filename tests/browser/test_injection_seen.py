"""T22 in a real Chromium: hostile texts in every field, looked at on every page and in mails; nothing runs, loads or moves."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, Request, Route
from portal_stack import Site, Stack, _deploy
from sample_people import People, Person
from surfing import Surfer, Surfers

from mypage.auth.factors.models import SecondFactor
from mypage.auth.models import Account, Credential
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.lib.clock import SystemClock
from mypage.mail.composing import compose
from mypage.mail.errors import BadMail
from mypage.mail.service import Outgoing
from mypage.mail.values import pack_values
from mypage.server.routes import all_routes
from mypage.testing.database import TestDatabase
from security.injection_kit import CHUNK, MARK, PAYLOADS, chunks, fields, harmless, infect

TELL = """
window.__ran = [];
for (const name of ["xqz", "alert", "confirm", "prompt", "print"])
  window[name] = (...said) => { (window.top || window).__ran.push([name, location.href, String(said)]); };
"""
COUNT = """
() => [
  document.querySelectorAll("*").length - document.querySelectorAll("main p br, main p a[rel]").length,
  (window.__ran || []).length,
]
"""
FRAMED = 3
"""The elements of every document: html, head, body."""
FACTORS = 3
EVERYWHERE = ("display", "bills-csv", "factors-codes-file")
"""Routes of files and of a mere redirect."""


@dataclass
class Lookout:
    """Notes what must not happen in a browser: dialogs, requests elsewhere."""

    seen: list[str] = field(default_factory=list)

    def over(self, surfer: Surfer) -> Lookout:
        surfer.context.add_init_script(TELL)
        surfer.context.on("request", self._asked)
        surfer.page.on("dialog", lambda dialog: (self.seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
        return self

    def _asked(self, request: Request) -> None:
        if "evil.example" in request.url or (MARK in request.url and not request.is_navigation_request()):
            self.seen.append(f"request {request.url}")


@pytest.fixture(scope="module")
def site(stack: Stack, test_database: TestDatabase) -> Site:
    """A portal of its own: every row of the tenant gets hostile texts."""
    made = replace(stack.actv, tenant="browser-inject", host="inject.localhost")
    _deploy(test_database, made, stack.gateway_url)
    return made


@pytest.fixture
def change(test_database: TestDatabase) -> Iterator[Callable[..., Any]]:
    """Runs a statement as the superuser."""
    with psycopg.connect(test_database.admin.replace("+psycopg", ""), autocommit=True) as connection:
        yield lambda sql, *values: connection.execute(sql, values or None)


@pytest.fixture
def surfer(browser: Browser, stack: Stack, people: People, site: Site, surfers: Surfers) -> Surfer:
    """Somebody with many rows of everything, signed in."""
    surfer = surfers.open(site)
    for _ in range(200):
        if surfer.go("/login").status == 200:
            break
        surfer.page.wait_for_timeout(50)
    person = people.rich(site)
    people.load(site, more_rows(person))
    surfer.log_in(person)
    surfers.open(site).log_in(person)
    with unit(stack.engine, Scope(site.tenant, SystemClock(), Actor("system", "test"), "test")) as tx:
        _add_factors(tx, person)
    return surfer


def more_rows(person: Person) -> list[dict[str, Any]]:
    """A row for each text of a load."""
    lines: list[dict[str, Any]] = []
    for number in range(CHUNK):
        lines.append(
            {
                "type": "contract", "customer": person.number, "number": f"X{number}-{person.number}", "name": "x",
                "place": "x", "details": {"x": "x"}, "services": [{"category": "x", "name": "x"}],
            }
        )  # fmt: skip
        lines.append(
            {
                "type": "notice", "key": f"x{number}-{person.number}", "title": "x", "body": "x", "title_en": "x",
                "body_en": "x", "importance": "urgent", "starts_at": "2026-01-01T00:00:00+09:00",
            }
        )  # fmt: skip
    positions = [{"description": "x", "amount": 1, "period_text": "x"} for _ in range(CHUNK)]
    lines.append(
        {
            "type": "invoice", "customer": person.number, "number": f"X-{person.number}", "month": "2026-01",
            "issued_on": "2026-01-10", "status": "paid", "note": "x", "lines": positions,
        }
    )  # fmt: skip
    return lines


def _add_factors(tx: Tx, person: Person) -> None:
    account = tx.query(Account).join(Credential, Credential.account_id == Account.id).filter(
        Account.tenant_id == tx.tenant, Credential.tenant_id == tx.tenant, Credential.login_id == person.login
    ).one()  # fmt: skip
    for _ in range(FACTORS):
        tx.add(SecondFactor(tenant_id=tx.tenant, account_id=account.id, kind="totp", name="x", created_at=tx.now()))


def paths(change: Callable[..., Any], tenant: str) -> list[str]:
    """Every page: those with a fixed address, and of each kind of row the one with the longest text."""

    def longest(table: str, order: str) -> Any:
        return change(f"SELECT id FROM {table} WHERE tenant_id = %s ORDER BY {order} DESC LIMIT 1", tenant).fetchone()[
            0
        ]

    lines = "(SELECT count(*) FROM invoice_line l WHERE l.tenant_id = invoice.tenant_id AND l.invoice_id = invoice.id)"
    bill, notice, factor = (
        longest("invoice", lines),
        longest("notice", "length(body)"),
        longest("second_factor", "length(name)"),
    )
    fixed = [r.path for r in all_routes() if r.method == "GET" and "{" not in r.path and r.name not in EVERYWHERE]
    named = ["/register/mypage", "/recover/password", "/recover/login-id", "/pages/faq", "/notices?page=2"]
    return [*fixed, *named, f"/bills/{bill}", f"/invoices/{bill}", f"/notices/{notice}", f"/factors/{factor}"]


def look(surfer: Surfer, path: str) -> tuple[int, int]:
    """Open a page; how many elements it has apart from line ends and links of running text, and how many scripts ran."""
    surfer.go(path)
    elements, ran = surfer.page.evaluate(COUNT)
    return elements, ran


def test_no_page_runs_loads_or_moves(
    surfer: Surfer, site: Site, change: Callable[..., Any], figure: Callable[[str], None]
) -> None:
    lookout = Lookout().over(surfer)
    surfer.watch.expected.update((404, 422))
    infect(change, site.tenant, [f"{harmless(text)}{n}" for n, text in enumerate(chunks()[0])])
    usual = {
        path: look(surfer, path) for path in [p for p in paths(change, site.tenant) if "-" not in p.rpartition("/")[2]]
    }
    surfer.watch.take()
    faults, views = [], 0
    for chunk in chunks():
        # A notice that was opened has a mark less.
        change("DELETE FROM notice_read WHERE tenant_id = %s", site.tenant)
        infect(change, site.tenant, chunk)
        for path in paths(change, site.tenant):
            elements, ran = look(surfer, path)
            views += 1
            if ran or elements != usual.get(path, (elements, 0))[0]:
                faults.append(f"{path}: {ran} scripts, {elements} elements for {usual.get(path)}, from {chunk[0]!r}")
        faults += surfer.watch.take()
    assert views > 200
    assert not faults + lookout.seen, "\n".join(faults + lookout.seen)
    figure(
        f"T22 injection: {len(PAYLOADS)} payloads x {fields()} fields, {views} page views, "
        "0 executions, 0 CSP reports, 0 elements more"
    )


def test_no_mail_runs_or_loads(browser: Browser, stack: Stack, site: Site, figure: Callable[[str], None]) -> None:
    """Without any policy: a mail program has its own."""
    page = browser.new_page()
    page.add_init_script(TELL)
    lookout = Lookout()
    page.on("request", lookout._asked)
    harmless_ones = mails_with(stack, site, "x")
    assert {template for template, _ in harmless_ones} == MAIL_VALUES.keys()
    usual = dict(zip(MAIL_VALUES, show(page, [content for _, content in harmless_ones]), strict=True))
    shown = 0
    for chunk in chunks():
        # All mails with one text stand one after the other: a frame of its own for each takes far longer.
        mails = [mails_with(stack, site, text) for text in chunk]
        shown += sum(len(each) for each in mails)
        elements = show(page, ["".join(content for _, content in each) for each in mails])
        expected = [FRAMED + sum(usual[template] - FRAMED for template, _ in each) for each in mails]
        found = zip(chunk, elements, expected, strict=True)
        assert elements == expected, [text for text, count, usually in found if count != usually]
        assert page.evaluate("window.__ran") == []
    assert not lookout.seen
    assert shown > len(PAYLOADS)
    page.close()
    figure(f"T22 injection: {shown} mails looked at, 0 executions, 0 requests")


MAIL_VALUES: dict[str, tuple[str, dict[str, Any]]] = {
    "login_id_notice": ("login_id", {}),
    "mailbox_registered": (
        "account",
        {"address": "a@example.jp", "registered_at": datetime(2026, 11, 21, tzinfo=UTC)},
    ),
    "slot_outcome": (
        "reason",
        {
            "state": "returned",
            "customer": "N1",
            "number": "1",
            "ordered": "Change",
            "labels": ("Address",),
            "befores": ("a@a.example",),
            "afters": ("b@b.example",),
            "filed_at": datetime(2026, 11, 21, tzinfo=UTC),
            "at": datetime(2026, 11, 21, tzinfo=UTC),
        },
    ),
    "card_changed": ("card", {"changed_at": datetime(2026, 11, 21, tzinfo=UTC)}),
    "card_accepted": ("card", {"decided_at": datetime(2026, 11, 21, tzinfo=UTC), "pays": True}),
    "card_rejected": ("card", {"decided_at": datetime(2026, 11, 21, tzinfo=UTC), "pays": False}),
    "secret_shown": ("label", {"contract": "K-1", "shown_at": datetime(2026, 11, 21, tzinfo=UTC)}),
    "second_factor_changed": ("factor_name", {"change": "added", "changed_at": datetime(2026, 11, 21, tzinfo=UTC)}),
}
"""Mails that show somebody's text, and under which name."""


def mails_with(stack: Stack, site: Site, text: str) -> list[tuple[str, str]]:
    """The HTML of each mail that can hold the text, with its template."""
    tenant = stack.server.registry.current.get(site.tenant)
    assert tenant is not None
    kernel, made = stack.server.kernels[site.operator], []
    for template, (name, others) in MAIL_VALUES.items():
        values = others | {name: text}
        try:
            pack_values(values)
            mail = Outgoing(
                id=None, template=template, recipient="a@a.example", language="ja", message_id="<a@a.example>",
                values=values, created_at=datetime.now(UTC), tries=1,
            )  # type: ignore[arg-type] # fmt: skip
            message = compose(
                mail, tenant=tenant, operator=kernel.operator, templates=kernel.responder.templates, origin=site.origin,
                login_url=site.url("/login"), now=datetime.now(UTC),
            )  # fmt: skip
        except BadMail:
            continue
        body = message.get_body(("html",))
        assert body is not None
        made.append((template, body.get_content()))
    return made


READER = "http://reader.example/"


def _answer(route: Route) -> None:
    """An empty page of a mail program, without a policy; nothing else is on the network."""
    if route.request.url == READER:
        route.fulfill(status=200, content_type="text/html", body="<!doctype html><title>.</title>")
    else:
        route.abort()


def show(page: Page, documents: list[str]) -> list[int]:
    """Each document in a frame of its own; the numbers of their elements."""
    frames = "".join(f'<iframe srcdoc="{html.escape(content)}"></iframe>' for content in documents)
    page.route("**/*", _answer)
    page.goto(READER)
    page.set_content(frames)
    return page.evaluate(
        "() => Array.from(document.querySelectorAll('iframe'), (frame) => frame.contentDocument.querySelectorAll('*').length)"
    )


def test_the_lookout_sees_what_runs(browser: Browser) -> None:
    page = browser.new_page()
    page.add_init_script(TELL)
    lookout = Lookout()
    page.on("request", lookout._asked)
    show(page, [text for text in PAYLOADS[:60] if "refresh" not in text])
    page.wait_for_function("() => window.__ran.length >= 12")
    assert any("evil.example" in seen for seen in lookout.seen)
    page.close()
