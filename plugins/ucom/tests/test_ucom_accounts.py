"""アカウントID: the list, registering, changing and deleting, with the manual's texts to the character."""

from __future__ import annotations

import asyncio
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from ucomkit import NUMBER, PASSWORD, Household, household, signed_in, try_login

from mypage.audit.models import AuditEntry
from mypage.auth.models import Account, Credential, LoginName, LoginSession
from mypage.forms.models import Draft, Operation
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, MANAGER, USER

NEW = "Haru7391zz"
ENTRY = {
    "login": "arteri-an-003",
    "family_name": "有光",
    "given_name": "翔太",
    "family_kana": "アリミツ",
    "given_kana": "ショウタ",
    "user_name": "翔太",
    "password": NEW,
    "password_again": NEW,
    "role": USER,
}
NAMES = {
    "family_name": "有光",
    "given_name": "杏",
    "family_kana": "アリミツ",
    "given_kana": "アン",
    "user_name": "有光香",
}
ROWS = ["アカウントID", "氏名", "氏名カナ", "ユーザーネーム", "パスワード", "アカウント権限種別"]


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ucom", theme="ucom")


@pytest.fixture
def home(portal: Portal) -> Household:
    return household(portal)


@pytest.fixture
def holder(home: Household) -> PortalClient:
    return signed_in(home.portal, BY_NUMBER, NUMBER)


def enter(browser: PortalClient, **changed: str) -> Answer:
    """Post the form of a new account."""
    browser.get("/accounts/new")
    return browser.submit(ENTRY | changed)


def register(browser: PortalClient, **changed: str) -> Answer:
    """Through all three steps."""
    entered = enter(browser, **changed)
    assert entered.status == 303, entered.errors
    browser.get(entered.location)
    return browser.submit({}, follow=True)


def edit(browser: PortalClient, account: uuid.UUID, **changed: str) -> Answer:
    """Through the three steps of changing."""
    browser.get(f"/accounts/{account}")
    entered = browser.submit(changed)
    assert entered.status == 303, entered.errors
    browser.get(entered.location)
    return browser.submit({}, follow=True)


def delete(browser: PortalClient, account: uuid.UUID) -> Answer:
    """Ask, and delete."""
    browser.get(f"/accounts/{account}/delete")
    return browser.submit({}, follow=True)


def facts(page: Answer) -> list[tuple[str, str]]:
    """The definition list of the page."""
    rows = page.all("//main//dl[contains(@class,'facts')]/div")
    return [(cell(row.xpath("./dt")[0]), cell(row.xpath("./dd")[0])) for row in rows]


def cell(node: Any) -> str:
    return " ".join(node.text_content().split())


def count(portal: Portal, model: Any, *conditions: Any) -> int:
    return portal.run(
        lambda tx: tx.scalars(
            select(func.count()).select_from(model).where(model.tenant_id == tx.tenant, *conditions)
        ).one()
    )


@pytest.mark.req("UCOM-56", "UCOM-24")
def test_the_list(home: Household, holder: PortalClient) -> None:
    first = home.account("arteri-an-001", MANAGER, **NAMES)
    home.account("arteri-an-002", USER, **NAMES | {"given_name": "香"})
    page = holder.get("/accounts")
    assert page.texts("//h1") == ["アカウントID管理"]
    assert "アカウントIDの登録/変更/削除が行えます。" in page.text
    assert page.texts("//main//a[contains(@class,'btn--primary')]") == ["新規登録"]
    assert page.texts("//main//thead//th") == ["アカウントID", "氏名", "メールアドレス", "アカウント権限種別"]
    rows = [[cell(each) for each in row.xpath("./*")] for row in page.all("//main//tbody/tr")]
    assert [row[0] for row in rows] == ["arteri-an-001", "arteri-an-002"]
    assert [row[1] for row in rows] == ["有光 杏", "有光 香"]
    assert [row[2].partition(":")[0] for row in rows] == ["未登録", "未登録"]
    assert [row[3] for row in rows] == ["管理者権限", "ユーザー権限"]
    assert [row[4].partition(":")[0] for row in rows] == ["削除", "削除"]
    assert page.all("//main//tbody/tr[1]//a/@href") == [
        f"/accounts/{first}",
        f"/accounts/{first}/mail",
        f"/accounts/{first}/delete",
    ]
    assert "2個 / 5個 (基本 5個)" in page.texts("//main//caption")[0]


