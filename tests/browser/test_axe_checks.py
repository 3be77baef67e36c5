"""What axe judged once hides nothing of what it did not judge: other looks, other style sheets, other forms are seen."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from axe_checks import barriers
from playwright.sync_api import Browser, Page

_PAGE = """<!doctype html><html lang=en><title>A</title><link rel=stylesheet href='data:text/css,{style}#.css'>
<main><h1>A heading</h1>{body}</main></html>"""
_ABOVE = """.over, .dark { position: absolute; top: 300px; margin: 0 } .over { top: 320px }
.dark { width: 400px; height: 100px; background: #111 }"""
GOOD = "<p>Words that are read</p><p><button>One</button><button>Two</button></p>"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def found(page: Page, body: str, style: str = "") -> str:
    """What axe finds on a page of a text, and of the same page once more."""
    page.set_content(_PAGE.format(style=quote(style), body=body))
    first = barriers(page)
    assert barriers(page) == first
    return "\n".join(first)


@pytest.mark.parametrize(
    ("body", "style", "fault"),
    [
        (GOOD + "<p style='color: #bbb'>Pale words</p>", "", "color-contrast"),
        (GOOD.replace("<p>", "<p class=x>", 1), ".x { color: #767676; background: #777 }", "color-contrast"),
        (GOOD, "main { background: #555 }", "color-contrast"),
        (GOOD, "p { opacity: 0.4 }", "color-contrast"),
        (GOOD + "<div class=dark></div><p class=over>Words above a dark surface</p>", _ABOVE, "color-contrast"),
        (GOOD, "button { width: 8px; height: 8px; padding: 0; overflow: hidden }", "target-size"),
        (GOOD + "<img src='data:,'>", "", "image-alt"),
        (GOOD + "<input>", "", "label"),
    ],
)
def test_what_is_new_on_a_known_page_is_seen(page: Page, body: str, style: str, fault: str) -> None:
    assert not found(page, GOOD)
    assert not found(page, GOOD, "p { margin: 0 }")
    assert fault in found(page, body, style)
    assert not found(page, GOOD)
