"""認証ID in two parts and 認証パスワード: the way in, as the manual has it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ocnkit import LOCAL, PASSWORD, line, signed_in, try_login
from sqlalchemy import func, select

import mypage_ocn.plugin as ocn
from mypage.auth.models import LoginCounter
from mypage.testing.portal import Answer, MakePortal, Portal
from mypage_ocn.login import DOMAINS

FAILED = "認証IDまたはパスワードが正しくありません。"


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ocn", theme="ocn", plugins={"ocn": ocn})


def counted(portal: Portal) -> int:
    """Attempts that were counted for any login ID."""
    wanted = select(func.coalesce(func.sum(LoginCounter.failures), 0)).where(
        LoginCounter.tenant_id == portal.name, LoginCounter.kind == "account"
    )
    return portal.run(lambda tx: int(tx.scalars(wanted).one()))


def said(answer: Answer) -> list[str]:
    assert answer.status == 422
    return answer.errors


@pytest.mark.req("OCN-01", "OCN-02", "OCN-03", "OCN-04", "OCN-05", "OCN-10", "OCN-182")
def test_the_login_page(portal: Portal) -> None:
    line(portal)
    page = portal.client().get("/login")
    assert page.all("//header//img/@alt") == ["OCN for business"]
    [form] = page.all("//main//form")
    assert [each.text_content().strip() for each in form.xpath(".//legend")] == ["認証ID"]
    assert page.texts("//main//form//label") == [
        "英数字の@の左側を入力してください。",
        "英数字の@の右側と同じものを、プルダウンで選択してください。",
        "パスワード",
    ]
    assert page.all("//main//form//label/@for") == page.all("//main//form//*[self::input or self::select]/@id")
    assert page.texts("//main//form//select/option") == ["選択してください", *DOMAINS]
    assert page.all("//main//form//select/option/@value") == ["", *DOMAINS]
    assert page.all("//main//form//select/option[@selected]/@value") == [""]
    assert page.texts("//main//form//button") == ["ログイン"]
    assert "btn--login" in page.all("//main//form//button/@class")[0]
    for words in (
        "「ご利用内容のご案内」の「認証ID」欄",
        "「ご利用内容のご案内」の「認証パスワード」欄",
        "変更後のものを入力してください。",
    ):
        assert words in page.text
    assert try_login(portal.client()).location == "/home"


@pytest.mark.req("OCN-06")
def test_the_same_local_part_under_another_domain_is_another_customer(portal: Portal) -> None:
    names = {DOMAINS[0]: "ヤマナミ商事株式会社", DOMAINS[1]: "カワナミ商店"}
    for number, (domain, name) in enumerate(names.items()):
        line(portal, domain=domain, number=f"N10000000{number}", name=name, kana=name)
    for domain, name in names.items():
        browser = portal.client()
        assert try_login(browser, domain=domain).status == 303
        assert name in browser.get("/home").html.text_content()
    assert said(try_login(portal.client(), domain=DOMAINS[2])) == said(try_login(portal.client(), "nobody"))


@pytest.mark.req("OCN-07", "OCN-08")
@pytest.mark.parametrize(
    ("local", "domain", "password", "field"),
    [
        ("", DOMAINS[0], PASSWORD, "local"),
        (LOCAL, "", PASSWORD, "domain"),
        (LOCAL, DOMAINS[0], "", "password"),
        (LOCAL, "four.example.jp", PASSWORD, "domain"),
        (LOCAL, f"{DOMAINS[0]} ", "x" * 2000, "password"),
        (LOCAL, "@", PASSWORD, "domain"),
    ],
)
def test_what_is_missing_or_unlisted_is_said_at_its_field(
    portal: Portal, local: str, domain: str, password: str, field: str
) -> None:
    line(portal)
    answer = try_login(portal.client(), local, password, domain=domain)
    assert len(said(answer)) == 1
    assert answer.all(f"//*[@id='{field}-e']")
    assert answer.all(f"//*[@id='{field}'][@aria-invalid='true'][contains(@aria-describedby,'{field}-e')]")
    assert counted(portal) == 0


@pytest.mark.req("OCN-07")
@pytest.mark.parametrize("typed", [f"{LOCAL}@{DOMAINS[0]}", f"{LOCAL}@", f"@{LOCAL}", f"{LOCAL}＠{DOMAINS[0]}"])
def test_an_at_sign_is_refused_with_a_hint_and_never_cut(portal: Portal, typed: str) -> None:
    line(portal)
    answer = try_login(portal.client(), typed)
    hint = "認証IDは@の左側だけを入力し、@の右側は下の一覧から選択してください。"
    assert said(answer) == [hint]
    assert hint in answer.texts("//*[@id='local-e']")[0]
    assert answer.all("//*[@id='local']/@value") == [typed]
    assert answer.all("//option[@selected]/@value") == [DOMAINS[0]]
    assert counted(portal) == 0


@pytest.mark.req("OCN-09", "OCN-172")
def test_one_message_for_everything_wrong_and_for_a_lock(portal: Portal) -> None:
    line(portal)
    line(portal, "locked0001", number="N1")
    tries = [
        try_login(portal.client(), "nobody0001"),
        try_login(portal.client(), domain=DOMAINS[1]),
        try_login(portal.client(), password="Wrong12x"),
        *(try_login(portal.client(), "locked0001", "Wrong12x") for _ in range(5)),
        try_login(portal.client(), "locked0001"),
    ]
    messages = {tuple(said(each)) for each in tries}
    assert len(messages) == 1
    [[message]] = messages
    assert message.startswith(FAILED)
    assert {len(each.raw.content) - len(each.all("//*[@id='local']/@value")[0]) for each in tries} == {
        len(tries[0].raw.content) - len("nobody0001")
    }
    portal.clock.at += timedelta(seconds=31)
    assert try_login(portal.client(), "locked0001").status == 303


@pytest.mark.req("OCN-11")
def test_the_initial_password_is_no_gate(portal: Portal) -> None:
    """It is advice on the page of the change: who never changed it uses the portal all the same."""
    line(portal)
    assert signed_in(portal).get("/home").status == 200


@pytest.mark.req("OCN-14", "OCN-15")
@pytest.mark.parametrize("number", ["N230110835", "230110835", "業務-1"])
def test_a_customer_number_has_no_form_of_its_own(portal: Portal, number: str) -> None:
    line(portal, number=number)
    assert number in signed_in(portal).get("/home").html.text_content()


@pytest.mark.req("OCN-01", "OCN-07")
def test_the_login_page_in_english(make_portal: MakePortal) -> None:
    portal = make_portal("ocn", plugins={"ocn": ocn}, locale="en")
    line(portal)
    page = portal.client().get("/login")
    assert page.texts("//main//form//legend") == ["Authentication ID"]
    assert page.texts("//main//form//option")[0] == "Please choose"
    answer = try_login(portal.client(), f"{LOCAL}@x")
    assert said(answer) == ["Type only what stands to the left of the @, and choose the rest from the list below."]