@pytest.mark.req("UCOM-57", "UCOM-58", "UCOM-64", "UCOM-65")
def test_the_input_page(holder: PortalClient) -> None:
    page = holder.get("/accounts/new")
    assert page.texts("//h1") == ["アカウントID登録／変更"]
    labels = page.texts("//main//form//*[contains(@class,'label')]")
    assert labels == [f"{row} (必須)" for row in [*ROWS[:5], "パスワード（再入力）", ROWS[5]]]
    for part in ("(姓)", "(名)", "(姓カナ)", "(名カナ)"):
        assert part in page.texts("//main//form//div[@class='pair']//label")
    assert page.texts("//main//form//p[contains(@class,'help') and not(contains(@class,'after'))]") == [
        (
            "半角英数字記号(-)がご利用いただけます。3文字以上、15文字以内で入力してください。"
            "先頭は英小文字のみ。末尾は英小文字または数字を使用してください。"
        ),
        "全角",
        "全角カナ",
        "全角、半角英数字、半角記号(-,_)がご利用いただけます。32文字以内で入力してください。",
        (
            "半角英数字、半角記号(-,_)がご利用いただけます。8文字以上、16文字以内で入力してください。"
            "数字、アルファベットをそれぞれ1文字以上使用してください。"
            "アカウントIDと同じパスワード、過去に使用したことがあるパスワードはご利用になれません。"
        ),
        "確認のため、再度ご入力ください。",
        "権限については、「ご注意」をご覧ください。",
    ]
    assert page.all("//input[@type='radio']/@value") == [USER, MANAGER]
    assert page.all("//input[@type='radio'][@checked]/@value") == [USER]
    assert page.texts("//main//form//button[@type='submit']") == ["次へ進む"]
    notes = page.texts("//section[@aria-labelledby='notes']//li")
    assert page.texts("//section[@aria-labelledby='notes']/h2") == ["ご注意"]
    assert notes[0] == "アカウントIDは、登録後に変更することはできません。"
    assert notes[1] == "セキュリティ上、過去に利用したパスワードはご利用いただけません。"
    assert "ご契約者さま、またはお支払いに関わる方" in notes[2]


@pytest.mark.req("UCOM-33", "UCOM-34", "UCOM-60", "UCOM-61", "UCOM-63", "UCOM-66")
def test_registering_and_the_first_login(portal: Portal, holder: PortalClient) -> None:
    confirm = holder.get(enter(holder).location)
    assert confirm.texts("//h1") == ["アカウントID情報登録／変更確認"]
    assert "登録内容をご確認いただき、問題ない場合は【登録】ボタンをクリックしてください。" in confirm.text
    masked = (
        "Har***** ※パスワードは入力された最初の3文字がそのまま表示され、以降はのぞき防止のため*****表示で伏せています。"
        "大文字/小文字等の入力間違え・確認等にご利用ください。"
    )
    values = ["arteri-an-003", "有光 翔太", "アリミツ ショウタ", "翔太"]
    found = [(label, text.replace("*****※", "***** ※")) for label, text in facts(confirm)]
    assert found == list(zip(ROWS, [*values, masked, "ユーザー権限"], strict=True))
    assert confirm.texts("//main//form//*[contains(@class,'btn')]") == ["登録", "入力画面へ戻る"]
    done = holder.submit({}, follow=True)
    assert done.texts("//h1") == ["アカウントID登録／変更完了"]
    assert "お申込みいただきました内容につきまして手続きが完了しました。" in done.text
    assert "引き続き、【ご案内】よりメールアドレスの登録を行ってください。" in done.text
    assert "■お申し込み内容" in done.texts("//main//h2")
    assert facts(done) == list(zip(ROWS, [*values, "Har*****", "ユーザー権限"], strict=True))
    [link] = done.all("//main//a[text()='こちら']/@href")
    assert re.fullmatch(r"/accounts/[0-9a-f-]{36}/mail", link)
    for page in (confirm, done):
        assert NEW not in page.raw.text
        assert "月額" not in page.text
    assert try_login(portal.client(), BY_ACCOUNT, "arteri-an-003", NEW).status == 303
    assert try_login(portal.client(), BY_NUMBER, "arteri-an-003", NEW).status == 422
    [entry] = portal.run(
        lambda tx: tx.scalars(
            select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant, AuditEntry.action == "account.registered")
        ).all()
    )
    assert (entry.after["login_id"], entry.after["by_scheme"], entry.after["by_role"]) == (
        "arteri-an-003",
        BY_NUMBER,
        "holder",
    )


