"""ご契約情報一覧 as each kind of login sees it: labels to the character, links by permission, few statements."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from ucomkit import NUMBER, Household, household, signed_in

from mypage.auth.models import Account
from mypage.contracts.models import Contract, Resource, Subscription
from mypage.db.session import Tx
from mypage.operators.operator import Operator
from mypage.orders.quotas import standing
from mypage.subaccounts.overview_reads import find, quota_stands
from mypage.testing.portal import Answer, MakePortal, Portal
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, MANAGER, USER

NAMES = {
    "family_name": "有光",
    "given_name": "杏",
    "family_kana": "アリミツ",
    "given_kana": "アン",
    "user_name": "有光香",
}


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ucom", theme="ucom")


@pytest.fixture
def home(portal: Portal) -> Household:
    return household(portal)


def buy(home: Household, product: str, account: uuid.UUID | None = None) -> None:
    """A purchase that is in force."""
    home.portal.run(
        lambda tx: tx.add(
            Subscription(
                tenant_id=tx.tenant,
                customer_id=home.customer_id,
                contract_id=home.contract_id,
                account_id=account,
                holder_id=account or home.contract_id,
                product=product,
                bought_at=tx.now() - timedelta(days=1),
            )
        )
    )


def have(home: Household, account: uuid.UUID, value: str, *, kind: str = "mail", own: bool = True) -> None:
    """A mail address or web space of an account."""

    def work(tx: Tx) -> None:
        tx.add(
            Resource(
                tenant_id=tx.tenant,
                customer_id=home.customer_id,
                contract_id=home.contract_id,
                account_id=account,
                kind=kind,
                value=value,
                value_key=value,
                own=own,
                started_at=tx.now() - timedelta(days=1),
            )
        )

    home.portal.run(work)


def facts(page: Answer, place: str) -> dict[str, str]:
    """Labels and values of the rows below an XPath, without the hidden words of their links."""
    rows: dict[str, str] = {}
    for row in page.all(f"{place}//dl/div"):
        for unseen in row.xpath(".//*[contains(@class,'vh')]"):
            unseen.drop_tree()
        label, *values = (" ".join(part.text_content().split()) for part in row)
        rows[label] = " ".join(values)
    return rows


def link(page: Answer, place: str, label: str) -> str:
    """Where the link of a row leads, "" without one."""
    return next(iter(page.all(f"{place}//dl/div[dt[normalize-space()='{label}']]//a/@href")), "")


def operator_of(portal: Portal) -> Operator:
    return portal.server.compiled.operators["ucom"]


def section(name: str) -> str:
    return f"//section[@aria-labelledby='{name}']"


@pytest.mark.req("UCOM-11", "UCOM-32", "UCOM-47", "UCOM-48", "UCOM-49", "UCOM-50", "UCOM-144")
def test_the_contract_its_options_and_how_many_are_registered(home: Household) -> None:
    home.account("arteri-an-001", MANAGER, **NAMES)
    page = signed_in(home.portal, BY_NUMBER, NUMBER).get("/overview")
    assert page.status == 200
    assert page.texts("//h1") == ["ご契約情報一覧"]
    assert page.texts(f"{section('contract')}/h2") == ["ご契約基本情報"]
    assert facts(page, section("contract")) == {
        "ご契約タイプ": "マンションLANタイプ",
        "お客様番号": NUMBER,
        "お客様番号パスワード": "***** 変更",
    }
    assert page.texts(f"{section('options')}/h2") == ["オプションサービス"]
    assert facts(page, section("options")) == {
        "メールサービス": "メール&Webスペース:未購入 変更",
        "UCOM光 リモートサポート": "未購入 変更",
    }
    assert page.texts(f"{section('quotas')}/h2") == ["アカウント登録状況 (登録済数/登録可能数)"]
    assert facts(page, section("quotas")) == {
        "アカウントID": "1個 / 5個 (基本 5個) 変更",
        "メールアカウント": "0個 / 0個 (基本 0個 + 0個)",
        "Webスペース": "0個 / 0個 (基本 0個 + 0個)",
    }
    assert page.all(f"{section('quotas')}//*[local-name()='rect']/@width") == ["20"]
    assert link(page, section("contract"), "お客様番号パスワード") == "/credentials"
    assert link(page, section("options"), "メールサービス") == "/options/mail"
    assert link(page, section("quotas"), "アカウントID") == "/accounts"


@pytest.mark.req("UCOM-48", "UCOM-49", "UCOM-50", "UCOM-144")
def test_what_is_bought_is_said_and_adds_to_what_may_be_registered(home: Household) -> None:
    account = home.account("arteri-an-001", **NAMES)
    buy(home, "mail-web")
    buy(home, "remote-support")
    have(home, account, "arteri.an@s2.spaaqs.ne.jp")
    page = signed_in(home.portal, BY_NUMBER, NUMBER).get("/overview")
    assert facts(page, section("options")) == {
        "メールサービス": "メール&Webスペース:購入済 変更",
        "UCOM光 リモートサポート": "購入済 変更",
    }
    quotas = facts(page, section("quotas"))
    assert quotas["メールアカウント"] == "1個 / 5個 (基本 0個 + 5個)"
    assert quotas["Webスペース"] == "0個 / 5個 (基本 0個 + 5個)"


@pytest.mark.req("UCOM-51", "UCOM-52", "UCOM-53", "UCOM-54", "UCOM-55")
def test_each_account_opens_and_shows_what_it_has(home: Household) -> None:
    first = home.account("arteri-an-001", MANAGER, **NAMES)
    second = home.account("arteri-an-002", USER, **NAMES | {"given_name": "健", "given_kana": "ケン"})
    have(home, first, "an@example.jp", own=False)
    buy(home, "security-360", first)
    page = signed_in(home.portal, BY_NUMBER, NUMBER).get("/overview")
    assert page.all("//h2[@id='accounts']/text()") == ["アカウントID情報一覧"]
    details = page.all("//details")
    assert [d.get("open") is not None for d in details] == [True, False]
    assert page.texts("//details/summary") == ["arteri-an-001有光 杏管理者権限", "arteri-an-002有光 健ユーザー権限"]
    assert page.texts("//details[1]//h3") == ["アカウントID基本情報", "セキュリティオプション"]
    assert facts(page, "//details[1]") == {
        "氏名": "有光 杏",
        "氏名カナ": "アリミツ アン",
        "ユーザーネーム": "有光香",
        "アカウント(パスワード)": "***** 変更",
        "アカウント権限種別": "管理者権限",
        "メールアドレス": "an@example.jp 変更",
        "メールサービス": "未購入 変更",
        "Webスペースサービス": "未登録 登録",
        "ホームページアドレス": "未登録",
        "セキュリティ360°": "購入済",
        "セキュリティオンライン": "未購入",
        "安心 Kidsフィルター": "未購入",
    }
    assert facts(page, "//details[2]")["メールアドレス"] == "未登録 登録"
    assert link(page, "//details[2]", "メールアドレス") == f"/accounts/{second}/mail"
    buttons = page.all("//details[2]//*[contains(@class,'actions')]/a/@href")
    assert buttons == [f"/options/security?account={second}", f"/options/security/holdings?account={second}"]
    words = [text.strip() for text in page.all("//details[2]//*[contains(@class,'actions')]/a/text()")]
    assert words == ["購入／解約", "ご利用状況／ダウンロード"]


@pytest.mark.req("UCOM-53")
def test_a_web_space_is_shown_with_its_address(home: Household) -> None:
    account = home.account("arteri-an-001", **NAMES)
    have(home, account, "www.s2.spaaqs.ne.jp/~arteri", kind="web")
    shown = facts(signed_in(home.portal, BY_NUMBER, NUMBER).get("/overview"), "//details")
    assert shown["Webスペースサービス"] == "登録済"
    assert shown["ホームページアドレス"] == "www.s2.spaaqs.ne.jp/~arteri"


def test_every_link_of_the_page_leads_somewhere(home: Household) -> None:
    for number in (1, 2):
        account = home.account(f"arteri-an-00{number}", **NAMES)
        have(home, account, f"an{number}@example.jp", own=False)
    browser = signed_in(home.portal, BY_NUMBER, NUMBER)
    links = set(browser.get("/overview").all("//main//a/@href"))
    assert len(links) >= 12
    assert {url: browser.get(url).status for url in links if not url.startswith("#")} == {
        url: 200 for url in links if not url.startswith("#")
    }


def test_accounts_without_an_address_are_pointed_at(home: Household) -> None:
    account = home.account("arteri-an-002", **NAMES)
    browser = signed_in(home.portal, BY_NUMBER, NUMBER)
    page = browser.get("/overview")
    [box] = page.texts("//*[contains(@class,'callout')][h2]")
    assert box.startswith(
        "メールアドレスが未登録のアカウントIDが1件あります arteri-an-002 のメールアドレスを登録すると、"
    )
    assert page.all("//*[contains(@class,'callout__act')]/a/@href") == [f"/accounts/{account}/mail"]
    home.account("arteri-an-003", **NAMES)
    page = browser.get("/overview")
    assert "未登録のアカウントIDが2件あります" in page.text
    assert page.all("//*[contains(@class,'callout__act')]/a/@href") == ["#accounts"]
    have(home, account, "an@example.jp", own=False)
    assert "未登録のアカウントIDが1件あります" in browser.get("/overview").text


@pytest.mark.req("UCOM-166")
def test_a_manager_sees_all_but_cannot_change_the_contracts_password(home: Household) -> None:
    home.account("arteri-an-001", MANAGER, **NAMES)
    home.account("arteri-an-002", USER, **NAMES)
    page = signed_in(home.portal, BY_ACCOUNT, "arteri-an-001").get("/overview")
    assert page.texts("//h1") == ["ご契約情報一覧"]
    assert len(page.all("//details")) == 2
    assert facts(page, section("contract"))["お客様番号パスワード"] == "*****"
    assert facts(page, section("quotas"))["アカウントID"] == "2個 / 5個 (基本 5個) 変更"


@pytest.mark.req("UCOM-12", "UCOM-160", "UCOM-167")
def test_a_user_sees_the_own_account_and_nothing_of_the_holder(portal: Portal) -> None:
    home = household(portal, address="東京都港区虎ノ門1-1", phone="012-345-6789", email="holder@example.jp")
    other = home.account("arteri-an-001", MANAGER, **NAMES)
    have(home, other, "secret@s2.spaaqs.ne.jp")
    home.account("arteri-an-002", USER, **NAMES | {"family_name": "山田", "given_name": "健"})
    page = signed_in(portal, BY_ACCOUNT, "arteri-an-002").get("/overview")
    assert page.texts("//h1") == ["ユーザー管理"]
    assert page.texts("//details/summary") == ["arteri-an-002山田 健ユーザー権限"]
    assert page.all("//section/@aria-labelledby") == ["accounts"]
    for foreign in ("arteri-an-001", "secret@", "虎ノ門", "012-345-6789", "holder@", "有光 杏"):
        assert foreign not in page.raw.text, foreign
    assert link(page, "//details", "メールサービス") == ""
    assert page.all("//a[contains(@href,'/accounts/new')]") == []


@pytest.mark.req("UCOM-13", "UCOM-167")
def test_the_header_names_contract_type_and_number_on_every_page_for_every_kind(home: Household) -> None:
    home.account("arteri-an-001", MANAGER, **NAMES)
    home.account("arteri-an-002", USER, **NAMES)
    for scheme, login in ((BY_NUMBER, NUMBER), (BY_ACCOUNT, "arteri-an-001"), (BY_ACCOUNT, "arteri-an-002")):
        browser = signed_in(home.portal, scheme, login)
        for path in ("/overview", "/sessions", "/nowhere"):
            page = browser.get(path)
            [who] = page.texts("//header//*[@class='who']")
            assert who == f"ご契約タイプ マンションLANタイプお客様番号 {NUMBER}"
            assert "ログアウト" in page.texts("//header//button")


@pytest.mark.req("UCOM-14", "UCOM-15")
def test_who_was_deleted_meanwhile_reads_that(home: Household) -> None:
    account = home.account("arteri-an-001", USER, **NAMES)
    browser = signed_in(home.portal, BY_ACCOUNT, "arteri-an-001")

    def close(tx: Tx) -> None:
        row = tx.get(Account, (tx.tenant, account))
        assert row is not None
        row.status = "closed"

    home.portal.run(close)
    page = browser.get("/overview")
    assert page.status == 200
    assert "このアカウントは削除されました。" in page.text
    assert page.all("//details") == []


def test_a_contract_that_has_ended_leaves_a_page_without_it(home: Household) -> None:
    home.account("arteri-an-001", **NAMES)

    def end(tx: Tx) -> None:
        contract = tx.get(Contract, (tx.tenant, home.contract_id))
        assert contract is not None
        contract.status = "terminated"

    home.portal.run(end)
    page = signed_in(home.portal, BY_NUMBER, NUMBER).get("/overview")
    assert page.status == 200
    assert page.all("//section/@aria-labelledby") == ["accounts"]
    assert link(page, "//details", "メールアドレス") == ""
    assert page.texts("//header//*[@class='who']") == [f"お客様番号 {NUMBER}"]


def test_the_page_counts_as_the_orders_do(home: Household) -> None:
    operator = operator_of(home.portal)
    accounts = [home.account(f"arteri-an-00{n}", USER if n else MANAGER) for n in range(3)]

    def agree() -> dict[str, str]:
        def look(tx: Tx) -> dict[str, str]:
            found = find(tx, operator, home.customer_id)
            assert found.contract is not None
            stands = quota_stands(operator, found)
            assert stands == standing(tx, operator, found.contract)
            return {name: stand.said(operator.catalogues["ja"]) for name, stand in stands.items()}

        return home.portal.run(look)

    agree()
    buy(home, "mail-web")
    buy(home, "security-360", accounts[0])
    have(home, accounts[0], "arteri.an@s2.spaaqs.ne.jp")
    have(home, accounts[1], "an@example.jp", own=False)
    have(home, accounts[2], "www.s2.spaaqs.ne.jp/~an", kind="web")
    assert agree() == {
        "accounts": "3個 / 5個 (基本 5個)",
        "mail": "1個 / 5個 (基本 0個 + 5個)",
        "web": "1個 / 5個 (基本 0個 + 5個)",
    }

    def end(tx: Tx) -> None:
        for row in (
            *tx.scalars(select(Subscription).where(Subscription.tenant_id == tx.tenant)),
            *tx.scalars(select(Resource).where(Resource.tenant_id == tx.tenant)),
        ):
            row.ended_at = tx.now()
        closed = tx.get(Account, (tx.tenant, accounts[2]))
        assert closed is not None
        closed.status = "closed"

    home.portal.run(end)
    assert agree()["accounts"] == "2個 / 5個 (基本 5個)"


def test_the_page_takes_few_statements_however_many_accounts_there_are(
    home: Household, record_property: Callable[[str, object], None]
) -> None:
    browser = signed_in(home.portal, BY_NUMBER, NUMBER)
    browser.get("/overview")
    counts = []
    engine = home.portal.server.database.engine.sync_engine
    statements: list[str] = []

    def heard(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith(("SELECT", "WITH")) and "enter_tenant" not in statement:
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", heard)
    try:
        for number in range(1, 31):
            account = home.account(f"arteri-an-{number:03}", **NAMES)
            if number % 2:
                have(home, account, f"an{number}@example.jp", own=False)
                buy(home, "security-360", account)
            if number in (1, 5, 30):
                statements.clear()
                assert browser.get("/overview").status == 200
                counts.append(len(statements))
    finally:
        event.remove(engine, "before_cursor_execute", heard)
    record_property("figure", f"overview of UCOM: {counts} reads for 1, 5 and 30 accounts, the session's among them")
    assert max(counts) <= 5, statements
    assert len(set(counts)) == 1
