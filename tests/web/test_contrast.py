"""Contrast after WCAG, against known values, and reading custom properties."""

from __future__ import annotations

import pytest

from mypage.lib.contrast import custom_properties, ratio, resolve


def test_known_ratios() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21.0)
    assert ratio("#767676", "#fff") == pytest.approx(4.54, abs=0.01)
    assert ratio("#777777", "#ffffff") < 4.5
    assert ratio("#1f6b3a", "#1f6b3a") == pytest.approx(1.0)


def test_properties_follow_references_and_the_last_one_wins() -> None:
    found = custom_properties(":root { --a: #fff; /* --a: #000; */ --b: var(--a); --a: #111; }")
    assert resolve("--b", found) == "#111"
    with pytest.raises(ValueError, match="not defined"):
        resolve("--c", found)
    with pytest.raises(ValueError, match="itself"):
        resolve("--x", {"--x": "var(--y)", "--y": "var(--x)"})


@pytest.mark.parametrize("colour", ["red", "#12", "rgb(1,2,3)", "#gggggg"])
def test_other_notations_are_named(colour: str) -> None:
    with pytest.raises(ValueError, match="is not a colour"):
        ratio(colour, "#fff")