@pytest.mark.req("UCOM-34")
def test_between_the_steps_no_password_is_kept(portal: Portal, holder: PortalClient) -> None:
    holder.get(enter(holder).location)

    def kept() -> str:
        rows = portal.run(
            lambda tx: [
                str(vars(row))
                for model in (Draft, Operation)
                for row in tx.scalars(select(model).where(model.tenant_id == tx.tenant))
            ]
        )
        return " ".join(rows)

    for secret in (NEW, "Har", "argon2"):
        assert secret not in kept()
    done = holder.submit({}, follow=True)
    assert "Har*****" in done.text
    for secret in (NEW, "Har", "argon2"):
        assert secret not in kept()
    portal.clock.at += timedelta(minutes=11)
    later = holder.get(str(done.raw.url).removeprefix(portal.origin))
    assert "Har" not in later.text
    assert ("パスワード", "*****") in facts(later)


WRONG = [
    ({"login": "1abc"}, "login"),
    ({"login": "-abc"}, "login"),
    ({"login": "abc-"}, "login"),
    ({"login": "ab"}, "login"),
    ({"login": "a" * 16}, "login"),
    ({"login": "Abc"}, "login"),
    ({"login": ""}, "login"),
    ({"family_name": "Arimitsu"}, "family_name"),
    ({"given_name": ""}, "given_name"),
    ({"family_kana": "ありみつ"}, "family_kana"),
    ({"given_kana": "ｼｮｳﾀ"}, "given_kana"),
    ({"user_name": "翔太!"}, "user_name"),
    ({"user_name": "ｼｮｳﾀ"}, "user_name"),
    ({"user_name": "あ" * 33}, "user_name"),
    ({"password": "Haru739", "password_again": "Haru739"}, "password"),
    ({"password": "Haru7391" * 2 + "x", "password_again": "Haru7391" * 2 + "x"}, "password"),
    ({"password": "Harukaze", "password_again": "Harukaze"}, "password"),
    ({"password": "73914826", "password_again": "73914826"}, "password"),
    ({"password": "Haru.7391", "password_again": "Haru.7391"}, "password"),
    ({"password": "arteri-an-003", "password_again": "arteri-an-003"}, "password"),
    ({"password_again": "Haru7391zy"}, "password_again"),
    ({"password": "", "password_again": ""}, "password"),
    ({"role": "holder"}, "role"),
]


@pytest.mark.req("UCOM-19", "UCOM-20", "UCOM-26", "UCOM-35", "UCOM-36", "UCOM-59")
def test_a_wrong_field_is_marked_and_the_others_are_kept(portal: Portal, holder: PortalClient) -> None:
    for changed, field in WRONG:
        page = enter(holder, **changed)
        assert page.status == 422, changed
        assert page.all(f"//*[@id='{field}-e']"), (changed, page.errors)
        kept = page.form_values()
        for name in set(ENTRY) - set(changed) - {"password", "password_again"}:
            assert kept[name] == ENTRY[name], changed
        assert page.all("//input[@type='password']/@value") == [], changed
    assert count(portal, Draft) == 0


