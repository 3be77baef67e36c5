"""Every page of an operator with numbered places and an end that is asked for, as the demo's companies see them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from axe_checks import barriers
from page_checks import faults, focus_faults, stretched_faults
from page_views import Views
from playwright.sync_api import Browser, expect
from portal_stack import REPOSITORY, Stack
from sample_people import People, Person
from surfing import DESK, HEIGHT, PHONE, Surfer, Surfers

WHOLE = ("yamanami01@one.example.jp", "yama48na", "N100000001")
FULL = ("insatsu02@one.example.jp", "insa26ts", "N100000002")
VOICE = ("denki09@one.example.jp", "denki=09", "N100000009")
PAGES = (
    (WHOLE, ("/home", "/credentials", "/slots/mail", "/slots/mail/1", "/slots/mail/2", "/slots/mail/1/remove",
             "/termination", "/guidance/payment", "/guidance/trouble")),
    (FULL, ("/slots/mail",)),
    (VOICE, ("/termination",)),
)  # fmt: skip
"""Companies with what is looked at as they see it."""


@pytest.fixture(scope="module")
def surfers(browser: Browser, stack: Stack, people: People) -> Iterator[Surfers]:
    for feed in sorted((REPOSITORY / "demo" / "feeds" / "ocn").glob("*.jsonl")):
        people.load(stack.ocn, [json.loads(line) for line in feed.read_text(encoding="utf-8").splitlines()])
    surfers = Surfers(browser, networks=7500)
    yield surfers
    for surfer in surfers.opened:
        surfer.context.close()


def enter(surfer: Surfer, who: tuple[str, str, str]) -> None:
    login, password, number = who
    surfer.log_in(Person(site=surfer.site, number=number, name="", email="", login=login, password=password))


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


@pytest.mark.req("OCN-01", "OCN-33", "OCN-36", "OCN-182")
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_page_holds(stack: Stack, surfers: Surfers, views: Views, lang: str) -> None:
    found: list[str] = []
    for who, paths in PAGES:
        surfer = surfers.open(stack.ocn)
        surfer.go(f"/display?language={lang}")
        if who is WHOLE:
            for path in ("/login", "/pages/environment"):
                found += looked_at(surfer, path, lang, views)
        enter(surfer, who)
        for path in paths:
            found += looked_at(surfer, path, lang, views)
    assert not found, "\n".join(["", *found])


@pytest.mark.req("OCN-26", "OCN-33", "OCN-34", "OCN-154", "OCN-182")
def test_the_menu_stands_left_and_the_button_is_red(stack: Stack, surfers: Surfers) -> None:
    surfer = surfers.open(stack.ocn)
    surfer.go("/login")
    button = surfer.main.get_by_role("button", name="ログイン")
    red, green, blue = button.evaluate("b => getComputedStyle(b).backgroundColor.match(/\\d+/g).map(Number)")
    assert red > 150 > 60 > max(green, blue)
    enter(surfer, WHOLE)
    menu, main = surfer.page.locator("#menu").bounding_box(), surfer.main.bounding_box()
    assert menu is not None
    assert main is not None
    assert menu["x"] + menu["width"] <= main["x"]
    below, above = (surfer.page.locator(f"#menu {each}").first for each in (".side-nav__sub a", "a"))
    assert below.evaluate("b => b.getBoundingClientRect().x") > above.evaluate("a => a.getBoundingClientRect().x")
    surfer.page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    surfer.page.locator(".menu-button").click()
    first = surfer.page.locator("#menu form button, #menu ul a").first
    expect(first).to_have_text("ログアウト")


@pytest.mark.req("OCN-71", "OCN-79", "OCN-119")
@pytest.mark.parametrize(("way", "place"), [("keyboard", 4), ("no-script", 3)])
def test_a_place_is_given_back_and_that_is_called_off(stack: Stack, surfers: Surfers, way: str, place: int) -> None:
    surfer = surfers.open(stack.ocn, way)  # type: ignore[arg-type]
    enter(surfer, FULL)
    surfer.go("/slots/mail")
    surfer.use(surfer.main.locator(f"a[href$='/slots/mail/{place}/remove']"))
    surfer.heading("お申込み内容")
    surfer.press("登録")
    surfer.heading("お申込みを受け付けました")
    surfer.go("/slots/mail")
    surfer.use(surfer.main.locator("a[href*='/slots/mail/cancel/']"))
    surfer.press("キャンセル（取消し）")
    surfer.at("/slots/mail")
    expect(surfer.main.get_by_text("変更・削除可能")).to_have_count(4)
