"""Two login forms on one page: their words, whose credentials they take, and what failures cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ucomkit import NUMBER, PASSWORD, household, signed_in, try_login

from mypage.testing.portal import Answer, MakePortal, Portal
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, MANAGER, USER


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ucom", theme="ucom")


def card(page: Answer, scheme: str) -> list[str]:
    """What stands in the card of one kind of login: heading, help, labels, button."""
    [section] = [
        section for section in page.all("//main//section") if section.xpath(f".//form[contains(@action,'{scheme}')]")
    ]
    found = section.xpath(".//h2 | ./p | .//label | .//button[@type='submit']")
    return [" ".join(node.text_content().split()) for node in found]


@pytest.mark.req("UCOM-01", "UCOM-02", "UCOM-03", "UCOM-187", "UCOM-188")
def test_words_of_the_login_page(portal: Portal) -> None:
    page = portal.client().get("/login")
    assert page.texts("//h1") == ["会員専用ツール マイページ"]
    assert card(page, BY_NUMBER) == [
        "お客様番号でログイン",
        "登録証に記載の番号とパスワードをご用意ください。はじめての方は、こちらからログインしてください。",
        "お客様番号",
        "お客様番号パスワード",
        "ログイン",
    ]
    assert card(page, BY_ACCOUNT) == [
        "アカウントIDでログイン",
        (
            "ご契約者さまがマイページで登録した、ご家族それぞれのIDです。"
            "まだ登録していない方は「お客様番号でログイン」をお使いください。"
        ),
        "アカウントID",
        "アカウントIDパスワード",
        "ログイン",
    ]
    assert [card.get("class") for card in page.all("//main//section")] == ["card login__form"] * 2
    [lost] = page.all("//main//p[contains(., 'パスワードがわからない方')]")
    [way] = lost.xpath("./a")
    assert (way.text_content(), way.get("href")) == ("お問い合わせ窓口", "#contact")
    assert page.texts("//footer//*[@id='contact']//h2") == ["お問い合わせ窓口"]
    [brand] = page.all("//header//a[@class='brand']")
    assert brand.xpath("./img/@alt") == ["UCOM光"]
    assert brand.text_content() == "会員専用ツール マイページ"
    assert page.texts("//title") == ["会員専用ツール マイページ | UCOM光 会員専用ツール マイページ"]


@pytest.mark.req("UCOM-04")
def test_each_form_opens_a_session_of_its_kind(portal: Portal) -> None:
    home = household(portal)
    home.account("arteri-an-001", MANAGER)
    home.account("arteri-an-002", USER)
    for scheme, login in ((BY_NUMBER, NUMBER), (BY_ACCOUNT, "arteri-an-001"), (BY_ACCOUNT, "arteri-an-002")):
        assert signed_in(portal, scheme, login).get("/sessions").status == 200


@pytest.mark.req("UCOM-05")
def test_the_first_login_of_a_contract_is_by_its_number(portal: Portal) -> None:
    household(portal)
    assert try_login(portal.client(), BY_ACCOUNT, "arteri-an-001").status == 422
    assert try_login(portal.client(), BY_NUMBER, NUMBER).status == 303


@pytest.mark.req("UCOM-06", "UCOM-07")
def test_credentials_of_one_form_fail_in_the_other_and_every_failure_looks_the_same(portal: Portal) -> None:
    home = household(portal)
    home.account("arteri-an-001")
    for scheme, known, others in (
        (BY_NUMBER, NUMBER, ("arteri-an-001", "90000000000001")),
        (BY_ACCOUNT, "arteri-an-001", (NUMBER, "arteri-an-009")),
    ):
        answers = [try_login(portal.client(), scheme, login) for login in others]
        answers.append(try_login(portal.client(), scheme, known, "chigau2026"))
        assert {answer.status for answer in answers} == {422}
        [[message]] = {tuple(answer.errors) for answer in answers}
        assert message
        for answer, login in zip(answers, (*others, known), strict=True):
            kept = {i.get("name"): i.get("value") for i in answer.all("//main//input[@type!='hidden']")}
            mine = {name: value for name, value in kept.items() if value}
            assert list(mine.values()) == [login]
            assert all(name.startswith(f"{scheme}-") for name in mine)
            assert message in " ".join(card(answer, scheme)) or answer.all(
                f"//section[.//form[contains(@action,'{scheme}')]]//*[contains(@class,'error-summary')]"
            )


@pytest.mark.req("UCOM-18")
@pytest.mark.parametrize(
    "typed",
    [
        "９００００００００００００００"[:14],
        "9000-0000-0000-00",
        "9000 0000 0000 00",
        "　90000000000000　",
        "９０００‐００００－００００ー００",
    ],
)
def test_a_number_may_be_typed_in_groups_and_in_full_width(portal: Portal, typed: str) -> None:
    household(portal)
    assert try_login(portal.client(), BY_NUMBER, typed).status == 303


@pytest.mark.req("UCOM-08")
def test_five_failures_lock_one_identifier_for_half_an_hour(portal: Portal) -> None:
    home = household(portal)
    for login in ("arteri-an-001", "arteri-an-002"):
        home.account(login)
    for _ in range(4):
        assert try_login(portal.client(), BY_ACCOUNT, "arteri-an-001", "chigau2026").status == 422
    assert try_login(portal.client(), BY_ACCOUNT, "arteri-an-001").status == 303
    for _ in range(5):
        assert try_login(portal.client(), BY_ACCOUNT, "arteri-an-001", "chigau2026").status == 422
    assert try_login(portal.client(), BY_ACCOUNT, "arteri-an-001").status == 422
    assert try_login(portal.client(), BY_ACCOUNT, "arteri-an-002").status == 303
    assert try_login(portal.client(), BY_NUMBER, NUMBER).status == 303
    portal.clock.at += timedelta(minutes=30)
    assert try_login(portal.client(), BY_ACCOUNT, "arteri-an-001").status == 303


@pytest.mark.req("UCOM-08")
def test_a_lock_lasts_the_whole_half_hour_and_is_not_lengthened_by_trying(portal: Portal) -> None:
    household(portal)
    for _ in range(5):
        try_login(portal.client(), BY_NUMBER, NUMBER, "chigau2026")
    portal.clock.at += timedelta(minutes=29, seconds=59)
    assert try_login(portal.client(), BY_NUMBER, NUMBER).status == 422
    portal.clock.at += timedelta(seconds=1)
    assert try_login(portal.client(), BY_NUMBER, NUMBER).status == 303


@pytest.mark.req("UCOM-173")
def test_half_an_hour_without_use_ends_a_session(portal: Portal) -> None:
    household(portal)
    browser = signed_in(portal, BY_NUMBER, NUMBER)
    portal.clock.at += timedelta(minutes=29)
    assert browser.get("/sessions").status == 200
    portal.clock.at += timedelta(minutes=31)
    assert browser.get("/sessions").location.startswith("/login")


def test_a_password_is_compared_with_its_case(portal: Portal) -> None:
    household(portal)
    assert try_login(portal.client(), BY_NUMBER, NUMBER, PASSWORD.lower()).status == 422


@pytest.mark.req("UCOM-128")
def test_who_chose_the_password_is_not_told_that_it_was_handed_out(portal: Portal) -> None:
    household(portal)
    page = signed_in(portal, BY_NUMBER, NUMBER).get("/credentials")
    assert page.texts("//h1") == ["お客様番号パスワード変更"]
    assert "はじめてのログインのため" not in page.text