@pytest.mark.req("UCOM-59")
def test_all_wrong_fields_are_said_at_once_with_a_star(holder: PortalClient) -> None:
    wrong = {"login": "1x", "family_name": "A", "given_kana": "x", "user_name": "!", "password": "x"}
    page = enter(holder, **wrong)
    assert len(page.errors) == len(wrong) + 1  # and the repetition differs
    for name in (*wrong, "password_again"):
        assert page.all(f"//*[@id='{name}']/ancestor::div[contains(@class,'group')]/span[text()='*']"), name


@pytest.mark.req("UCOM-35", "UCOM-36")
def test_unusual_but_right_names(holder: PortalClient) -> None:
    names = {
        "family_name": "髙橋",
        "given_name": "エリー　アン",
        "family_kana": "タカハシ",
        "given_kana": "エリー・アン",
    }
    assert enter(holder, **names, user_name="Eri-_01あ").status == 303


@pytest.mark.req("UCOM-62")
def test_back_to_the_input_keeps_all_but_the_passwords(holder: PortalClient) -> None:
    page = holder.get(enter(holder, role=MANAGER).location)
    [back] = page.all("//main//form//a/@href")
    values = holder.get(back).form_values()
    secret = {"password", "password_again"}
    assert {name: values[name] for name in set(ENTRY) - secret} == {
        name: text for name, text in (ENTRY | {"role": MANAGER}).items() if name not in secret
    }
    assert not any(values.get(name) for name in secret)


@pytest.mark.req("UCOM-22", "UCOM-23")
def test_an_id_is_never_used_twice_in_any_contract(portal: Portal, home: Household, holder: PortalClient) -> None:
    other = household(portal, "90000000000001")
    other.account("taken-001")
    gone = home.account("gone-001")
    used = enter(holder, login="taken-001").texts("//*[@id='login-e']")
    delete(holder, gone)
    deleted = enter(holder, login="gone-001").texts("//*[@id='login-e']")
    assert [text.replace("gone", "taken") for text in deleted] == used
    neighbour = signed_in(portal, BY_NUMBER, "90000000000001")
    assert enter(neighbour, login="gone-001").texts("//*[@id='login-e']") == deleted
    states = portal.run(
        lambda tx: dict(
            tx.execute(
                select(LoginName.login_key, LoginName.state).where(
                    LoginName.tenant_id == tx.tenant, LoginName.scheme == BY_ACCOUNT
                )
            ).all()
        )
    )
    assert states == {"taken-001": "used", "gone-001": "retired"}


def test_the_id_may_be_another_portals(make_portal: MakePortal, holder: PortalClient) -> None:
    elsewhere = household(make_portal("ucom", theme="ucom"), NUMBER)
    elsewhere.account("arteri-an-003")
    assert register(holder).status == 200


@pytest.mark.req("UCOM-24", "UCOM-25", "UCOM-168")
def test_the_sixth_is_refused_and_deleted_ones_do_not_count(
    portal: Portal, home: Household, holder: PortalClient
) -> None:
    accounts = [home.account(f"child-00{n}") for n in range(4)]
    second = signed_in(portal, BY_NUMBER, NUMBER)
    waiting = enter(second, login="late-one").location
    second.get(waiting)
    third = enter(holder)
    assert register(holder).status == 200
    page = holder.get("/accounts")
    assert page.texts("//main//button[@disabled]") == ["新規登録"]
    assert "登録可能数の上限に達しているため、新規登録できません（5個 / 5個 (基本 5個)）。" in page.text
    late = second.submit({})
    assert late.status == 422
    assert late.errors == ["登録可能数の上限に達しているため、新規登録できません（5個 / 5個 (基本 5個)）。"]
    assert holder.get("/accounts/new").location == "/accounts"
    assert third.status == 303
    forged = holder.post("/accounts/new", ENTRY | {"login": "forged-1"})
    holder.get(forged.location)
    assert holder.submit({}).status == 422
    assert count(portal, Account, Account.role == USER, Account.status == "active") == 5
    delete(holder, accounts[0])
    assert "4個 / 5個 (基本 5個)" in holder.get("/accounts").texts("//main//caption")[0]
    assert register(holder, login="late-one").status == 200


