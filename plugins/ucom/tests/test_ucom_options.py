"""Options: the words of the manual, who may buy what for whom, and what is shown before anything is ordered."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from optionkit import (
    ahead,
    at,
    at_once,
    card_of,
    choose,
    facts,
    mails,
    order,
    orders_of,
    subscriptions,
    with_address,
    with_card,
    with_plan,
)
from sqlalchemy import select
from ucomkit import NUMBER, Household, household, signed_in

from mypage.audit.models import AuditEntry
from mypage.contracts.reaching import ContractRef
from mypage.db.session import Tx
from mypage.hooks.permissions import PermissionMatrix
from mypage.hooks.prices import UnitPrice
from mypage.orders.models import ConsentText
from mypage.orders.quotas import standing
from mypage.plugin import PermissionTable, hookimpl
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage_ucom import accounts, plugin
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, FIBER, LAN, MANAGER, SECURITY_OPTIONS
from mypage_ucom.options import PRODUCTS

SECURITY = ["セキュリティ360°", "セキュリティオンライン", "安心 Kidsフィルター"]
PIN = re.compile(r"[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){3}")


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ucom", theme="ucom")


@pytest.fixture
def home(portal: Portal) -> Household:
    return household(portal)


@pytest.fixture
def holder(home: Household) -> PortalClient:
    return signed_in(home.portal, BY_NUMBER, NUMBER)


def quotas(home: Household) -> dict[str, str]:
    operator = home.portal.server.compiled.operators["ucom"]
    ref = ContractRef(home.contract_id, home.number, LAN, "", "active", home.customer_id)
    return home.portal.run(
        lambda tx: {n: stand.said(operator.catalogues["ja"]) for n, stand in standing(tx, operator, ref).items()}
    )


def buttons(node: Any) -> list[tuple[str, bool]]:
    """The buttons of a card and whether they do something."""
    found = node.xpath(".//button")
    return [("".join(b.xpath("./text()")).strip(), b.get("aria-disabled") != "true") for b in found]


@pytest.mark.req("UCOM-94", "UCOM-95", "UCOM-96", "UCOM-97", "UCOM-98", "UCOM-140", "UCOM-156", "UCOM-157", "UCOM-172")
def test_buying_the_mail_service_word_by_word(home: Household, holder: PortalClient) -> None:
    page = holder.get("/options/mail")
    assert page.texts("//h1") == ["メールサービス購入"]
    assert page.texts("//*[@class='page-head__over']") == ["メールサービス"]
    assert page.texts("//main//h2") == ["メール&Webスペース"], "a contract is offered exactly one of the two"
    rows = facts(page)
    assert list(rows) == ["現在のご契約状態", "月額利用料", "サービス説明"]
    assert (rows["現在のご契約状態"], rows["月額利用料"]) == ("未購入", "330円")
    assert page.texts("//label[contains(@class,'consent')]") == ["上記の内容に同意する"]
    assert buttons(card_of(page, "mail-web")) == [("購入する", True)]

    refused = holder.submit({}, form="//main//section//form")
    assert (refused.status, refused.errors) == (422, ["「上記の内容に同意する」にチェックを入れてください"])
    assert orders_of(home) == []

    chosen = choose(holder, "mail", "mail-web")
    check = holder.get(chosen.location)
    assert check.texts("//h1") == ["メールサービス購入確認"]
    lead = "お申し込み内容をご確認いただき、問題ない場合は[決定] ボタンをクリックしてください。"
    assert check.texts("//*[@class='lead']") == [lead]
    rows = facts(check)
    assert list(rows) == ["商品名", "お申込み内容", "月額利用料", "お申込み日", "サービス説明"]
    assert list(rows.values())[:4] == ["メール&Webスペース", "購入する", "330円", "2026/11/21"]
    assert "利用料金は購入翌月から発生いたします。" in rows["サービス説明"]
    assert ahead(check) == [
        ("11月分", "0円", "お申し込み月は無料"),
        ("12月分", "330円", "ここから発生"),
        ("1月分から毎月", "330円", "解約する月まで"),
    ]
    assert check.texts("//form[@class='actions']/*[self::a or self::button]") == ["決定", "前画面へ戻る"]
    back = check.all("//form[@class='actions']/a/@href")
    assert holder.get(back[0]).status == 200
    assert orders_of(home) == [], "nothing is ordered before the last step"

    holder.get(chosen.location)
    done = holder.get(holder.submit({}, form="//main//form[@class='actions']").location)
    assert done.texts("//h1") == ["メールサービス購入完了"]
    said = done.texts("//main//div[@class='card'][1]/p")
    assert said[:3] == [
        "メールサービスの購入が完了しました。",
        (
            "メールアドレスの登録には、アカウントIDが必要となります。"
            "【こちら】よりアカウントIDを登録の後、メールアドレスの登録を行ってください。"
        ),
        "既にアカウントIDをお持ちの方 【こちら】から契約アカウント情報の確認を行ってください。",
    ]
    for link in done.all("//main//div[@class='card'][1]/p/a/@href"):
        assert holder.get(link).status == 200
    assert "■お申し込み内容" in done.texts("//h2")
    assert list(facts(done)) == list(rows)
    [bought] = orders_of(home)
    assert (bought.state, bought.monthly, bought.effective_on.isoformat()) == ("completed", 300, "2026-11-21")
    assert bought.number in done.text


@pytest.mark.req("UCOM-99", "UCOM-100", "UCOM-144", "UCOM-154", "UCOM-184")
def test_the_mail_service_is_bought_once_and_not_ended_here(home: Household, holder: PortalClient) -> None:
    assert quotas(home)["mail"] == "0個 / 0個 (基本 0個 + 0個)"
    first = holder.get("/options/mail")
    order(holder, "mail", "mail-web")
    page = holder.get("/options/mail")
    card = card_of(page, "mail-web")
    assert (facts(page)["現在のご契約状態"], buttons(card)) == ("購入済", [])
    assert "単体での解約はできません" in page.text
    assert quotas(home) | {"accounts": ""} == {
        "accounts": "", "mail": "0個 / 5個 (基本 0個 + 5個)", "web": "0個 / 5個 (基本 0個 + 5個)"
    }  # fmt: skip
    again = first.form_values("//main//section//form") | {"mail-web-consent": "1"}
    for forged in (again, again | {"action": "end"}):
        assert holder.post("/options/mail", forged).status == 303
        assert "warn" in holder.get("/options/mail").raw.text
    assert [s.product for s in subscriptions(home)] == ["mail-web"]
    assert orders_of(home)[0].action == "add"


@pytest.mark.req("UCOM-94")
def test_a_contracts_plan_decides_which_mail_product_it_is_offered(home: Household, holder: PortalClient) -> None:
    with_plan(home, FIBER)
    page = holder.get("/options/mail")
    assert page.texts("//main//h2") == ["メールパック"]
    other = page.form_values("//main//section//form") | {"product": "mail-web", "mail-web-consent": "1"}
    assert holder.post("/options/mail", other).status == 404
    with_plan(home, "elsewhere")
    assert holder.get("/options/mail").status == 404
    assert holder.get("/options/nothing").status == 404


@pytest.mark.req("UCOM-159", "UCOM-160", "UCOM-161", "UCOM-167")
def test_who_may_look_and_buy(home: Household, portal: Portal) -> None:
    own, sibling = home.account("arteri-an-001"), home.account("arteri-an-002")
    home.account("arteri-an-009", MANAGER)
    stranger = household(portal, "90000000000009").account("ottokara")
    for account in (own, sibling):
        with_address(home, account, f"{account}@else.example", own=False)
    user, manager = (signed_in(portal, BY_ACCOUNT, login) for login in ("arteri-an-001", "arteri-an-009"))
    for page in ("mail", "support"):
        assert user.get(f"/options/{page}").status == 403
        assert manager.get(f"/options/{page}").status == 200
    assert [user.get(f"/options/security?account={a}").status for a in (own, sibling, stranger)] == [200, 404, 404]
    assert [manager.get(f"/options/security?account={a}").status for a in (own, sibling, stranger)] == [200, 200, 404]
    assert user.get("/options/security").texts("//select//option") == []
    assert manager.get("/options/security").texts("//select//option") == [
        "arteri-an-001", "arteri-an-002", "arteri-an-009"
    ]  # fmt: skip
    form = user.get("/options/security").form_values("//main//section[1]//form") | {"security-360-consent": "1"}
    assert user.post("/options/security", form | {"account": str(sibling)}).status == 404
    assert user.post("/options/security", form | {"account": "x"}).status == 404
    assert order(manager, "security", "security-360", sibling).status == 200
    assert user.get(f"/options/security/holdings?account={sibling}").status == 404
    pin = {"product": "security-360", "account": str(sibling)}
    assert user.post("/options/security/pin", pin).status == 404
    [bought] = orders_of(home)
    assert (bought.subject, bought.placed_login, bought.placed_role) == ("arteri-an-002", "arteri-an-009", MANAGER)


@pytest.mark.req("UCOM-102", "UCOM-104", "UCOM-105", "UCOM-108", "UCOM-109", "UCOM-145", "UCOM-176")
def test_buying_security_word_by_word(home: Household, holder: PortalClient) -> None:
    account = home.account("arteri-an-001")
    home.account("arteri-an-002")
    with_address(home, account, "arteria.net_001@s2.spaaqs.ne.jp")
    page = holder.get(f"/options/security?account={account}")
    assert page.texts("//h1") == ["セキュリティオプション購入／解約"]
    assert page.texts("//*[@class='page-head__over']") == ["セキュリティオプション"]
    assert page.texts("//label[@for='account']") == ["アカウントID"]
    assert page.texts("//select/option[@selected]") == ["arteri-an-001"]
    assert page.texts("//main//section//h2") == SECURITY
    assert page.texts("//label[contains(@class,'consent')]") == ["サービス利用規約に同意する"] * 3
    assert page.texts("//form/p[contains(@class,'label')]") == ["サービス利用規約への同意"] * 3
    assert "1ライセンスにつきパソコン3台までご利用いただけます。" in page.text
    chosen = choose(holder, "security", "security-360", account)
    check = holder.get(chosen.location)
    assert check.texts("//h1") == ["セキュリティオプション購入／解約確認"]
    rows = facts(check)
    assert list(rows) == ["アカウントID", "商品名", "お申し込み内容", "月額利用料", "お申し込み日", "サービス説明"]
    assert list(rows.values())[:5] == ["arteri-an-001", "セキュリティ360°", "購入する", "550円", "2026/11/21"]
    assert "お申し込み月は無料です。その翌月よりご利用料金の請求が発生します。" in rows["サービス説明"]
    assert "購入または解約後のキャンセルはできません。" in check.texts("//div[contains(@class,'callout')]/p")
    assert "11月中に解約した場合も、11月分として550円がかかります" in check.text
    done = holder.get(holder.submit({}, form="//main//form[@class='actions']").location)
    assert done.texts("//h1") == ["セキュリティオプション購入／解約完了"]
    assert done.texts("//main//div[@class='card'][1]/p")[:3] == [
        "お申し込みいただきました内容につきまして手続きが完了しました。",
        "arteria.net_001@s2.spaaqs.ne.jp 宛に、「申込み完了メール」を送信しましたのでご確認ください。",
        "引き続き、「こちら」のオプションのダウンロードとインストールを行ってください。",
    ]
    [way] = done.all("//main//div[@class='card'][1]/p/a/@href")
    assert holder.get(way).texts("//h1") == ["セキュリティオプション管理"]
    assert mails(home.portal) == [("option_bought", "arteria.net_001@s2.spaaqs.ne.jp")]


@pytest.mark.req("UCOM-106", "UCOM-107", "UCOM-110", "UCOM-111", "UCOM-177")
def test_a_pin_is_shown_when_it_is_asked_for_and_goes_with_the_option(home: Household, holder: PortalClient) -> None:
    account = home.account("arteri-an-001")
    with_address(home, account, "an@else.example", own=False)
    own = signed_in(home.portal, BY_ACCOUNT, "arteri-an-001")
    done = order(own, "security", "security-360")
    page = own.get("/options/security/holdings")
    assert page.texts("//dt") == ["アカウントID"]
    assert page.texts("//*[@class='lead']") == [
        "利用状況を確認する場合は【アクティブ化情報】を、製品をダウンロードする場合は【ダウンロード】をクリックしてください。"
    ]
    assert page.texts("//main//section//h2") == SECURITY
    assert [len(card.xpath(".//form | .//a | .//details")) for card in page.all("//main//section")] == [3, 0, 0]
    assert page.texts("//main//section/div/span[contains(@class,'badge')]") == ["購入済", "未購入", "未購入"]
    for seen in (done, page, own.get("/orders")):
        assert not PIN.search(seen.raw.text), "a PIN stands nowhere before it was asked for"

    def show(browser: PortalClient) -> Answer:
        browser.get(f"/options/security/holdings?account={account}")
        return browser.submit({}, form="//main//section//form")

    shown = show(own)
    found = PIN.search(shown.text)
    assert found is not None
    pin = found[0]
    assert f"(PIN番号: {pin})" in shown.text
    assert "no-store" in shown.raw.headers["cache-control"]
    assert pin not in own.get("/options/security/holdings").raw.text
    assert pin in show(holder).text
    [left, right] = home.portal.run(
        lambda tx: list(
            tx.scalars(
                select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant, AuditEntry.action == "licence.shown")
            )
        )
    )
    assert {left.actor, right.actor} == {str(account), str(home.holder_id)}
    assert pin not in str([left.after, right.after])

    ended = order(own, "security", "security-360")
    assert facts(ended)["お申し込み内容"] == "解約する"
    assert "「申込み完了メール」を送信しました" in ended.text
    assert own.post("/options/security/pin", {"product": "security-360", "account": str(account)}).status == 404
    assert subscriptions(home)[0].pin_sealed is None
    order(own, "security", "security-360")
    other = PIN.search(show(own).text)
    assert other is not None
    assert other[0] != pin
    assert mails(home.portal) == [
        (name, "an@else.example") for name in ("option_bought", "option_ended", "option_bought")
    ]


@pytest.mark.req("UCOM-103")
def test_security_needs_a_mail_address(home: Household, holder: PortalClient) -> None:
    account = home.account("arteri-an-001")
    page = holder.get("/options/security")
    assert buttons(card_of(page, "security-360")) == [("購入する", False)]
    [way] = card_of(page, "security-360").xpath(".//a/@href")
    assert way == f"{home.portal.prefix}/accounts/{account}/mail"
    form = page.form_values("//main//section[1]//form") | {"action": "buy", "security-360-consent": "1"}
    assert holder.post("/options/security", form).status == 303
    assert "メールアドレスが必要です" in holder.get("/options/security").text
    assert orders_of(home) == []


@pytest.mark.req("UCOM-05", "UCOM-101")
def test_without_an_account_the_page_leads_to_registering_one(holder: PortalClient) -> None:
    page = holder.get("/options/security")
    assert page.all("//main//section") == []
    [way] = page.all("//div[@class='empty']/a/@href")
    assert holder.get(way).status == 200


@pytest.mark.req("UCOM-121", "UCOM-132", "UCOM-133", "UCOM-134", "UCOM-135")
def test_remote_support_needs_a_card_and_shows_its_desk_while_it_is_held(home: Household, holder: PortalClient) -> None:
    page = holder.get("/options/support")
    assert page.texts("//h1") == ["UCOM光 リモートサポート購入／確認／解約"]
    assert buttons(card_of(page, "remote-support")) == [("購入する", False), ("解約する", False)]
    assert card_of(page, "remote-support").xpath(".//a/@href") == [f"{home.portal.prefix}/card"]
    form = page.form_values("//main//section//form") | {"action": "buy", "remote-support-consent": "1"}
    assert holder.post("/options/support", form).status == 303
    assert orders_of(home) == []
    with_card(home, year=2026)
    assert "有効期限が切れています" in holder.get("/options/support").text
    home.portal.clock.at = home.portal.clock.at.replace(year=2025)
    page = signed_in(home.portal, BY_NUMBER, NUMBER).get("/options/support")
    assert buttons(card_of(page, "remote-support")) == [("購入する", True), ("解約する", False)]
    assert "0120-000-0000" not in card_of(page, "remote-support").text_content()
    browser = signed_in(home.portal, BY_NUMBER, NUMBER)
    done = order(browser, "support", "remote-support")
    assert done.texts("//h1") == ["UCOM光 リモートサポート購入／解約完了"]
    assert facts(done)["お申込み内容"] == "購入する"
    page = browser.get("/options/support")
    assert facts(page)["リモートサポート窓口"] == "TEL: 0120-000-0000営業時間: 午前9時～午後5時 (年中無休)"
    assert facts(page)["現在のご契約状態"] == "購入済"
    assert buttons(card_of(page, "remote-support")) == [("解約する", True), ("購入する", False)]


@pytest.mark.req("UCOM-136", "UCOM-137", "UCOM-138", "UCOM-139", "UCOM-151")
def test_ending_remote_support_and_the_fee_for_coming_back(home: Household, holder: PortalClient) -> None:
    with_card(home)
    first = holder.get(choose(holder, "support", "remote-support").location)
    assert "再申し込み手数料" not in facts(first)
    holder.submit({}, form="//main//form[@class='actions']")
    check = holder.get(choose(holder, "support", "remote-support").location)
    assert check.texts("//h1") == ["UCOM光 リモートサポート購入／解約"]
    assert check.texts("//div[contains(@class,'callout')]//li") == [
        (
            "リモートサポート窓口でのご対応は、UCOM光 リモートサポートのご契約者様に限ります。"
            "解約後にリモートサポート窓口へご連絡をいただいても、いかなる理由においてもご対応いたしかねます。"
        ),
        "再申し込みには、再申し込み手数料 3,300円（税込）が発生いたします。",
    ]
    assert ahead(check) == [
        ("11月分", "550円", "お申し込み月に解約するため有料"),
        ("12月分から毎月", "0円", "解約後は発生しません"),
    ]
    done = holder.get(holder.submit({}, form="//main//form[@class='actions']").location)
    assert (done.texts("//h1"), facts(done)["お申込み内容"]) == (["UCOM光 リモートサポート購入／解約完了"], "解約する")
    assert "0120-000-0000" not in card_of(holder.get("/options/support"), "remote-support").text_content()

    home.portal.clock.at = home.portal.clock.at.replace(year=2028)
    back = signed_in(home.portal, BY_NUMBER, NUMBER)
    check = back.get(choose(back, "support", "remote-support").location)
    rows = facts(check)
    assert list(rows)[2:4] == ["月額利用料", "再申し込み手数料"]
    assert rows["再申し込み手数料"] == "3,300円"
    assert ahead(check)[0] == ("11月分", "3,300円", "お申し込み月は無料 再申し込み手数料を含みます")
    done = back.get(back.submit({}, form="//main//form[@class='actions']").location)
    assert facts(done)["再申し込み手数料"] == "3,300円"
    assert [(o.action, o.monthly, o.again) for o in orders_of(home)] == [
        ("add", 500, 0),
        ("end", 500, 0),
        ("add", 500, 3000),
    ]


@pytest.mark.req("UCOM-138")
def test_a_fee_that_was_not_shown_is_not_charged(home: Household, holder: PortalClient) -> None:
    with_card(home)
    waiting = choose(holder, "support", "remote-support").location
    holder.get(waiting)
    form = dict(holder.last.form_values("//main//form[@class='actions']")) if holder.last else {}
    home.account("arteri-an-009", MANAGER)
    other = signed_in(home.portal, BY_ACCOUNT, "arteri-an-009")
    order(other, "support", "remote-support")
    order(other, "support", "remote-support")
    late = holder.post("/options/support/confirm", form)
    assert late.status == 303
    check = holder.get(late.location)
    assert "料金が変わりました" in check.raw.text
    assert facts(check)["再申し込み手数料"] == "3,300円"
    assert len(orders_of(home)) == 2
    assert holder.submit({}, form="//main//form[@class='actions']").status == 303
    assert sorted(o.again for o in orders_of(home)) == [0, 0, 3000]


@pytest.mark.req("UCOM-97", "UCOM-142")
@pytest.mark.parametrize("ending", [False, True])
def test_bills_of_another_month_than_was_shown_are_shown_first(portal: Portal, ending: bool) -> None:
    """Checked on the last day of a month and confirmed on the next: it would end a month later than was read."""
    portal.clock.at = at("2026-12-10 12:00")
    home = household(portal)
    with_card(home)
    if ending:
        order(signed_in(portal, BY_NUMBER, NUMBER), "support", "remote-support")
    portal.clock.at = at("2027-01-31 23:59")
    late = signed_in(portal, BY_NUMBER, NUMBER)
    check = late.get(choose(late, "support", "remote-support").location)
    seen = [month for month, _, _ in ahead(check)]
    assert seen[0] == "1月分"
    before = len(orders_of(home))
    portal.clock.at = at("2027-02-01 00:00")
    pressed = late.submit({}, form="//main//form[@class='actions']")
    check = late.get(pressed.location)
    assert "料金が変わりました" in check.raw.text
    assert ahead(check)[0][0] == "2月分"
    assert len(orders_of(home)) == before
    late.submit({}, form="//main//form[@class='actions']")
    assert len(orders_of(home)) == before + 1


@pytest.mark.req("UCOM-138")
def test_another_price_than_was_shown_is_shown_first(
    home: Household, holder: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The portal was brought up to date while the check page was open."""
    with_card(home)
    check = holder.get(choose(holder, "support", "remote-support").location)
    products = home.portal.server.compiled.operators["ucom"].products
    dearer = replace(products["remote-support"], price=UnitPrice(monthly=900, again=3_000))
    monkeypatch.setitem(products, "remote-support", dearer)
    form = check.form_values("//main//form[@class='actions']")
    pressed = holder.post("/options/support/confirm", form)
    assert "料金が変わりました" in holder.get(pressed.location).raw.text
    assert orders_of(home) == []


