"""What a visit costs on the line, as Chromium counts it: bytes of answers with their headers, and nobody else's servers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from desk_people import Office
from playwright.sync_api import Page
from portal_stack import SITES, Stack
from sample_people import People
from surfing import Surfer, Surfers

FIRST, LATER = 80_000, 15_000
_VERSIONED = re.compile(r"/_static/.+\.[0-9a-f]{12}\.[a-z]+$")


@dataclass
class Line:
    """The network of a page as the browser's own tools show it."""

    page: Page
    sizes: dict[str, int] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    cached: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        tools = self.page.context.new_cdp_session(self.page)
        tools.on("Network.responseReceived", lambda e: self.answers.__setitem__(e["requestId"], e["response"]))
        tools.on("Network.requestServedFromCache", lambda e: self.cached.add(e["requestId"]))
        tools.on("Network.loadingFinished", lambda e: self.sizes.__setitem__(e["requestId"], e["encodedDataLength"]))
        tools.send("Network.enable")

    def total(self) -> int:
        """Bytes that came over the line; what the browser kept costs nothing."""
        kept = {key for key, answer in self.answers.items() if answer.get("fromDiskCache")} | self.cached
        return sum(size for key, size in self.sizes.items() if key not in kept)

    def urls(self) -> set[str]:
        """The addresses of all answers."""
        return {answer["url"] for answer in self.answers.values()}


def _open(surfer: Surfer, path: str) -> Line:
    """Open a path in a tab of its own and wait until nothing more comes."""
    line = Line(surfer.context.new_page())
    line.page.goto(surfer.site.url(path))
    line.page.wait_for_load_state("networkidle")
    return line


def _same_person(surfer: Surfer, surfers: Surfers) -> Surfer:
    """The same session in a browser that has kept no file."""
    fresh = surfers.open(surfer.site)
    fresh.context.add_cookies(surfer.context.cookies())  # type: ignore[arg-type]
    return fresh


@pytest.mark.parametrize("key", SITES)
def test_a_visit_of_the_home_page_is_light(
    stack: Stack, people: People, surfers: Surfers, key: str, figure: Callable[[str], None]
) -> None:
    signed_in = surfers.open(stack.site(key))
    signed_in.log_in(people.rich(stack.site(key)))
    surfer = _same_person(signed_in, surfers)
    first, later = _open(surfer, "/home"), _open(surfer, "/home")
    figure(f"Weight of {key}: first visit {first.total() / 1000:.1f} kB, later {later.total() / 1000:.1f} kB")
    for line in (first, later):
        assert len(line.urls()) >= 6, line.urls()
        assert all(url.startswith(f"{surfer.site.origin}/") for url in line.urls()), line.urls()
    assert first.total() <= FIRST
    assert later.total() <= LATER
    assert first.total() > later.total()


def test_a_visit_of_the_console_is_light(
    stack: Stack, people: People, surfers: Surfers, figure: Callable[[str], None]
) -> None:
    office = Office(stack)
    clerk = office.clerk("重川 計", (stack.actv, "manager"))
    signed_in = surfers.open(stack.office)
    office.sit_down(signed_in, clerk, stack.actv)
    for path in ("/home", "/queue"):
        surfer = _same_person(signed_in, surfers)
        first, later = _open(surfer, path), _open(surfer, path)
        figure(
            f"Weight of the console's {path}: first {first.total() / 1000:.1f} kB, later {later.total() / 1000:.1f} kB"
        )
        assert first.total() <= FIRST
        assert later.total() <= LATER
        assert all(url.startswith(f"{surfer.site.origin}/") for url in first.urls()), first.urls()


@pytest.mark.parametrize("key", SITES)
def test_files_are_kept_for_ever_and_pages_never(stack: Stack, surfers: Surfers, key: str) -> None:
    surfer = surfers.open(stack.site(key))
    line = _open(surfer, "/login")
    files = [answer for answer in line.answers.values() if "/_static/" in answer["url"]]
    assert len(files) >= 5
    for answer in files:
        headers = {name.lower(): value for name, value in answer["headers"].items()}
        assert _VERSIONED.search(answer["url"]), answer["url"]
        assert "immutable" in headers["cache-control"], answer["url"]
        if answer["mimeType"] in ("text/css", "text/javascript"):
            assert headers.get("content-encoding") == "gzip" or int(headers["content-length"]) < 500, answer["url"]
    [page] = [answer for answer in line.answers.values() if answer["url"].endswith("/login")]
    headers = {name.lower(): value for name, value in page["headers"].items()}
    assert headers["cache-control"] == "no-store"
    assert "content-encoding" not in headers, "a page holds secrets beside what visitors sent: docs/decisions/0010"
