"""Every page of an operator with accounts, options and prices, in its own look, as the demo's households see them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from axe_checks import barriers
from page_checks import faults, focus_faults, stretched_faults
from page_views import Views
from playwright.sync_api import Browser
from portal_stack import REPOSITORY, Stack
from sample_people import People, Person
from surfing import DESK, HEIGHT, PHONE, Surfer, Surfers

NUMBER, FAMILY = "90000000000000", ("arteri-an-001", "arteri-an-002")
PASSWORDS = {True: "hikari2026", False: "kazoku2026"}
"""Of the numbers of contracts, and of accounts."""
HOLDER = (
    "/overview", "/accounts", "/accounts/new", "/profile", "/credentials", "/card", "/guidance/contract-change",
    "/guidance/bills", "/guidance/contact", "/options/mail", "/options/security", "/options/support",
    "/options/security/holdings", "/orders",
)  # fmt: skip
MEMBER = ("/overview", "/accounts", "/options/security", "/guidance/trouble")


@pytest.fixture(scope="module")
def surfers(browser: Browser, stack: Stack, people: People) -> Iterator[Surfers]:
    for feed in sorted((REPOSITORY / "demo" / "feeds" / "ucom").glob("*.jsonl")):
        people.load(stack.ucom, [json.loads(line) for line in feed.read_text(encoding="utf-8").splitlines()])
    surfers = Surfers(browser, networks=7000)
    yield surfers
    for surfer in surfers.opened:
        surfer.context.close()


def enter(surfer: Surfer, login: str) -> None:
    password = PASSWORDS[login.isdecimal()]
    person = Person(site=surfer.site, number=NUMBER, name="", email="", login=login, password=password)
    surfer.log_in(person)


def linked(surfer: Surfer, path: str, ending: str) -> str:
    """Where the first link of a page leads that ends so."""
    surfer.go(path)
    return surfer.main.locator(f"a[href$='{ending}']").first.get_attribute("href") or ""


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


@pytest.mark.req("UCOM-01", "UCOM-41")
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_page_of_each_kind_of_login_holds(stack: Stack, surfers: Surfers, views: Views, lang: str) -> None:
    found: list[str] = []
    for login, paths in ((NUMBER, HOLDER), (FAMILY[1], MEMBER)):
        surfer = surfers.open(stack.ucom)
        surfer.go(f"/display?language={lang}")
        found += looked_at(surfer, "/login", lang, views)
        enter(surfer, login)
        one = linked(surfer, "/overview", "/mail")
        for path in (*paths, one, one.removesuffix("/mail")):
            found += looked_at(surfer, path, lang, views)
        if login == NUMBER:
            found += looked_at(surfer, linked(surfer, "/accounts", "/delete"), lang, views)
    assert not found, "\n".join(["", *found])


@pytest.mark.req("UCOM-10", "UCOM-44", "UCOM-122", "UCOM-126")
@pytest.mark.parametrize("way", ["keyboard", "no-script"])
def test_a_holder_corrects_the_data(stack: Stack, surfers: Surfers, way: str) -> None:
    surfer = surfers.open(stack.ucom, way)  # type: ignore[arg-type]
    enter(surfer, NUMBER)
    surfer.go("/profile")
    surfer.put(surfer.main.locator("#household"), "4")
    surfer.press("次へ進む")
    surfer.heading("顧客基本情報確認")
    surfer.press("登録")
    surfer.heading("顧客情報登録完了")
    surfer.says("4人")
    mail = stack.mail_to("an@arteria.example")
    assert "同居人数" in mail.text
