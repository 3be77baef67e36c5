"""Guidance pages, landings and the words of the login are checked when the server starts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mypage.hooks.auth import LoginPageText
from mypage.hooks.markers import hookimpl
from mypage.hooks.portal import Entry, Guidance, Landing, MenuSection, Portal
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.loading import load_operator
from mypage.operators.operator import OperatorError
from mypage.server.routes import all_routes, capabilities

ROUTES = {route.name: route.permission for route in all_routes()}


def variant(**hooks: Any) -> Any:
    """The first operator with other answers to some hooks."""
    base = load_operator("actv")
    known = {name: getattr(base, name) for name in dir(base) if not name.startswith("_")}
    made = {name: hookimpl(_answer(name, value)) for name, value in hooks.items()}
    return SimpleNamespace(**{**known, **made, "__file__": base.__file__})


def _answer(name: str, value: Any) -> Any:
    def answer() -> Any:
        return value

    answer.__name__ = name
    return answer


@pytest.mark.parametrize(
    ("hooks", "told"),
    [
        ({"guidance_items": [Guidance(slug="A b", title="x")]}, "guidance_items: slug 'A b' may hold small letters"),
        (
            {"guidance_items": [Guidance(slug="a", title="x", leads_to=("y", "http://plain.example/"))]},
            "guidance_items: 'x' leads to 'http://plain.example/'; give an https:// address",
        ),
        (
            {"guidance_items": [Guidance(slug="a", title="x", documents=(("y", "javascript:1"),))]},
            "guidance_items: 'x' leads to 'javascript:1'",
        ),
        (
            {
                "guidance_items": [Guidance(slug="a", title="x")],
                "menu_items": [MenuSection((Entry("y", "guidance", params={"slug": "b"}),))],
            },
            "menu_items: 'y' names guidance 'b', which does not exist",
        ),
        ({"landing_items": [Landing(route="nowhere")]}, "landing_items: route 'nowhere' does not exist"),
        ({"landing_items": [Landing(route="overview")]}, "landing_items: route 'overview' does not exist"),
        (
            {"landing_items": [Landing(route="bills", condition="no-sub-accounts")]},
            "landing_items: no-sub-accounts needs accounts that are handed out",
        ),
        (
            {"landing_items": [Landing(route="bills", condition="full-moon")]},  # type: ignore[arg-type]
            "landing_items: condition 'full-moon' is unknown",
        ),
        (
            {"landing_items": [Landing(route="bills", roles=frozenset({"stranger"}))]},
            "landing_items: role 'stranger' has no permissions",
        ),
        (
            {
                "portal_policy": Portal(
                    company="a", portal_name="b", customer_number_label="c", top_label="d", logout_label="e"
                ),
                "login_page_policy": LoginPageText(title="t", lost="ask {us}"),
            },
            "login_page_policy: lost leads to the telephone, and portal_policy has no contact",
        ),
    ],
)
def test_a_contradiction_stops_the_start_with_one_line(hooks: dict[str, Any], told: str) -> None:
    plugin = variant(**hooks)
    with pytest.raises(OperatorError) as caught:
        compile_operator(make_hooks("actv", plugin, {}), plugin, ROUTES, capabilities=capabilities())
    assert str(caught.value).startswith(f"operator actv: {told}")
    assert "\n" not in str(caught.value)
