"""Paths that come from outside, tokens of forms, cookies and messages: what holds and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mypage.web.cookies import CookieJar, new_visitor, read_cookies, visitor_holds
from mypage.web.csrf import csrf_token, same_origin, token_holds
from mypage.web.flashes import pack_flashes, unpack_flashes
from mypage.web.formdata import BadForm, parse_form
from mypage.web.frame import Flash
from mypage.web.urls import safe_path

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


@pytest.mark.parametrize(
    "value",
    [
        "",
        "home",
        "//evil.example",
        "///evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\/evil.example",
        "/home\n",
        "/\thome",
        "/ home",
        "javascript:alert(1)",
        "/../other",
        "/a/../../b",
        "/" + "a" * 600,
        "/\x00",
    ],
)
def test_paths_that_lead_elsewhere_are_refused(value: str) -> None:
    assert safe_path(value, "") is None


@pytest.mark.parametrize("value", ["/", "/home", "/bills?page=2", "/pages/faq#x"])
def test_paths_inside_are_kept(value: str) -> None:
    assert safe_path(value, "") == value


def test_a_path_of_a_sibling_tenant_is_refused() -> None:
    assert safe_path("/u0021/home", "/u0020") is None
    assert safe_path("/u00200/home", "/u0020") is None
    assert safe_path("/u0020/home", "/u0020") == "/u0020/home"


def test_a_form_token_holds_for_its_tenant_and_browser_only() -> None:
    token = csrf_token(KEY, "a", "browser")
    assert token_holds(KEY, "a", "browser", token)
    assert not token_holds(KEY, "b", "browser", token)
    assert not token_holds(KEY, "a", "other", token)
    assert not token_holds(OTHER_KEY, "a", "browser", token)
    assert not token_holds(KEY, "a", "browser", "")
    assert not token_holds(KEY, "a", "", csrf_token(KEY, "a", ""))


@pytest.mark.parametrize(
    ("origin", "site", "good"),
    [
        (None, None, True),
        ("https://a.example", "same-origin", True),
        ("https://a.example", None, True),
        ("https://b.example", None, False),
        ("null", None, False),
        ("https://a.example", "same-site", False),
        ("https://a.example", "cross-site", False),
        ("https://a.example.evil.example", None, False),
        ("https://a.example:444", None, False),
        ("http://a.example", None, False),
    ],
)
def test_forms_come_from_our_own_origin(origin: str | None, site: str | None, good: bool) -> None:
    assert same_origin("a.example", origin, site) is good


def test_a_visitor_value_is_ours_and_of_this_tenant() -> None:
    value = new_visitor(KEY, "a")
    assert visitor_holds(KEY, "a", value)
    assert not visitor_holds(KEY, "b", value)
    assert not visitor_holds(KEY, "a", "chosen-by-an-attacker")
    assert not visitor_holds(KEY, "a", value[:-1])


def test_cookies_have_the_strictest_prefix_that_fits() -> None:
    assert CookieJar("a", "", secure=True).name("session") == "__Host-mp-a-session"
    assert CookieJar("a", "/u0020", secure=True).name("session") == "__Secure-mp-a-session"
    cookie = CookieJar("a", "/u0020", secure=True).set("session", "x")
    assert cookie.secure and cookie.httponly and cookie.samesite == "lax" and cookie.path == "/u0020"
    assert cookie.domain is None


def test_messages_survive_a_redirect_and_cannot_be_forged() -> None:
    flashes = (Flash("ok", "保存しました"), Flash("danger", "<script>"))
    value = pack_flashes(KEY, "a", flashes)
    assert unpack_flashes(KEY, "a", value) == flashes
    assert unpack_flashes(KEY, "b", value) == ()
    assert unpack_flashes(KEY, "a", "x" + value) == ()
    assert unpack_flashes(KEY, "a", "") == ()


@given(st.text(max_size=200))
def test_any_cookie_header_is_read_without_an_exception(header: str) -> None:
    assert isinstance(read_cookies(header), dict)


@given(st.binary(max_size=300))
def test_any_body_is_a_form_or_refused(body: bytes) -> None:
    try:
        form = parse_form(body, "application/x-www-form-urlencoded")
    except BadForm:
        return
    assert all(isinstance(form[name], str) for name in form)


def test_a_body_with_thousands_of_fields_is_refused() -> None:
    with pytest.raises(BadForm):
        parse_form(b"&".join(b"a%d=1" % i for i in range(10_000)), "application/x-www-form-urlencoded")
    with pytest.raises(BadForm):
        parse_form(b"{}", "application/json")
