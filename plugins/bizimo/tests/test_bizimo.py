"""What BIZIMO declares, on a real portal of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mypage_bizimo.plugin as bizimo
import pytest

from mypage.testing.policy import check_policy
from mypage.testing.portal import Portal

pytest_plugins = ["mypage.testing.plugin"]


@pytest.fixture
def site(make_portal: Callable[..., Portal]) -> Portal:
    """A tenant of BIZIMO; the plugin need not be installed."""
    return make_portal("bizimo", plugins={"bizimo": bizimo})


@pytest.mark.req("BIZIMO-01")
def test_customers_sign_in_with_an_id_and_a_password(site: Portal) -> None:
    page = site.client().get("/login")
    assert page.status == 200
    assert "会員ページ ログイン" in page.text
    assert page.texts("//main//form//label")[:2] == ["ログインID", "パスワード"]


@pytest.mark.req("BIZIMO-01")
def test_the_login_page_is_there_in_english(make_portal: Callable[..., Portal]) -> None:
    page = make_portal("bizimo", plugins={"bizimo": bizimo}, locale="en").client().get("/login")
    assert "Sign in to the member page" in page.text


@pytest.mark.req("BIZIMO-02")
def test_the_menu_in_order() -> None:
    entries = [entry for section in bizimo.menu_items() for entry in section.entries]
    assert [entry.route for entry in entries] == ["contract", "bills", "credentials"]


def test_the_policy_file_says_who_may_do_what() -> None:
    """A line of the answer says what to add to policy.toml, remove from it or correct in it."""
    assert check_policy("bizimo", bizimo, Path(__file__).parents[1] / "policy.toml") == []