@pytest.mark.req("UCOM-107", "UCOM-156", "UCOM-185")
def test_an_order_is_placed_once_and_never_taken_back(home: Household, holder: PortalClient) -> None:
    chosen = choose(holder, "mail", "mail-web")
    check = holder.get(chosen.location)
    form = check.form_values("//main//form[@class='actions']")
    answers = [holder.post("/options/mail/confirm", form) for _ in range(2)]
    assert [a.status for a in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert holder.get(chosen.location).location == answers[0].location, "Back shows what was done"
    assert len(orders_of(home)) == 1
    assert holder.get(answers[0].location).all("//main//form") == [], "there is nothing to take it back with"
    assert holder.post("/options/mail/confirm", {"operation": str(uuid.uuid4())}).status == 409
    assert holder.get("/options/security/done?operation=" + form["operation"]).status == 303


@pytest.mark.req("UCOM-62", "UCOM-107")
def test_pressed_many_times_at_once_it_is_bought_once(home: Household, holder: PortalClient) -> None:
    for number, times in enumerate((2, 8, 64), 1):
        account = home.account(f"arteri-an-00{number}")
        with_address(home, account, f"an{number}@else.example", own=False)
        form = holder.get(choose(holder, "security", "kids-filter", account).location).form_values(
            "//form[@class='actions']"
        )
        answers = at_once([holder] * times, "/options/security/confirm", [form] * times)
        answers.append(holder.post("/options/security/confirm", form))
        assert {answer.status for answer in answers} == {303}
        assert len({answer.location for answer in answers}) == 1
        assert len(orders_of(home)) == len(subscriptions(home)) == len(mails(home.portal)) == number


@pytest.mark.req("UCOM-84", "UCOM-148")
def test_several_of_a_household_at_once_buy_once_and_the_others_see_it(home: Household, portal: Portal) -> None:
    account = home.account("arteri-an-001", MANAGER)
    with_address(home, account, "an@else.example", own=False)
    browsers = [signed_in(portal, BY_NUMBER, NUMBER) for _ in range(3)]
    browsers += [signed_in(portal, BY_ACCOUNT, "arteri-an-001") for _ in range(3)]
    forms = [
        browser.get(choose(browser, "security", "security-360", account).location).form_values(
            "//form[@class='actions']"
        )
        for browser in browsers
    ]
    answers = at_once(browsers, "/options/security/confirm", forms)
    assert [answer.status for answer in answers] == [303] * 6
    pages = [browser.get(answer.location) for browser, answer in zip(browsers, answers, strict=True)]
    assert sorted(page.texts("//h1")[0][-2:] for page in pages) == sorted(["完了", *["解約"] * 5])
    assert sum("すでに購入済みです。" in page.raw.text for page in pages) == 5
    assert len(subscriptions(home)) == len(orders_of(home)) == 1


@pytest.mark.req("UCOM-96", "UCOM-174")
def test_consent_is_kept_by_its_wording_and_version(home: Household, holder: PortalClient) -> None:
    shown = holder.get("/options/mail").form_values("//main//section//form")
    other = holder.post("/options/mail", shown | {"mail-web-consent": "1", "terms": "0" * 64})
    assert (other.status, other.errors) == (422, ["内容が変わりました。もう一度お読みください。"])
    order(holder, "mail", "mail-web")
    [bought] = orders_of(home)
    [text] = home.portal.run(lambda tx: list(tx.scalars(select(ConsentText).where(ConsentText.tenant_id == tx.tenant))))
    assert (text.id, text.version, text.language, text.digest.hex()) == (
        bought.consent_id, "2015-01", "ja", shown["terms"]
    )  # fmt: skip
    assert text.body.endswith("上記の内容に同意する")
    assert "「メール&Webスペース」購入後メールアドレスを利用しない場合でも月額利用料がかかります。" in text.body

    def trail(tx: Tx) -> AuditEntry:
        found = select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant, AuditEntry.action == "option.bought")
        return tx.scalars(found).one()

    entry = home.portal.run(trail)
    assert entry.actor == str(home.holder_id)
    assert {k: entry.after[k] for k in ("by_login", "by_scheme", "by_role", "product", "for")} == {
        "by_login": NUMBER, "by_scheme": BY_NUMBER, "by_role": "holder", "product": "mail-web", "for": NUMBER
    }  # fmt: skip