@pytest.mark.req("UCOM-25", "UCOM-62")
def test_pressed_at_once_in_two_tabs_is_one_account(portal: Portal, home: Household, holder: PortalClient) -> None:
    for n in range(4):
        home.account(f"child-00{n}")
    browsers = [holder, signed_in(portal, BY_NUMBER, NUMBER)]
    posts = []
    for n, browser in enumerate(browsers):
        page = browser.get(enter(browser, login=f"racer-{n}").location)
        posts += [(browser, page.form_values())] * 3

    async def race() -> list[Any]:
        sent = [browser.arequest("POST", "/accounts/new/confirm", data=values) for browser, values in posts]
        return list(await asyncio.gather(*sent))

    answers = portal.wait(race())
    assert sorted({answer.status_code for answer in answers}) == [303, 422]
    assert count(portal, Account, Account.role == USER) == 5
    assert count(portal, AuditEntry, AuditEntry.action == "account.registered") == 1


@pytest.mark.req("UCOM-21", "UCOM-67", "UCOM-68", "UCOM-69", "UCOM-70", "UCOM-183")
def test_changing_everything_but_the_id(portal: Portal, home: Household, holder: PortalClient) -> None:
    account = home.account("arteri-an-001", USER, **NAMES)
    page = holder.get(f"/accounts/{account}")
    assert page.texts("//h1") == ["アカウントID登録／変更"]
    assert ("アカウントID", "arteri-an-001") in facts(page)
    values = page.form_values()
    assert {name: values[name] for name in NAMES} == NAMES
    assert values["role"] == USER
    assert not page.all("//input[@name='login' and not(@type='hidden')]")
    confirm = holder.get(holder.submit({"given_name": "香", "role": MANAGER, "login": "other-id"}).location)
    assert confirm.texts("//h1") == ["アカウントID情報登録／変更確認"]
    assert dict(facts(confirm))["パスワード"] == "*****"
    done = holder.submit({}, follow=True)
    assert done.texts("//h1") == ["アカウントID登録／変更完了"]
    values = ["arteri-an-001", "有光 香", "アリミツ アン", "有光香", "*****", "管理者権限"]
    assert facts(done) == list(zip(ROWS, values, strict=True))
    assert try_login(portal.client(), BY_ACCOUNT, "arteri-an-001").status == 303
    assert try_login(portal.client(), BY_ACCOUNT, "other-id").status == 422


@pytest.mark.req("UCOM-27", "UCOM-28")
def test_no_former_password_comes_back(home: Household, holder: PortalClient) -> None:
    account = home.account("arteri-an-001", USER, **NAMES)
    words = [PASSWORD, "Natsu4826a", "Aki48261bb", "Fuyu7391cc"]
    for word in words[1:]:
        edit(holder, account, password=word, password_again=word)
    for word in words:
        holder.get(f"/accounts/{account}")
        page = holder.submit({"password": word, "password_again": word})
        assert page.status == 422, word
        assert "過去" in page.texts("//*[@id='password-e']")[0] or "以前" in page.texts("//*[@id='password-e']")[0]
    other_case = words[1].swapcase()
    assert edit(holder, account, password=other_case, password_again=other_case).status == 200


