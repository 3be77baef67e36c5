"""Colours that the reader's system forces, and print: what was shown by colour or surface alone must still be seen."""

from __future__ import annotations

import pytest
from page_checks import focus_faults
from playwright.sync_api import expect
from portal_stack import Stack
from sample_people import People
from surfing import Surfers

_BORDERLESS = """
() => [...document.querySelectorAll(".btn, .badge, .card, .tile, .callout, .input")]
  .filter((e) => e.checkVisibility() && parseFloat(getComputedStyle(e).borderTopWidth) + parseFloat(getComputedStyle(e).borderLeftWidth) === 0)
  .map((e) => e.outerHTML.slice(0, 80))
"""
_UNMARKED = """
() => [...document.querySelectorAll(".side-nav [aria-current], .text-size [aria-current]")].filter((e) => e.checkVisibility()
  && getComputedStyle(e).outlineStyle === "none").map((e) => e.outerHTML.slice(0, 80))
"""
_WORDLESS = """
() => [...document.querySelectorAll(".badge, .callout, .error")].filter((e) => e.checkVisibility() && !e.textContent.trim())
  .map((e) => e.outerHTML.slice(0, 80))
"""


@pytest.mark.parametrize("key", ["actv-actv", "nagi-plain"])
def test_with_forced_colours_shapes_and_the_present_place_are_seen(
    stack: Stack, people: People, surfers: Surfers, key: str
) -> None:
    surfer = surfers.open(stack.site(key))
    surfer.log_in(people.rich(stack.site(key)))
    surfer.page.emulate_media(forced_colors="active")
    for path in ("/home", "/bills", "/credentials", "/contract"):
        surfer.go(path)
        assert not surfer.page.evaluate(_BORDERLESS), path
        assert not surfer.page.evaluate(_UNMARKED), path
        assert not surfer.page.evaluate(_WORDLESS), path
        assert not focus_faults(surfer.page)[1], path


def test_a_bill_prints_without_the_portal_around_it(stack: Stack, people: People, surfers: Surfers) -> None:
    surfer = surfers.open(stack.actv)
    surfer.log_in(people.settled(stack.actv))
    surfer.go("/bills")
    surfer.use(surfer.main.locator("table .row-acts a").first)
    surfer.page.emulate_media(media="print")
    for around in ("header.site-header", ".side-nav", ".sub-nav", "footer", "main .btn"):
        expect(surfer.page.locator(around).first).not_to_be_visible()
    expect(surfer.page.locator("h1")).to_be_visible()
    expect(surfer.page.locator("main table").first).to_be_visible()
    assert surfer.page.pdf(format="A4").startswith(b"%PDF-")
