"""Every page of every operator, in every theme and role, at both widths, under its own theme in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from urllib.parse import urlsplit

import pytest
from axe_checks import barriers
from page_checks import at_both_widths, faults, focus_faults, look, stretched_faults
from page_views import Views
from playwright.sync_api import Browser, Page, expect
from portal_stack import OWN_THEMES, SITES, Stack
from sample_people import People
from scenes import FILES, PASSING, ROLES, Role, Walk, pages_of, walk_through
from surfing import HEIGHT, PHONE, Surfers

from mypage.server.routes import all_routes

LANGUAGES = ("ja", "en")
Walks = Callable[[str, Role], Walk]
_FETCH = """
async (url) => {
  const response = await fetch(url);
  return [response.status, response.headers.get("content-type") || ""];
}
"""


@pytest.fixture(scope="module")
def walks(browser: Browser, stack: Stack, people: People) -> Iterator[Walks]:
    """One browser per portal and role, which has been everywhere once."""
    surfers = Surfers(browser, networks=5000)
    made: dict[tuple[str, Role], Walk] = {}

    def walk(key: str, role: Role) -> Walk:
        if (key, role) not in made:
            made[key, role] = walk_through(stack, people, surfers, stack.site(key), role)
        return made[key, role]

    yield walk
    for surfer in surfers.opened:
        surfer.context.close()


def looks() -> Iterator[tuple[str, str, Role]]:
    """Under its own theme every portal in both languages, under another one each page in one of them, in turns."""
    for place, key in enumerate(SITES):
        if key in OWN_THEMES:
            yield from ((key, lang, role) for lang, role in product(LANGUAGES, ROLES))
        else:
            yield from ((key, LANGUAGES[(place + number) % 2], role) for number, role in enumerate(("visitor", "rich")))


@pytest.mark.parametrize(("key", "lang", "role"), [*looks()])
def test_every_page_holds(walks: Walks, key: str, lang: str, role: Role, views: Views) -> None:
    walk = walks(key, role)
    surfer = walk.surfer
    surfer.go(f"/display?language={lang}")
    surfer.watch.take()
    surfer.watch.expected.add(404)
    found, titles = [], dict[str, str]()
    for scene in walk.all():
        status = surfer.go(scene.path).status
        problems = [] if status == scene.status else [f"status {status}"]
        problems += at_both_widths(surfer.page, lang, views)
        if key in OWN_THEMES:
            problems += _faults_in_use(surfer.page, lang)
        title, path = surfer.page.title().rpartition(" | ")[0], urlsplit(surfer.page.url).path
        # Who is not logged in gets the login page at the top, who is, the home page.
        if scene.status == 200 and scene.name != "top" and titles.setdefault(title, path) != path:
            problems.append(f"the title {title!r} is also that of {titles[title]}")
        found += [f"{scene.name}: {problem}" for problem in problems + surfer.watch.take()]
    assert not found, "\n".join(["", *found])


def _faults_in_use(page: Page, lang: str) -> list[str]:
    """English, whose words are the longer ones, when it is stretched; Japanese by keyboard."""
    if lang == "en":
        return stretched_faults(page)
    stops, wrong = focus_faults(page)
    return wrong if stops > 3 else [*wrong, f"only {stops} stops of the focus"]


def test_every_route_has_a_scene(walks: Walks) -> None:
    seen = {name for key in OWN_THEMES for role in ROLES for name in walks(key, role).scenes}
    wanted = pages_of(all_routes())
    assert not wanted - seen, f"give these routes a scene in scenes.py: {sorted(wanted - seen)}"
    assert not seen - wanted, f"these scenes are of no route: {sorted(seen - wanted)}"


@pytest.mark.parametrize("key", [key for key in SITES if key.startswith("actv")])
def test_files_are_what_they_say(walks: Walks, key: str) -> None:
    visitor, rich = walks(key, "visitor"), walks(key, "rich")
    assert set(FILES) | PASSING <= {route.name for route in all_routes()}
    bill, invoice = (rich.scenes[name][0].path for name in ("bills-one", "invoices-one"))
    visitor.surfer.go("/register/mypage")
    picture = visitor.surfer.page.locator(".captcha__image").get_attribute("src") or ""
    for walk, name, path in (
        (visitor, "captcha", picture.removeprefix(visitor.surfer.site.prefix)),
        (rich, "bills-csv", "/bills/lines.csv"),
        (rich, "bills-pdf", f"{bill}/pdf"),
        (rich, "invoices-pdf", f"{invoice}/pdf"),
        (rich, "factors-codes-file", "/factors/codes/file"),
    ):
        status, kind = walk.surfer.page.evaluate(_FETCH, walk.surfer.site.url(path))
        assert (status, kind.split(";")[0]) == (200, FILES[name]), name


@pytest.mark.req("ACTV-72")
def test_large_text_never_scrolls_sideways(walks: Walks) -> None:
    for role in ("visitor", "rich"):
        surfer = walks("actv-actv", role).surfer
        surfer.go("/display?language=ja")
        surfer.go("/display?size=large")
        surfer.page.set_viewport_size({"width": PHONE, "height": HEIGHT})
        for scene in walks("actv-actv", role).all():
            surfer.go(scene.path)
            expect(surfer.page.locator("html")).to_have_attribute("data-text", "large")
            seen = look(surfer.page)
            assert seen["sideways"] <= 0, f"{scene.name}: {seen['wide']}"
        surfer.go("/display?size=standard")


def test_the_checks_find_planted_faults(walks: Walks) -> None:
    page = walks("actv-actv", "visitor").surfer.context.new_page()
    page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    page.set_content(
        "<html lang=en><title></title><h1>A</h1><h1>B</h1><p id=a>Not in Japanese</p><p id=a>"
        "<p translate=no>KYJK KXMC OGDR GEAK SG5D</p>"
        "<img src='/x.png'><div style='width:500px'>wide</div><input></html>"
    )
    found = "\n".join(faults(page, "ja") + barriers(page))
    for fault in (
        "repeated id a",
        "2 h1",
        "no title",
        "lang is en",
        "sideways",
        "Not in Japanese",
        "image-alt",
        "label",
    ):
        assert fault in found, found
    assert "KYJK" not in found, "a key is of no language"
    page.close()
