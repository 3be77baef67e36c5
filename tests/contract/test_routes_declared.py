"""Every route says who may use it, and nothing of two routes collides."""

from __future__ import annotations

import pytest

from mypage.hooks.permissions import (
    ACCOUNT_CHANGE,
    ACCOUNT_MANAGE,
    ACCOUNT_READ,
    CORE_PERMISSIONS,
    GUIDANCE,
    MAILBOX_CHANGE,
    OPTION_READ,
    PROFILE_CHANGE,
    PUBLIC,
    REQUEST_FILE,
    REQUEST_READ,
    SIGNED_IN,
    SLOT_CHANGE,
    SLOT_READ,
    SUMMARY_READ,
    TERMINATION,
    TERMINATION_READ,
)
from mypage.server.routes import all_routes
from mypage.web.replies import Reply
from mypage.web.routing import check_routes, get, post, routes_of

ROUTES = all_routes()
OF_CAPABILITIES = {
    ACCOUNT_CHANGE,
    ACCOUNT_MANAGE,
    ACCOUNT_READ,
    GUIDANCE,
    MAILBOX_CHANGE,
    OPTION_READ,
    PROFILE_CHANGE,
    REQUEST_FILE,
    REQUEST_READ,
    SLOT_CHANGE,
    SLOT_READ,
    SUMMARY_READ,
    TERMINATION,
    TERMINATION_READ,
}
each = pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method}-{r.name}")


@each
def test_a_route_declares_a_permission_of_the_core(route) -> None:
    assert route.permission in CORE_PERMISSIONS | {PUBLIC, SIGNED_IN} | (OF_CAPABILITIES if route.capability else set())


@each
def test_a_handler_says_what_it_does(route) -> None:
    assert (route.handler.__doc__ or "").strip()


def test_method_and_path_are_unique_and_a_name_is_one_path() -> None:
    check_routes(ROUTES)
    assert len({(r.method, r.path) for r in ROUTES}) == len(ROUTES)
    assert len({(r.method, r.name) for r in ROUTES}) == len(ROUTES)


def test_every_permission_is_demanded_somewhere() -> None:
    assert {r.permission for r in ROUTES} >= CORE_PERMISSIONS


def test_a_card_is_changed_only_after_the_password_was_given_again() -> None:
    assert [r.name for r in ROUTES if r.reauth]
    assert all(r.permission != PUBLIC for r in ROUTES if r.reauth)
    assert any(r.reauth for r in ROUTES if r.permission == "card.change")


def test_what_everybody_may_use_changes_nothing_of_an_account() -> None:
    public = {r.name for r in ROUTES if r.permission == PUBLIC and r.method == "POST" and not r.signed}
    before_login = {"login", "login-second", "logout", "register", "register-confirm", "activate", "recover", "reset"}
    assert public <= before_login | {"password-rules", "view", "view-end"}


def test_a_route_without_permission_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match=r"route open \(GET /open\) declares no permission"):
        get("/open", name="open", permission="")


def test_collisions_are_named() -> None:
    @get("/a", name="one", permission=PUBLIC)
    def one(rq: object) -> Reply:
        raise AssertionError("only declared, never called")

    @get("/a", name="two", permission=PUBLIC)
    def two(rq: object) -> Reply:
        raise AssertionError("only declared, never called")

    @post("/b", name="one", permission=PUBLIC)
    def three(rq: object) -> Reply:
        raise AssertionError("only declared, never called")

    made = {f.__name__: f.__routes__[0] for f in (one, two, three)}
    with pytest.raises(ValueError, match="GET /a is declared by one and two"):
        check_routes([made["one"], made["two"]])
    with pytest.raises(ValueError, match="route name one stands for /a and /b"):
        check_routes([made["one"], made["three"]])
    assert routes_of(pytest) == ()
