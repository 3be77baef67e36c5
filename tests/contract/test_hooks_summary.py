"""Hooks of portals of few pages, on two operators: each gets its own answer, through the compiled operator."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update

import sample_operator.plugin as nagi_plugin
from mypage.audit.models import AuditEntry
from mypage.auth.models import Account
from mypage.hooks.auth import Gate
from mypage.hooks.markers import hookimpl
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.operator import Operator, OperatorError
from mypage.server.routes import all_routes
from mypage.testing.portal import MakePortal, Portal
from portal_rows import add_account, add_contract, add_person, sign_in


@pytest.fixture(scope="session")
def usen(both: Mapping[str, Any]) -> Operator:
    return both["usen"].operator


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("nagi", plugins={"nagi": nagi_plugin}, settings={"harbour": "みなと"})


def test_hook_first_login_items(usen: Operator, nagi: Operator, actv: Operator) -> None:
    assert actv.first_login is None
    assert "first-login" in usen.capabilities & nagi.capabilities
    assert usen.first_login is not None
    assert nagi.first_login is not None
    assert [variant.secrets for variant in usen.first_login.variants] == [("01 NET ID", "01 NET パスワード"), (), ()]
    assert [variant.secrets for variant in nagi.first_login.variants] == [("灯台の合図",), ()]
    assert [gate.condition for gate in usen.gates if gate.step] == ["unconfirmed", "card-missing"]
    assert "unconfirmed" not in [gate.condition for gate in nagi.gates]


def test_hook_summary_items(usen: Operator, nagi: Operator, actv: Operator) -> None:
    assert actv.summary is None
    assert usen.summary is not None
    assert nagi.summary is not None
    assert (usen.home_of("holder"), nagi.home_of("holder")) == ("summary", "home")
    assert [row.label for row in usen.summary.rows] == ["支払方法", "請求情報"]
    assert [row.label for row in nagi.summary.rows] == ["潮見表"]


def test_hook_contact_items(usen: Operator, nagi: Operator, actv: Operator) -> None:
    assert actv.contact_points is None
    assert usen.contact_points is not None
    assert nagi.contact_points is not None
    assert [topic.label for topic in usen.contact_points.topics] == ["契約", "解約", "料金", "不具合"]
    assert [topic.label for topic in nagi.contact_points.topics] == ["船", "潮"]


def test_without_a_gate_the_pages_are_there_and_nobody_is_led_to_them(portal: Portal) -> None:
    person = add_person(portal)
    add_contract(portal, person, number="1-1")
    browser = sign_in(portal, person)
    assert browser.get("/home").status == 200
    assert browser.get("/summary").texts("//h2")[:2] == ["係留", "そのほか"]
    assert "船のことは港務所へ。" in browser.get("/contact").text
    assert browser.get("/first-login").location == "/home"
    anew = update(Account).where(Account.tenant_id == portal.name).values(confirmed_at=None)
    portal.run(lambda tx: tx.execute(anew))
    page = browser.get("/first-login")
    assert page.texts("//h1") == ["ようこそ、みなとへ"]
    assert "岸壁だけ" in page.text
    assert browser.submit({}).location == "/home"
    assert browser.get("/first-login").location == "/home"
    noted = select(AuditEntry.action).where(AuditEntry.action == "first_login.confirmed")
    assert len(portal.run(lambda tx: tx.scalars(noted.where(AuditEntry.tenant_id == tx.tenant)).all())) == 1


def test_what_a_first_login_shows_is_not_for_accounts_that_were_handed_out(portal: Portal) -> None:
    person = add_person(portal)
    add_contract(portal, person, number="1-1")
    browser = sign_in(portal, add_account(portal, person, "crew"))
    assert browser.get("/first-login").status == 404
    assert browser.get("/contact").status == 200


def wrong_plugin(name: str, answer: Any) -> Any:
    """nagi with one answer that contradicts another."""

    def hook() -> Any:
        return answer

    hook.__name__ = name
    return SimpleNamespace(**(vars(nagi_plugin) | {name: hookimpl(hook)}))


FIRST, PAGE, ASK = nagi_plugin.first_login_items()[0], nagi_plugin.summary_items()[0], nagi_plugin.contact_items()[0]
TOPIC = ASK.topics[0]


@pytest.mark.parametrize(
    ("hook", "answer", "said"),
    [
        ("gate_items", [Gate(name="x", condition="unconfirmed", route="notices")], "name the route 'first-login'"),
        (
            "first_login_items",
            [dataclasses.replace(FIRST, variants=(*FIRST.variants, FIRST.variants[0]))],
            "two variants are for plan 'beacon'",
        ),
        ("summary_items", [dataclasses.replace(PAGE, steps=PAGE.steps * 2)], "two steps have one code: survey"),
        ("summary_items", [dataclasses.replace(PAGE, links=(("x", "http://a.example"),))], "give an https:// address"),
        (
            "contact_items",
            [dataclasses.replace(ASK, topics=(dataclasses.replace(TOPIC, phone=""),))],
            "neither a telephone nor a page",
        ),
        ("contact_items", [dataclasses.replace(ASK, number_note="%(x)s")], "cannot be filled in"),
        ("summary_items", [PAGE, PAGE], "2 Summary are declared; keep one"),
    ],
)
def test_contradictions_are_told_at_the_start(hook: str, answer: Any, said: str) -> None:
    plugin = wrong_plugin(hook, answer)
    routes = {route.name: route.permission for route in all_routes()}
    with pytest.raises(OperatorError) as refused:
        compile_operator(make_hooks("nagi", plugin, {}), plugin, routes)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
