"""A portal by path with gates before its one page, in its own look, as the demo's customers see it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator

import pytest
from axe_checks import barriers
from page_checks import faults, focus_faults, stretched_faults
from page_views import Views
from playwright.sync_api import Browser, expect
from portal_stack import REPOSITORY, Stack
from sample_people import People, Person
from surfing import DESK, HEIGHT, PHONE, Surfer, Surfers

LOGINS = tomllib.loads((REPOSITORY / "demo" / "logins.toml").read_text(encoding="utf-8"))["login"]
WORDS = {each["login"]: each["password"] for each in LOGINS if each["tenant"] == "usen"}
STANDS = {"u0020-000001": "/first-login", "u0020-000004": "/card", "u0020-000006": "/card", "u0020-000005": "/summary"}
"""Where the login of a customer of the demo leads."""


@pytest.fixture(scope="module")
def surfers(browser: Browser, stack: Stack, people: People) -> Iterator[Surfers]:
    for feed in sorted((REPOSITORY / "demo" / "feeds" / "usen").glob("*.jsonl")):
        people.load(stack.usen, [json.loads(line) for line in feed.read_text(encoding="utf-8").splitlines()])
    surfers = Surfers(browser, networks=7500)
    yield surfers
    for surfer in surfers.opened:
        surfer.context.close()


def enter(surfer: Surfer, login: str) -> None:
    number = f"2{login[-7:].replace('-', '0'):0>7}"
    person = Person(site=surfer.site, number=number, name="", email="", login=login, password=WORDS[login])
    surfer.log_in(person, lands=STANDS[login])


def looked_at(surfer: Surfer, path: str, lang: str, views: Views) -> list[str]:
    surfer.page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    status = surfer.go(path).status
    problems = [] if status == 200 else [f"status {status}"]
    for width in (PHONE, DESK):
        surfer.page.set_viewport_size({"width": width, "height": HEIGHT})
        problems += [f"at {width}: {fault}" for fault in faults(surfer.page, lang)]
        views.count += 1
    problems += barriers(surfer.page)
    problems += stretched_faults(surfer.page) if lang == "en" else focus_faults(surfer.page)[1]
    return [f"{path}: {problem}" for problem in problems + surfer.watch.take()]


@pytest.mark.req("USEN-01", "USEN-13", "USEN-15", "USEN-32")
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_page_at_every_gate_holds(stack: Stack, surfers: Surfers, views: Views, lang: str) -> None:
    visitor = surfers.open(stack.usen)
    visitor.go(f"/display?language={lang}")
    found = looked_at(visitor, "/login", lang, views)
    for login, path in STANDS.items():
        surfer = surfers.open(stack.usen)
        enter(surfer, login)
        surfer.go(f"/display?language={lang}")
        found += looked_at(surfer, path, lang, views)
        if path == "/summary":
            found += looked_at(surfer, "/contact", lang, views)
    assert not found, "\n".join(["", *found])


@pytest.mark.req("USEN-28", "USEN-66")
def test_whom_to_ask_opens_and_closes_by_keyboard(stack: Stack, surfers: Surfers) -> None:
    surfer = surfers.open(stack.usen, "keyboard")
    enter(surfer, "u0020-000005")
    link, dialog = surfer.main.locator("a[data-dialog]"), surfer.page.locator("dialog#ask")
    surfer.use(link)
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="閉じる")).to_be_focused()
    surfer.at("/summary")
    assert not barriers(surfer.page)
    surfer.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()
    surfer.use(link)
    surfer.page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    surfer.at("/summary")


@pytest.mark.req("USEN-66")
def test_without_a_script_whom_to_ask_is_a_page(stack: Stack, surfers: Surfers) -> None:
    surfer = surfers.open(stack.usen, "no-script")
    enter(surfer, "u0020-000005")
    surfer.use(surfer.main.locator("a[data-dialog]"))
    surfer.at("/contact")
    surfer.heading("お問合わせ先")


@pytest.mark.req("USEN-69", "USEN-71")
def test_back_after_logging_out_shows_the_login_page(stack: Stack, surfers: Surfers) -> None:
    surfer = surfers.open(stack.usen)
    enter(surfer, "u0020-000005")
    surfer.page.get_by_role("button", name="ログアウト").first.click()
    surfer.at("/login")
    surfer.page.go_back()
    expect(surfer.page).to_have_url(re.compile(re.escape(surfer.site.url("/login"))))
    expect(surfer.page.locator("body")).not_to_contain_text("田中 翼")


@pytest.mark.req("USEN-02")
def test_the_browser_sends_no_cookie_of_one_path_to_another(stack: Stack, surfers: Surfers) -> None:
    surfer = surfers.open(stack.usen)
    enter(surfer, "u0020-000005")
    names = {cookie["name"]: cookie["path"] for cookie in surfer.context.cookies() if "session" in cookie["name"]}
    assert set(names.values()) == {"/u0020"}
    origin = surfer.site.origin
    for path in ("/", "/u0021/summary", "/u00201/"):
        assert surfer.context.cookies(origin + path) == []
