"""The demo's customers: loaded as `mypage import` does, and each stands where its note says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from usenkit import log_in, site

from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope
from mypage.imports.chunk import Means
from mypage.imports.loader import import_feed, import_file
from mypage.testing.portal import MakePortal, Portal, PortalClient

pytest_plugins = ["mypage.testing.plugin"]
DEMO = Path(__file__).parents[3] / "demo"
LOGINS = tomllib.loads((DEMO / "logins.toml").read_text(encoding="utf-8"))["login"]
CARD = (
    '{"type": "card", "customer": "20000005", "gateway": "hosted-page", "token": "tok_usen_20000005", "brand": "visa",'
    ' "last4": "4242", "exp_month": 12, "exp_year": 2028'
)


def means_of(portal: Portal) -> Means:
    tenant = portal.server.registry.current.get(portal.name)
    assert tenant is not None
    operator = portal.server.compiled.operators["usen"]
    return Means.of(operator, tenant.settings, vault=Vault(portal.server.keyring), hasher=portal.server.hasher)


def load(portal: Portal, tenant: str) -> None:
    scope = Scope(portal.name, portal.clock, Actor("system", "demo"))
    for path in sorted((DEMO / "feeds" / tenant).glob("*.jsonl")):
        report = import_file(portal.engine, scope, path, means_of(portal))
        assert report.problems == []
        assert report.tally.total("new") == report.lines > 0


def entered(portal: Portal, tenant: str) -> dict[str, str]:
    """Where each sample login leads, by the last digit of its ID."""
    found = {}
    for each in LOGINS:
        if each["tenant"] == tenant:
            browser = portal.client()
            assert log_in(browser, each["login"], each["password"]).status == 303, each["login"]
            found[each["login"][-1]] = browser.get("/", follow=True).raw.url.path.rpartition("/")[2]
    return found


@pytest.mark.req("USEN-10", "USEN-13", "USEN-15", "USEN-16", "USEN-37")
def test_every_sample_login_stands_at_the_gate_of_its_note(make_portal: MakePortal) -> None:
    portal = site(make_portal)
    load(portal, "usen")
    gates = {"1": "first-login", "2": "first-login", "3": "first-login", "4": "card", "6": "card"}
    assert entered(portal, "usen") == gates | dict.fromkeys("578", "summary")
    other = site(make_portal, "u0021", theme="plain")
    load(other, "usen-u0021")
    assert entered(other, "usen-u0021") == {"5": "summary", "1": "first-login"}


@pytest.mark.req("USEN-16")
def test_a_feed_marks_a_card_and_takes_the_mark_back(make_portal: MakePortal) -> None:
    portal = site(make_portal)
    load(portal, "usen")
    browser: PortalClient = portal.client()
    word = next(each["password"] for each in LOGINS if each["login"] == "u0020-000005")
    log_in(browser, "u0020-000005", word)
    scope = Scope(portal.name, portal.clock, Actor("system", "demo"))
    for more, place, outcome in (
        (', "fixed": false}', "card", "updated"),
        (', "fixed": false}', "card", "unchanged"),
        ("}", "card", "unchanged"),
        (', "fixed": true}', "summary", "updated"),
    ):
        report = import_feed(portal.engine, scope, [(CARD + more).encode()], means_of(portal))
        assert (report.problems, report.tally.total(outcome)) == ([], 1), more
        assert browser.get("/", follow=True).raw.url.path == f"/u0020/{place}"


@pytest.mark.req("USEN-35")
def test_a_feed_with_a_step_that_nobody_knows_is_refused(make_portal: MakePortal) -> None:
    portal = site(make_portal)
    load(portal, "usen")
    scope = Scope(portal.name, portal.clock, Actor("system", "demo"))
    line = (
        '{"type": "contract", "customer": "20000008", "number": "20000008-1", "name": "x", "plan": "v4", "services":'
        ' [{"category": "光回線", "name": "x", "progress": [{"step": "dug", "done_on": "2026-11-20"}]}]}'
    )
    report = import_feed(portal.engine, scope, [line.encode()], means_of(portal))
    [problem] = report.problems
    assert "services[0].progress[0].step" in str(problem)
    assert "accepted, appointment, construction, start" in str(problem)