@pytest.mark.req("UCOM-96")
def test_consent_holds_when_the_language_changes_before_the_last_step(home: Household, holder: PortalClient) -> None:
    chosen = choose(holder, "mail", "mail-web")
    holder.get("/display?language=en")
    check = holder.get(chosen.location)
    assert (check.status, check.texts("//h1")) == (200, ["Buy the mail service: check"])
    holder.submit({}, form="//main//form[@class='actions']")
    [text] = home.portal.run(lambda tx: list(tx.scalars(select(ConsentText).where(ConsentText.tenant_id == tx.tenant))))
    assert text.language == "ja"


def test_the_history_says_what_when_by_whom_and_how_far(home: Household, holder: PortalClient) -> None:
    assert "お申し込みはまだありません" in holder.get("/orders").text
    account = home.account("arteri-an-001")
    home.account("arteri-an-002")
    with_address(home, account, "an@else.example", own=False)
    order(holder, "mail", "mail-web")
    order(signed_in(home.portal, BY_ACCOUNT, "arteri-an-001"), "security", "kids-filter", account)
    rows = [[cell for cell in row.split("  ") if cell] for row in holder.get("/orders").texts("//tbody/tr")]
    assert len(rows) == 2
    text = holder.get("/orders").text
    for expected in (
        "メール&Webスペース",
        "安心 Kidsフィルター",
        "arteri-an-001 (ユーザー権限)",
        NUMBER,
        "完了",
        "2026年11月21日",
    ):
        assert expected in text
    own = signed_in(home.portal, BY_ACCOUNT, "arteri-an-001").get("/orders")
    assert ["安心 Kidsフィルター" in own.text, "メール&Webスペース" in own.text] == [True, False]
    sibling = signed_in(home.portal, BY_ACCOUNT, "arteri-an-002").get("/orders")
    assert sibling.all("//tbody/tr") == []


