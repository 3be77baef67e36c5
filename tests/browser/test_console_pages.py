"""Every page of the staff console, at both widths and in both languages: no barrier, no scrolling, no broken policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from axe_checks import barriers
from desk_people import Office
from desk_scenes import PORTAL_LOOKS, Scenery, desk_pages, set_up, walk_account, walk_desk, walk_door
from page_checks import at_both_widths, focus_faults, stretched_faults
from page_views import Views
from playwright.sync_api import Browser, Page
from portal_stack import Stack
from sample_people import People
from scenes import Walk
from surfing import Surfers

Walks = Callable[[str], Walk]


@pytest.fixture(scope="module")
def scenery(stack: Stack, people: People) -> Scenery:
    return set_up(stack, people, Office(stack))


@pytest.fixture(scope="module")
def walks(browser: Browser, stack: Stack, scenery: Scenery) -> Iterator[Walks]:
    """One browser for each kind of visitor."""
    surfers, office = Surfers(browser, networks=7000), Office(stack)
    made: dict[str, Walk] = {}

    def walk(kind: str) -> Walk:
        if kind not in made:
            if kind == "door":
                made[kind] = walk_door(stack, surfers)
            elif kind == "account":
                made[kind] = walk_account(stack, office, surfers, scenery.agent)
            else:
                clerk = scenery.manager if kind == "manager" else scenery.reader
                made[kind] = walk_desk(stack, office, surfers, scenery, clerk, kind)
        return made[kind]

    yield walk
    for surfer in surfers.opened:
        surfer.context.close()


@pytest.mark.parametrize(
    ("kind", "lang"),
    [("manager", "ja"), ("manager", "en"), ("reader", "en"), ("account", "en"), ("door", "ja"), ("door", "en")],
)
def test_every_page_of_the_console_holds(walks: Walks, kind: str, lang: str, views: Views) -> None:
    walk = walks(kind)
    surfer = walk.surfer
    surfer.go(f"/display?language={lang}")
    surfer.watch.take()
    found, titles = [], dict[str, str]()
    for route, scene in ((route, scene) for route, scenes in walk.scenes.items() for scene in scenes):
        if route in PORTAL_LOOKS:
            surfer.go(scene.path)
            found += [f"{scene.name}: {fault}" for fault in [*barriers(surfer.page), *surfer.watch.take()]]
            continue
        response = surfer.go(scene.path)
        problems = [] if response.status == scene.status else [f"status {response.status}"]
        if urlsplit(surfer.page.url).path != urlsplit(scene.path).path:
            problems.append(f"leads to {surfer.page.url}")
        problems += at_both_widths(surfer.page, lang, views)
        problems += _faults_in_use(surfer.page, lang)
        title = surfer.page.title().rpartition(" | ")[0]
        path = urlsplit(surfer.page.url).path
        if titles.setdefault(title, path) != path:
            problems.append(f"the title {title!r} is also that of {titles[title]}")
        found += [f"{scene.name}: {problem}" for problem in problems + surfer.watch.take()]
    assert not found, "\n".join(["", *found])


def _faults_in_use(page: Page, lang: str) -> list[str]:
    """English, whose words are the longer ones, when it is stretched; Japanese by keyboard."""
    if lang == "en":
        return stretched_faults(page)
    stops, wrong = focus_faults(page)
    return wrong if stops > 3 else [*wrong, f"only {stops} stops of the focus"]


def test_every_page_of_a_desk_has_a_scene(walks: Walks) -> None:
    seen = set(walks("manager").scenes)
    wanted = {route.name for route in desk_pages()}
    assert wanted == seen, f"give these pages a scene in desk_scenes.py: {sorted(wanted ^ seen)}"
