"""Hooks about contracts, notices, mails, bills and payment, on two operators."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from mypage.billing.gateways import HttpGateway
from mypage.hooks.desk import DeskPolicy, PaperKind, WorkReason, WorkRule
from mypage.hooks.markers import hookimpl
from mypage.hooks.payment import GatewayRefused
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.loading import load_operator
from mypage.operators.operator import Operator, OperatorError
from mypage.server.routes import all_routes
from sample_operator.counter import CounterOnly


def test_hook_contract_view_policy(actv: Operator, nagi: Operator) -> None:
    assert (actv.contract_view.title, nagi.contract_view.title) == ("ご契約内容参照", "ご契約の内容")


def test_hook_notice_view_policy(actv: Operator, nagi: Operator) -> None:
    assert (actv.notice_view.title, nagi.notice_view.title) == ("お知らせ", "凪だより")
    assert actv.notice_view.empty != nagi.notice_view.empty


def test_hook_desk_policy(ucom: Operator, nagi: Operator, actv: Operator) -> None:
    cards, orders = ucom.desk.rule("card_review"), nagi.desk.rule("order")
    assert (cards.days, orders.days, nagi.desk.rule("card_review").days) == (2, 0, 5)
    assert [reason.code for reason in cards.reasons] == ["other-person", "company", "guardian-unknown", "other"]
    assert [(reason.code, reason.told) for reason in orders.reasons] == [
        ("storm", "しけのため、うかがえませんでした。")
    ]
    assert [question.code for question in cards.questions] == ["whose", "guardian"]
    assert (ucom.desk.answer_days, nagi.desk.answer_days) == (5, 10)
    assert (12, 29) in ucom.desk.closed
    assert (12, 29) not in nagi.desk.closed
    assert actv.desk.rule("card_review").reasons == ()
    assert [paper.code for paper in nagi.desk.papers][-2:] == ["other", "berth"]
    assert (nagi.desk.stopping() - ucom.desk.stopping(), "payment" in ucom.desk.stopping()) == ({"berth"}, False)
    assert (ucom.desk.tell_secret_shown, nagi.desk.tell_secret_shown) == (True, False)
    assert (actv.desk.secrets_an_hour, nagi.desk.secrets_an_hour) == (10, 2)


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (DeskPolicy(kinds={"cards": WorkRule()}), "kind 'cards' is unknown"),
        (DeskPolicy(kinds={"order": WorkRule(days=-1)}), "order: days is -1"),
        (DeskPolicy(answer_days=0), "answer_days is 0"),
        (DeskPolicy(papers=()), "papers is empty"),
        (
            DeskPolicy(papers=(PaperKind(code="a", label="x"), PaperKind(code="a", label="y"))),
            "papers: code 'a' is used",
        ),
        (DeskPolicy(papers=(PaperKind(code="a b", label="x"),)), "papers: code 'a b' may hold"),
        (DeskPolicy(secrets_an_hour=0), "secrets_an_hour is 0"),
        (DeskPolicy(closed=((2, 30),)), "closed names 2/30, which is no day"),
        (DeskPolicy(usual=WorkRule(reasons=(WorkReason(code="a b", label="x"),))), "reason 'a b' may hold"),
        (
            DeskPolicy(usual=WorkRule(reasons=(WorkReason(code="a", label="x"), WorkReason(code="a", label="y")))),
            "usual: reason 'a' is used twice",
        ),
    ],
)
def test_rules_of_work_that_contradict_themselves_stop_the_start(policy: DeskPolicy, told: str) -> None:
    class Wrong:
        @hookimpl
        def desk_policy(self) -> DeskPolicy:
            return policy

    plugin = load_operator("actv")
    routes = {route.name: route.permission for route in all_routes()}
    with pytest.raises(OperatorError, match=f"operator actv: desk_policy: .*{told}"):
        compile_operator(make_hooks("actv", plugin, {"wrong": Wrong()}), plugin, routes)


def test_hook_mail_text_items(actv: Operator, nagi: Operator) -> None:
    assert actv.mail_texts["activation"].opening[0].startswith("マイページアカウントの作成")
    assert {mail.subject[:11] for mail in actv.mail_texts.values()} == {"【青森ケーブルテレビ】"}
    assert list(nagi.mail_texts) == ["password_reset"]
    assert nagi.mail_texts["password_reset"].subject == "【凪ネット】暗証の再設定"


def test_hook_billing_view_policy(actv: Operator, nagi: Operator) -> None:
    assert (actv.billing_view.months, nagi.billing_view.months) == (24, 12)
    assert (actv.billing_view.bills_title, nagi.billing_view.bills_title) == ("ご請求明細", "ご利用料金")


def test_hook_card_change_policy(actv: Operator, nagi: Operator) -> None:
    assert actv.card_change.labels.brand == "カードの種類"
    assert nagi.card_change.labels.brand is None
    assert (actv.card_change.confirm, nagi.card_change.confirm) == ("登録", "このカードにする")


def test_hook_make_payment_gateway(both: Mapping[str, Any]) -> None:
    def make(operator: str, name: str, **settings: str) -> object:
        return both[operator].hooks.make("make_payment_gateway", name=name, settings=settings)

    counter = make("nagi", "counter", desk="みなと窓口")
    assert isinstance(counter, CounterOnly)
    with pytest.raises(GatewayRefused):
        asyncio.run(counter.register("r", "k"))
    assert make("actv", "counter", desk="みなと窓口") is None
    for operator in both:
        assert isinstance(make(operator, "hosted-page", base_url="https://pay.example", key="k"), HttpGateway)
        with pytest.raises(OperatorError, match=r"in the clear; give an https base_url"):
            make(operator, "hosted-page", base_url="http://pay.example", key="k")
    with pytest.raises(OperatorError, match="operator nagi: make_payment_gateway: counter needs desk"):
        make("nagi", "counter")