def _cell(row: str, role: int, cell: str) -> Any:
    """The plugin with one cell of its table changed."""
    table = accounts.PERMISSIONS.table
    assert table is not None
    rows = []
    for each in table.rows:
        cells = list(each.cells)
        if each.name == row:
            cells[role] = cell
        rows.append(type(each)(each.name, each.permissions, tuple(cells), each.offline))
    changed = PermissionTable(table.roles, tuple(rows))
    besides = {r: accounts.PERMISSIONS.of(r) - table.of(r) for r in table.roles}
    hooks = {n: v for n, v in vars(plugin).items() if hasattr(v, "mypage_impl")}

    @hookimpl
    def permission_policy() -> PermissionMatrix:
        return PermissionMatrix.derived(changed, besides)

    return SimpleNamespace(**(hooks | {"permission_policy": permission_policy}))


FLIPPED = _cell("セキュリティオプションの購入/解約", 2, "×")


@pytest.mark.req("UCOM-159", "UCOM-162")
@pytest.mark.parametrize("may", [True, False])
def test_one_cell_decides_whether_a_user_buys_security(make_portal: MakePortal, *, may: bool) -> None:
    name = "ucom" if may else "ucom-flipped"
    portal = make_portal(name, theme="ucom", plugins=None if may else {name: FLIPPED})
    home = household(portal)
    account = home.account("arteri-an-001")
    with_address(home, account, "an@else.example", own=False)
    user = signed_in(portal, BY_ACCOUNT, "arteri-an-001")
    page = user.get("/options/security")
    assert page.texts("//main//section//h2") == SECURITY
    assert buttons(card_of(page, "security-360")) == [("購入する", may)]
    form = page.form_values("//main//section[1]//form") | {"action": "buy", "security-360-consent": "1"}
    assert user.post("/options/security", form).status == 303
    assert (SECURITY_OPTIONS in portal.server.compiled.operators[name].permissions.of("user")) is may
    if may:
        order(user, "security", "security-360")
    assert len(orders_of(home)) == int(may)


@pytest.mark.req("UCOM-139", "UCOM-158")
def test_amounts_are_data_of_the_plugin() -> None:
    assert {p.name: (p.price.monthly, p.price.again) for p in PRODUCTS if hasattr(p.price, "monthly")} == {
        "メールパック": (200, 0), "メール&Webスペース": (300, 0), "セキュリティ360°": (500, 0),
        "セキュリティオンライン": (300, 0), "安心 Kidsフィルター": (300, 0), "UCOM光 リモートサポート": (500, 3000),
    }  # fmt: skip
    assert {p.price.rate_bp for p in PRODUCTS} == {1000}
