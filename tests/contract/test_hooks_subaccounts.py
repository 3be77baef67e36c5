"""The hook about accounts that customers hand out, on two operators, and what a mistake in it is told."""

from __future__ import annotations

from typing import Any

import pytest

from mypage.hooks.markers import hookimpl
from mypage.hooks.passwords import DIGITS
from mypage.hooks.subaccounts import ACCOUNT_FIELDS, AccountField, SubAccounts
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.loading import load_operator
from mypage.operators.operator import Operator, OperatorError
from mypage.server.routes import all_routes, capabilities

LEAST: dict[str, Any] = {"scheme": "mypage", "quota": "accounts", "roles": {"holder": "x"}, "title": "x"}


def test_hook_sub_account_items(ucom: Operator, nagi: Operator, actv: Operator) -> None:
    assert actv.sub_accounts is None
    assert "sub-accounts" not in actv.capabilities
    assert ucom.sub_accounts is not None
    assert nagi.sub_accounts is not None
    assert {"sub-accounts"} <= ucom.capabilities & nagi.capabilities
    assert list(ucom.sub_accounts.roles) != list(nagi.sub_accounts.roles)
    assert (ucom.sub_accounts.keeps_session, nagi.sub_accounts.keeps_session) == (True, False)
    assert [field.kind for field in nagi.sub_accounts.fields] == ["name", "role", "login", "password"]
    assert nagi.sub_accounts.row("kana") is None
    assert ucom.sub_accounts.row("kana") is not None


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"scheme": "none"}, "there is no login scheme 'none'"),
        ({"quota": "none"}, "quota 'none' does not exist"),
        ({"roles": {"stranger": "x"}}, "role 'stranger' has no permissions"),
    ],
)
def test_a_mistake_stops_the_start(values: dict[str, Any], told: str) -> None:
    class Wrong:
        @hookimpl
        def sub_account_items(self) -> list[SubAccounts]:
            return [SubAccounts(**{**LEAST, **values})]

    plugin = load_operator("actv")
    routes = {route.name: route.permission for route in all_routes()}
    with pytest.raises(OperatorError, match=f"operator actv: sub_account_items: .*(quota|{told})"):
        compile_operator(make_hooks("actv", plugin, {"wrong": Wrong()}), plugin, routes, capabilities=capabilities())


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"fields": ACCOUNT_FIELDS[1:]}, "none of kind 'login'"),
        ({"fields": (*ACCOUNT_FIELDS, ACCOUNT_FIELDS[0])}, "a kind twice"),
        ({"roles": {}}, "names no role"),
        ({"role_texts": {"other": "x"}}, "explains 'other'"),
    ],
)
def test_accounts_check_themselves(values: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        SubAccounts(**{**LEAST, **values})


def test_a_field_checks_itself() -> None:
    with pytest.raises(ValueError, match="beside full-width ones"):
        AccountField(kind="name", label="x", chars="katakana", besides=DIGITS)
    with pytest.raises(ValueError, match="at least one"):
        AccountField(kind="name", label="x", longest=0)