@pytest.mark.req("UCOM-72")
def test_a_new_password_ends_the_other_sessions_of_the_account(portal: Portal, home: Household) -> None:
    account = home.account("arteri-an-001", MANAGER, **NAMES)
    home.account("arteri-an-002", USER, **NAMES)
    here, there = (signed_in(portal, BY_ACCOUNT, "arteri-an-001") for _ in range(2))
    sibling = signed_in(portal, BY_ACCOUNT, "arteri-an-002")
    before = dict(here.cookies)
    edit(here, account, password=NEW, password_again=NEW)
    assert here.get("/accounts").status == 200
    assert dict(here.cookies) != before
    assert there.get("/accounts").location.startswith("/login")
    assert sibling.get("/accounts").status == 200
    assert try_login(portal.client(), BY_ACCOUNT, "arteri-an-001").status == 422
    holder = signed_in(portal, BY_NUMBER, NUMBER)
    edit(holder, account, password="Natsu4826a", password_again="Natsu4826a")
    assert here.get("/accounts").location.startswith("/login")
    assert holder.get("/accounts").status == 200


def test_a_change_pressed_at_once_happens_once(portal: Portal, home: Household) -> None:
    account = home.account("arteri-an-001", MANAGER, **NAMES)
    browser = signed_in(portal, BY_ACCOUNT, "arteri-an-001")
    browser.get(f"/accounts/{account}")
    confirm = browser.get(browser.submit({"password": NEW, "password_again": NEW}).location).form_values()

    async def thrice() -> list[Any]:
        path = f"/accounts/{account}/confirm"
        return list(await asyncio.gather(*(browser.arequest("POST", path, data=confirm) for _ in range(3))))

    answers = portal.wait(thrice())
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert count(portal, AuditEntry, AuditEntry.action == "account.changed") == 1
    assert count(portal, LoginSession) == 1
    assert browser.get("/accounts").status == 200


@pytest.mark.req("UCOM-72", "UCOM-163")
def test_a_lower_role_holds_from_the_next_request(portal: Portal, home: Household, holder: PortalClient) -> None:
    account = home.account("arteri-an-001", MANAGER, **NAMES)
    sibling = home.account("arteri-an-002", USER, **NAMES)
    manager = signed_in(portal, BY_ACCOUNT, "arteri-an-001")
    assert manager.get("/accounts/new").status == 200
    waiting = enter(manager)
    manager.get(waiting.location)
    assert manager.get(f"/accounts/{sibling}").status == 200
    manager.get(waiting.location)
    edit(holder, account, role=USER)
    assert manager.submit({}).status == 403
    assert manager.get("/accounts/new").status == 403
    assert manager.get(f"/accounts/{sibling}").status == 404
    assert manager.get(f"/accounts/{account}").status == 200
    edit(holder, account, role=MANAGER)
    assert manager.get(f"/accounts/{sibling}").status == 200


@pytest.mark.req("UCOM-71", "UCOM-160", "UCOM-164")
def test_kind_c_changes_itself_alone_and_never_its_role(portal: Portal, home: Household) -> None:
    own = home.account("arteri-an-001", USER, **NAMES)
    sibling = home.account("arteri-an-002", USER, **NAMES)
    foreign = household(portal, "90000000000001").account("other-001")
    browser = signed_in(portal, BY_ACCOUNT, "arteri-an-001")
    page = browser.get("/accounts")
    assert [row.partition(" ")[0] for row in page.texts("//main//tbody//th")] == ["arteri-an-001"]
    assert "arteri-an-002" not in page.raw.text
    assert "新規登録" not in page.text
    assert "削除" not in page.texts("//main//tbody")[0]
    form = browser.get(f"/accounts/{own}")
    assert ("アカウント権限種別", "ユーザー権限") in facts(form)
    assert not form.all("//input[@type='radio']")
    edit(browser, own, user_name="香", role=MANAGER, password=NEW, password_again=NEW)
    row = portal.run(lambda tx: tx.get_one(Account, (portal.name, own)))
    assert (row.user_name, row.role) == ("香", USER)
    assert try_login(portal.client(), BY_ACCOUNT, "arteri-an-001", NEW).status == 303
    nobody = browser.get(f"/accounts/{uuid.uuid4()}")
    for account in (sibling, foreign):
        for path in ("", "/confirm", "/done"):
            assert browser.get(f"/accounts/{account}{path}").status == 404
        assert browser.post(f"/accounts/{account}", NAMES).status == 404
        assert browser.get(f"/accounts/{account}").text == nobody.text
        assert browser.get(f"/accounts/{account}/delete").status == 403


