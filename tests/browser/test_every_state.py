"""States that no address leads to: refused forms, errors, the pages around the portals."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from journeys import CHALLENGED_CARD, register, start_card, type_card
from page_checks import holds
from page_views import Views
from playwright.sync_api import expect
from portal_stack import Site, Stack, served
from sample_people import People
from surfing import Surfer, Surfers

from mypage.server.app import Server

both_languages = pytest.mark.parametrize("lang", ["ja", "en"])
both_themes = pytest.mark.parametrize("theme", ["actv", "plain"])
_SEND = "main form[method=post] button.btn--primary"


def _open(stack: Stack, surfers: Surfers, theme: str, lang: str) -> Surfer:
    surfer = surfers.open(stack.actv if theme == "actv" else stack.plain)
    surfer.go(f"/display?language={lang}")
    return surfer


@both_themes
@both_languages
@pytest.mark.req("ACTV-44")
def test_refused_forms(stack: Stack, people: People, surfers: Surfers, theme: str, lang: str, views: Views) -> None:
    surfer = _open(stack, surfers, theme, lang)
    for path in ("/login", "/register/mypage", "/recover/password", "/recover/login-id"):
        surfer.go(path)
        surfer.page.locator(_SEND).click()
        _refused(surfer, lang, views)
    person = people.empty(surfer.site)
    surfer.go("/login")
    surfer.page.locator("#login").fill(person.login)
    surfer.page.locator("#password").fill(person.password)
    surfer.page.locator(_SEND).click()
    surfer.at("/home")
    for path in ("/credentials", "/reauth"):
        surfer.go(path)
        surfer.page.locator(_SEND).click()
        _refused(surfer, lang, views)


def _refused(surfer: Surfer, lang: str, views: Views) -> None:
    summary = surfer.page.locator(".error-summary")
    expect(summary).to_be_focused()
    assert surfer.page.title().startswith("エラー：" if lang == "ja" else "Error:"), surfer.page.title()
    for link in summary.get_by_role("link").all():
        link.click()
        control = surfer.page.locator((link.get_attribute("href") or "") + ":focus")
        expect(control).to_be_visible()
    holds(surfer, lang, views)


@both_themes
@both_languages
def test_error_pages(stack: Stack, people: People, surfers: Surfers, theme: str, lang: str, views: Views) -> None:
    surfer = _open(stack, surfers, theme, lang)
    surfer.watch.expected |= {404, 405, 409}
    for path, status in (("/nowhere", 404), ("/logout", 405), ("/pages/unknown", 404)):
        assert surfer.go(path).status == status
        holds(surfer, lang, views)
    surfer.go("/login")
    surfer.page.locator("main input[name=_csrf]").evaluate("(input) => { input.value = 'x'; }")
    with surfer.page.expect_navigation() as answer:
        surfer.page.locator(_SEND).click()
    assert answer.value.status == 409
    holds(surfer, lang, views)
    surfer.go("/display?language=ja")
    surfer.log_in(people.empty(surfer.site))
    surfer.go(f"/display?language={lang}")
    for path, status in (("/nowhere", 404), (f"/bills/{'0' * 8}-0000-4000-8000-{'0' * 12}", 404)):
        assert surfer.go(path).status == status
        holds(surfer, lang, views)


@pytest.fixture(scope="module")
def without_database(stack: Stack) -> Iterator[int]:
    """The port of a second web process whose database cannot be reached."""
    listener = socket.create_server(("127.0.0.1", 0))
    nowhere = "postgresql+psycopg://mypage_app@127.0.0.1:1/nowhere?connect_timeout=1"
    server = Server(replace(stack.server.settings, database_url=nowhere), stack.server.compiled)
    server.registry = stack.server.registry
    with served(server, listener):
        yield listener.getsockname()[1]


@both_themes
@both_languages
def test_a_portal_without_its_database_says_so(
    stack: Stack, surfers: Surfers, without_database: int, theme: str, lang: str, views: Views
) -> None:
    site = stack.actv if theme == "actv" else stack.plain
    surfer = surfers.open(Site(site.tenant, site.operator, site.theme, site.host, site.prefix, without_database))
    surfer.watch.expected.add(503)
    surfer.context.add_cookies([{"name": f"mp-{site.tenant}-language", "value": lang, "url": surfer.site.url("/")}])
    response = surfer.go("/login")
    assert response.status == 503
    assert int(response.headers["retry-after"]) > 0
    holds(surfer, lang, views)


@both_languages
def test_the_front_door_and_hosts_without_a_portal(stack: Stack, surfers: Surfers, lang: str, views: Views) -> None:
    surfer = surfers.open(stack.actv)
    surfer.watch.expected |= {404, 421}
    port = stack.actv.port
    for address, status in (
        (f"{stack.front_url}/?language={lang}", 200),
        (f"{stack.front_url}/nowhere?language={lang}", 404),
        (f"http://plain.localhost:{port}/?language={lang}", 404),
        (f"http://nobody.localhost:{port}/?language={lang}", 421),
    ):
        assert surfer.go(address).status == status, address
        holds(surfer, lang, views)


@both_languages
def test_the_payment_page(stack: Stack, people: People, surfers: Surfers, lang: str, views: Views) -> None:
    surfer = surfers.open(stack.actv)
    surfer.log_in(people.settled(stack.actv))
    surfer.go(f"/display?language={lang}")
    surfer.go("/card")
    surfer.page.locator("main form button[type=submit]").click()
    expect(surfer.page.locator("#number")).to_be_visible()
    holds(surfer, lang, views)
    surfer.page.locator("form.card button.btn--primary").click()
    expect(surfer.page.locator(".error-summary")).to_be_visible()
    holds(surfer, lang, views)


def test_the_identity_check_of_the_payment_page(stack: Stack, people: People, surfers: Surfers, views: Views) -> None:
    surfer = surfers.open(stack.plain)
    surfer.log_in(people.settled(stack.plain))
    start_card(stack, surfer)
    type_card(surfer, CHALLENGED_CARD)
    expect(surfer.page.locator("#answer")).to_be_visible()
    holds(surfer, "ja", views)


def test_the_mailbox(stack: Stack, people: People, surfers: Surfers, views: Views) -> None:
    surfer = surfers.open(stack.actv)
    _, link = register(stack, surfer, people.newcomer(stack.actv))
    surfer.go(f"{stack.mailbox_url}/")
    holds(surfer, "ja", views)
    surfer.page.locator("main a").first.click()
    expect(surfer.page.locator("h1")).to_be_visible()
    holds(surfer, "ja", views)
    with surfer.page.expect_popup() as opened:
        surfer.page.locator(f"a[href='{link}']").first.click()
    expect(opened.value.get_by_role("button", name="登録を完了する")).to_be_visible()
