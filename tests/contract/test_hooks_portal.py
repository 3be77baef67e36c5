"""Hooks about the portal, on two operators: each gets its own answer, through the compiled operator."""

from __future__ import annotations

import msgspec
import pytest

from mypage.hooks.permissions import BILL_READ, CORE_PERMISSIONS, GUIDANCE, HOME, PROFILE_CHANGE
from mypage.hooks.portal import TenantSettings
from mypage.operators.operator import Operator
from mypage.operators.store import TenantError, check_settings
from mypage.testing.portal import SETTINGS


def test_hook_portal_policy(actv: Operator, nagi: Operator) -> None:
    assert (actv.portal.company, actv.portal.portal_name) == ("青森ケーブルテレビ", "MyPage")
    assert (nagi.portal.company, nagi.portal.portal_name) == ("凪ネット", "お客さまページ")
    assert actv.portal.text_sizes is not None
    assert nagi.portal.text_sizes is None


def test_hook_menu_items(actv: Operator, nagi: Operator) -> None:
    def routes(operator: Operator) -> list[list[str]]:
        return [[entry.route for entry in section.entries] for section in operator.menu]

    assert routes(actv) == [["contract", "bills", "invoices", "card", "credentials"]]
    assert routes(nagi) == [
        ["bills", "invoices"],
        ["contract", "credentials", "profile", "accounts", "option", "guidance", "termination", "requests"],
    ]
    assert [section.heading for section in nagi.menu] == ["お支払い", "ご契約"]


def test_hook_public_page_items(actv: Operator, nagi: Operator) -> None:
    assert list(actv.public_pages) == ["", "faq", "terms", "important"]
    assert list(nagi.public_pages) == ["guide", "site"]
    assert nagi.public_pages["site"].url == "https://nagi.example/"


def test_hook_permission_policy(actv: Operator, nagi: Operator) -> None:
    assert actv.permissions.of("holder") == CORE_PERMISSIONS
    assert nagi.permissions.of("holder") >= CORE_PERMISSIONS | {PROFILE_CHANGE, GUIDANCE}
    assert nagi.permissions.of("reader") == {HOME, BILL_READ, GUIDANCE}
    assert actv.permissions.of("reader") == frozenset()


def test_hook_guidance_items(ucom: Operator, nagi: Operator) -> None:
    assert list(nagi.guidance) == ["moving", "counter"]
    assert ucom.guidance["bills"].leads_to is not None
    assert nagi.guidance["moving"].permission == PROFILE_CHANGE
    assert "guidance" in nagi.capabilities & ucom.capabilities


def test_hook_landing_items(actv: Operator, nagi: Operator) -> None:
    assert (actv.home_of("holder"), nagi.home_of("holder"), nagi.home_of("reader")) == ("home", "home", "bills")


def test_hook_settings_policy(actv: Operator, nagi: Operator) -> None:
    assert actv.settings_type is TenantSettings
    own = check_settings("bay", SETTINGS | {"harbour": "みなと"}, nagi.settings_type)
    assert msgspec.to_builtins(own)["harbour"] == "みなと"
    with pytest.raises(TenantError, match=r"tenant bay: .*harbour"):
        check_settings("bay", SETTINGS, nagi.settings_type)
    with pytest.raises(TenantError, match=r"tenant town: .*harbour"):
        check_settings("town", SETTINGS | {"harbour": "みなと"}, actv.settings_type)