@pytest.mark.req("UCOM-161")
@pytest.mark.parametrize("kind", ["holder", MANAGER])
def test_a_and_b_reach_all_of_the_contract_and_nobody_elses(portal: Portal, home: Household, kind: str) -> None:
    own = home.account("arteri-an-001", MANAGER, **NAMES)
    sibling = home.account("arteri-an-002", USER, **NAMES)
    foreign = household(portal, "90000000000001").account("other-001")
    scheme, login = (BY_NUMBER, NUMBER) if kind == "holder" else (BY_ACCOUNT, "arteri-an-001")
    browser = signed_in(portal, scheme, login)
    for account, status in ((own, 200), (sibling, 200), (foreign, 404), (home.holder_id, 404), (uuid.uuid4(), 404)):
        for path in ("", "/delete"):
            assert browser.get(f"/accounts/{account}{path}").status == status, (account, path)
    edit(browser, sibling, user_name="香")
    page = browser.get("/accounts")
    assert (
        browser.post(f"/accounts/{foreign}", NAMES | {"_csrf": page.all("//input[@name='_csrf']/@value")[0]}).status
        == 404
    )


NOTES = [
    "ログイン中のアカウントIDを削除した場合でも、ログアウトするまでログイン状態は維持されます。",
    "アカウントIDを削除すると、同じアカウントID名での再登録はできません。",
    "削除のキャンセルは行えません。",
    "アカウントIDの削除は、即時行われます。",
    (
        "該当のアカウントIDで利用していたメールアドレス、セキュリティオプション等、アカウントIDで設定されたオプションサービスも"
        "同時にご利用いただくことができなくなりますのでご注意ください。"
    ),
    "アカウントIDを削除された場合、各オプションサービスの当月月額利用料金は発生いたします。日割り計算は行われません。",
    (
        "同月にアカウントIDの登録・削除・登録およびそれぞれにオプションサービスの申し込みを繰り返した場合、"
        "申し込みの回数ごとの月額利用料が発生いたします。"
    ),
]


@pytest.mark.req("UCOM-73", "UCOM-74", "UCOM-75", "UCOM-76", "UCOM-169")
def test_deleting(portal: Portal, home: Household, holder: PortalClient) -> None:
    account = home.account("arteri-an-001", USER, **NAMES)
    page = holder.get(f"/accounts/{account}/delete")
    assert page.texts("//h1") == ["アカウントID情報削除"]
    rows = [("アカウント", "arteri-an-001"), ("氏名", "有光 杏"), ("メールアドレス", "未登録")]
    rows.append(("アカウント権限種別", "ユーザー権限"))
    assert facts(page)[:4] == rows
    assert facts(page)[4][0] == "注意事項"
    assert page.texts("//main//dl//li") == NOTES
    assert page.texts("//main//form//button") == ["削除"]
    done = holder.submit({}, follow=True)
    assert done.texts("//h1") == ["アカウントID削除完了"]
    assert "アカウントIDの削除が完了しました。" in done.text
    assert "■お申し込み内容" in done.texts("//main//h2")
    assert facts(done)[:4] == rows
    assert done.texts("//main//dl//li") == NOTES
    assert try_login(portal.client(), BY_ACCOUNT, "arteri-an-001").status == 422
    assert holder.get(f"/accounts/{account}").status == 404
    assert count(portal, Credential, Credential.account_id == account) == 0
    row = portal.run(lambda tx: tx.get_one(Account, (portal.name, account)))
    assert (row.status, row.closed_at) == ("closed", portal.clock.at)


