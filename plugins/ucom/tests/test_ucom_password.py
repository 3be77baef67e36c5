"""お客様番号パスワード変更: no field for the present password, which has to have been given shortly before."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from ucomkit import NUMBER, PASSWORD, household, signed_in, try_login

from mypage.auth.models import Credential
from mypage.db.session import Tx
from mypage.forms.models import Draft
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, MANAGER, USER

NEW = "aB3!xy"


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ucom", theme="ucom")


def enter(browser: PortalClient, password: str = NEW, again: str = "") -> Answer:
    browser.get("/credentials")
    return browser.submit({"password": password, "password_again": again or password})


def facts(page: Answer) -> list[tuple[str, ...]]:
    rows = page.all("//main//dl[contains(@class,'facts')]/div")
    return [tuple(" ".join(each.text_content().split()) for each in row.xpath("./dt | ./dd")) for row in rows]


@pytest.mark.req("UCOM-29", "UCOM-33", "UCOM-128", "UCOM-129", "UCOM-130", "UCOM-170")
def test_the_three_pages(portal: Portal) -> None:
    household(portal)
    browser = signed_in(portal, BY_NUMBER, NUMBER)
    page = browser.get("/credentials")
    assert page.texts("//h1") == ["お客様番号パスワード変更"]
    assert "変更後のパスワードを入力し、[次へ進む] ボタンをクリックしてください。" in page.text
    assert facts(page) == [("お客様番号", NUMBER)]
    assert page.texts("//main//form//label") == ["新パスワード (必須)", "確認のため、再入力ください (必須)"]
    assert page.texts("//main//form//p[@id='password-h']") == [
        "※半角英数字と半角記号で入力してください。※パスワードは6文字以上10文字以下で入力してください。(10文字以上は入力できません)"
    ]
    assert page.all("//main//form//input[@type='password']/@maxlength") == ["10", "10"]
    assert page.texts("//main//form//button[@type='submit']") == ["次へ進む"]
    confirm = browser.get(enter(browser).location)
    assert confirm.texts("//h1") == ["お客様番号パスワード変更確認"]
    assert "変更内容をご確認いただき、問題ない場合は[変更] ボタンをクリックしてください。" in confirm.text
    assert facts(confirm) == [("お客様番号", NUMBER), ("新パスワード", "aB3*****")]
    assert sorted(confirm.texts("//main//form//*[contains(@class,'btn')]")) == sorted(["変更", "前画面へ戻る"])
    assert NEW not in confirm.raw.text
    [draft] = portal.run(lambda tx: tx.scalars(select(Draft).where(Draft.tenant_id == tx.tenant)).all())
    assert not any(secret in str(vars(draft)) for secret in (NEW, "aB3", "argon2"))
    done = browser.submit({}, follow=True)
    assert done.texts("//h1") == ["お客様番号パスワード変更完了"]
    assert try_login(portal.client(), BY_NUMBER, NUMBER, NEW).status == 303
    assert try_login(portal.client(), BY_NUMBER, NUMBER).status == 422


@pytest.mark.req("UCOM-29", "UCOM-30", "UCOM-31")
def test_its_own_rules(portal: Portal) -> None:
    household(portal)
    browser = signed_in(portal, BY_NUMBER, NUMBER)
    for password in ("aB3!x", "aB3!xy7890z", "aB3 xy", "aB3！xy", "", PASSWORD):
        assert enter(browser, password).all("//*[@id='password-e']"), password
    assert enter(browser, NEW, "aB3!xz").all("//*[@id='password_again-e']")
    for password in ("qwzxkj", "482619", "aB3!xy7890"):
        assert enter(browser, password).status == 303, password
    for password in (NEW, "zK9?wv", NEW):
        browser.get(enter(browser, password).location)
        assert browser.submit({}, follow=True).status == 200


@pytest.mark.req("UCOM-131")
def test_other_sessions_of_the_number_end_and_no_others(portal: Portal) -> None:
    home = household(portal)
    home.account("arteri-an-001", MANAGER)
    here, there = (signed_in(portal, BY_NUMBER, NUMBER) for _ in range(2))
    account = signed_in(portal, BY_ACCOUNT, "arteri-an-001")
    before = dict(here.cookies)
    here.get(enter(here).location)
    here.submit({})
    assert here.get("/accounts").status == 200
    assert dict(here.cookies) != before
    assert there.get("/accounts").location.startswith("/login")
    assert account.get("/accounts").status == 200


@pytest.mark.req("UCOM-166")
def test_it_is_kind_as_alone(portal: Portal) -> None:
    home = household(portal)
    for login, role in (("arteri-an-001", MANAGER), ("arteri-an-002", USER)):
        home.account(login, role)
        browser = signed_in(portal, BY_ACCOUNT, login)
        for path in ("", "/confirm", "/done"):
            assert browser.get(f"/credentials{path}").status == 403


def test_without_a_field_for_the_present_password_it_is_asked_before(portal: Portal) -> None:
    household(portal)
    browser = signed_in(portal, BY_NUMBER, NUMBER)
    page = browser.get(enter(browser).location)
    portal.clock.at += timedelta(minutes=11)
    assert browser.get("/credentials").location == "/reauth?next=%2Fcredentials"
    assert enter(browser).location.startswith("/reauth")
    late = browser.post("/credentials/confirm", page.form_values())
    assert late.location.startswith("/reauth?next=%2Fcredentials")
    assert try_login(portal.client(), BY_NUMBER, NUMBER).status == 303


def test_a_handed_out_password_can_be_changed_late_after_the_login(portal: Portal) -> None:
    """The gate lets the page pass that asks for the password again."""
    home = household(portal)
    portal.run(lambda tx: _hand_out(tx, home.holder_id))
    browser = signed_in(portal, BY_NUMBER, NUMBER)
    portal.clock.at += timedelta(minutes=11)
    assert browser.get("/home").location == "/credentials"
    asked = browser.get("/credentials")
    assert browser.get(asked.location).status == 200
    assert browser.submit({"password": PASSWORD}).location == "/credentials"
    browser.get(enter(browser).location)
    assert browser.submit({}, follow=True).texts("//h1") == ["お客様番号パスワード変更完了"]
    assert browser.get("/accounts").status == 200


def _hand_out(tx: Tx, account_id: uuid.UUID) -> None:
    tx.execute(
        update(Credential)
        .where(Credential.tenant_id == tx.tenant, Credential.account_id == account_id)
        .values(must_change=True)
    )
