"""Hooks about what contracts permit and about the first page, on two operators and in their mistakes."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import sample_operator.plugin as nagi_plugin
from mypage.auth.conditions import held, looking, signs_in
from mypage.hooks.contracts import ContractCondition, ContractPolicy
from mypage.hooks.home import HomeRow, StatusHome
from mypage.hooks.markers import hookimpl
from mypage.hooks.permissions import CREDENTIAL_CHANGE, FOR_ALL, HOME, SIGNED_IN
from mypage.hooks.portal import Entry, MenuSection, SubMenu
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.loading import load_extensions
from mypage.operators.operator import Operator, OperatorError
from mypage.server.routes import all_routes

ACTIVE = frozenset({"active"})
NO = "Not now."


def test_hook_contract_policy(actv: Operator, ocn: Operator, nagi: Operator) -> None:
    assert (actv.contract_policy.looks, ocn.contract_policy.looks, nagi.contract_policy.looks) == (False, True, True)
    assert looking(actv) == {}, "who declares nothing pays nothing"
    assert "cancel" in looking(ocn)["stopping"].split(",")
    whole, lacking, over = ["active auth-password"], ["active "], ["accepted auth-password"]
    assert CREDENTIAL_CHANGE in held(ocn, "holder", whole).permissions
    assert CREDENTIAL_CHANGE not in held(ocn, "holder", lacking).permissions
    assert held(ocn, "holder", over).withheld[CREDENTIAL_CHANGE] == ocn.contract_policy.conditions[0].refusal
    assert HOME in held(ocn, "holder", over).permissions
    assert {"weather", "weather" + FOR_ALL} <= held(nagi, "holder", over).withheld.keys()
    assert {"weather", "weather" + FOR_ALL} <= held(nagi, "holder", lacking).permissions
    ended = ["terminated "]
    assert (signs_in(actv, None), signs_in(nagi, ended), signs_in(ocn, ended)) == (True, True, False)
    assert signs_in(ocn, [*ended, "accepted "]), "one line is enough"
    assert not signs_in(ocn, None)


@pytest.mark.req("OCN-35")
def test_one_contract_has_to_meet_all_conditions_of_a_permission(ocn: Operator) -> None:
    """The password goes with one line and the right state with the other: neither opens the page."""
    apart = ["accepted auth-password", "active "]
    assert CREDENTIAL_CHANGE not in held(ocn, "holder", apart).permissions


def test_hook_status_home_items(actv: Operator, ocn: Operator, nagi: Operator) -> None:
    assert actv.status_home is None
    assert ocn.status_home is not None
    assert [row.label for row in ocn.status_home.rows][:2] == ["お客様番号", "サービス品目"]
    assert nagi.status_home is None


def refused(**changed: Callable[..., Any]) -> str:
    hooks = {n: v for n, v in vars(nagi_plugin).items() if hasattr(v, "mypage_impl")}
    made = SimpleNamespace(**(hooks | {name: hookimpl(function) for name, function in changed.items()}))
    routes = {route.name: route.permission for route in all_routes()}
    with pytest.raises(OperatorError) as caught:
        compile_operator(make_hooks("nagi", made, load_extensions()), nagi_plugin, routes)
    return str(caught.value).removeprefix("operator nagi: ")


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"permissions": frozenset(), "states": ACTIVE}, "the condition on nothing names no permission; remove it"),
        ({"permissions": frozenset({"sail"}), "states": ACTIVE}, "the condition on sail: no role holds 'sail'"),
        (
            {"permissions": frozenset({SIGNED_IN}), "states": ACTIVE},
            "the condition on signed-in: 'signed-in' is everybody's",
        ),
        ({"permissions": frozenset({HOME})}, "the condition on home demands nothing; give states or a feature"),
        ({"permissions": frozenset({HOME}), "states": frozenset()}, "the condition on home names no state"),
        (
            {"permissions": frozenset({HOME}), "states": frozenset({"asleep"})},
            "the condition on home: state 'asleep' is unknown (known: preparing, active,",
        ),
        ({"permissions": frozenset({HOME}), "feature": "a b"}, "feature 'a b' may hold small letters"),
        (
            {"permissions": frozenset({HOME}), "states": ACTIVE, "refusal": ""},
            "the condition on home has no refusal; say why",
        ),
    ],
)
def test_a_condition_that_cannot_be_meant(condition: dict[str, Any], message: str) -> None:
    policy = ContractPolicy(conditions=(ContractCondition(**({"refusal": NO} | condition)),))
    assert refused(contract_policy=lambda: policy).startswith(f"contract_policy: {message}")


def test_a_login_that_no_state_permits() -> None:
    nobody = ContractPolicy(signs_in=frozenset())
    assert (
        refused(contract_policy=lambda: nobody) == "contract_policy: signs_in names no state; leave states out for any"
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rows": ()}, "the page needs a title and rows"),
        ({"heading": "%(who)sの登録"}, "'%(who)sの登録' cannot be filled in; it may hold %(name)s"),
        ({"rows": (HomeRow(label="", field="number"),)}, "the row of 'number' has no label"),
        ({"rows": (HomeRow(label="A"),)}, "row 'A' must show one thing: a field or a detail"),
        ({"rows": (HomeRow(label="A", field="shoe"),)}, "row 'A' shows 'shoe' (known: number, name,"),
    ],
)
def test_a_first_page_that_cannot_be_meant(changed: dict[str, Any], message: str) -> None:
    values: dict[str, Any] = {"title": "今", "greeting": (), "rows": (HomeRow(label="番号", field="number"),)}
    page = StatusHome(**(values | changed))
    assert refused(status_home_items=lambda: [page]).startswith(f"status_home_items: {message}")


@pytest.mark.req("OCN-34")
def test_a_heading_among_entries_needs_words_and_entries(ocn: Operator) -> None:
    for made in (SubMenu("料金", ()), SubMenu("", (Entry("請求", "bills"),))):
        menu = [MenuSection((made,))]
        assert refused(menu_items=lambda menu=menu: menu).startswith("menu_items: the sub-menu ")
    astray = [MenuSection((SubMenu("料金", (Entry("請求", "bill"),)),))]
    assert refused(menu_items=lambda: astray) == "menu_items: '請求' names route 'bill', which does not exist"
    changes = next(section for section in ocn.menu if any(isinstance(each, SubMenu) for each in section.entries))
    assert [each.label for each in changes.links][3] == "担当者連絡先"