@pytest.mark.req("UCOM-79")
def test_a_manager_deletes_itself_and_the_last_one(portal: Portal, home: Household) -> None:
    account = home.account("arteri-an-001", MANAGER, **NAMES)
    browser = signed_in(portal, BY_ACCOUNT, "arteri-an-001")
    assert delete(browser, account).texts("//h1") == ["アカウントID削除完了"]
    assert browser.get("/accounts").status == 200
    assert count(portal, Account, Account.role != "holder", Account.status == "active") == 0


@pytest.mark.req("UCOM-14", "UCOM-15")
def test_a_deleted_account_reads_on_until_it_logs_out(portal: Portal, home: Household, holder: PortalClient) -> None:
    account = home.account("arteri-an-001", MANAGER, **NAMES)
    sibling = home.account("arteri-an-002", USER, **NAMES)
    browser = signed_in(portal, BY_ACCOUNT, "arteri-an-001")
    form = browser.get(f"/accounts/{sibling}").form_values()
    delete(holder, account)
    assert browser.get("/accounts").status == 200
    assert browser.get("/home").status in (200, 303)
    assert browser.get(f"/accounts/{sibling}").status == 200
    for path, values in ((f"/accounts/{sibling}", form), ("/accounts/new", ENTRY), ("/sessions/end", {})):
        answer = browser.post(path, {**values, "_csrf": browser.csrf})
        assert answer.status == 403
        assert "このアカウントは削除されています" in answer.text
    wrong = try_login(portal.client(), BY_ACCOUNT, "never-was-here")
    gone = try_login(portal.client(), BY_ACCOUNT, "arteri-an-001")
    assert (gone.status, gone.errors) == (wrong.status, wrong.errors)
    browser.get("/accounts")
    assert browser.post("/logout", {}).location == "/login"
    assert browser.get("/accounts").location.startswith("/login")


@pytest.mark.req("UCOM-15", "UCOM-173")
def test_the_session_of_a_deleted_account_ends_by_time(portal: Portal, home: Household, holder: PortalClient) -> None:
    account = home.account("arteri-an-001", MANAGER, **NAMES)
    browser = signed_in(portal, BY_ACCOUNT, "arteri-an-001")
    delete(holder, account)
    portal.clock.at += timedelta(minutes=29)
    assert browser.get("/accounts").status == 200
    portal.clock.at += timedelta(minutes=31)
    assert browser.get("/accounts").location.startswith("/login")


@pytest.mark.req("UCOM-173")
def test_a_wizard_left_open_begins_anew_after_login(portal: Portal, holder: PortalClient) -> None:
    location = enter(holder).location
    page = holder.get(location)
    portal.clock.at += timedelta(minutes=31)
    left = holder.post("/accounts/new/confirm", page.form_values())
    assert left.location.startswith("/login?next=")
    again = signed_in(portal, BY_NUMBER, NUMBER)
    assert again.get(location).location == "/accounts/new"
    assert count(portal, Account, Account.role == USER) == 0


def test_changes_of_accounts_want_the_password_again_after_a_while(portal: Portal, home: Household) -> None:
    account = home.account("arteri-an-001", USER, **NAMES)
    browser = signed_in(portal, BY_NUMBER, NUMBER)
    page = browser.get(enter(browser).location)
    portal.clock.at += timedelta(minutes=11)
    assert browser.get("/accounts").status == 200
    for path in ("/accounts/new", f"/accounts/{account}", f"/accounts/{account}/delete"):
        assert browser.get(path).location.startswith("/reauth?next=")
    late = browser.post("/accounts/new/confirm", page.form_values())
    assert late.location.startswith("/reauth?next=%2Faccounts%2Fnew%2Fconfirm")
    assert count(portal, LoginSession) == 1
