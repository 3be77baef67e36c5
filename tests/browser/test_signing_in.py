"""Logging in and out: what stays, what goes, what nobody sees afterwards."""

from __future__ import annotations

import re

import pytest
from journeys import ask_for_reset, enter_credentials
from playwright.sync_api import expect
from portal_stack import Stack
from sample_people import People
from surfing import Surfers


@pytest.mark.req("ACTV-11", "ACTV-12")
def test_a_wrong_password_says_one_message_and_keeps_the_login_id(
    stack: Stack, people: People, surfers: Surfers
) -> None:
    person = people.empty(stack.plain)
    surfer = surfers.open(stack.plain)
    said = set()
    for login in (person.login, "nobody123"):
        surfer.go("/login")
        surfer.try_login(login, "Chigau5Mono")
        summary = surfer.page.locator(".error-summary")
        expect(summary).to_be_focused()
        expect(surfer.control("ログインID")).to_have_value(login)
        expect(surfer.control("パスワード")).to_have_value("")
        expect(surfer.page).to_have_title(re.compile("^エラー："))
        said.add(summary.inner_text())
    assert len(said) == 1
    surfer.try_login(person.login, person.password)
    surfer.at("/home")


@pytest.mark.req("ACTV-10")
def test_clear_empties_fields_and_messages_and_sends_nothing(stack: Stack, surfers: Surfers) -> None:
    surfer = surfers.open(stack.actv)
    surfer.go("/login")
    surfer.try_login("nobody123", "Chigau5Mono")
    expect(surfer.page.locator(".error-summary")).to_be_visible()
    surfer.fill({"パスワード": "x"})
    sent: list[str] = []
    surfer.page.on("request", lambda request: sent.append(request.url))
    surfer.press("クリア")
    expect(surfer.page.locator(".error-summary")).to_have_count(0)
    expect(surfer.control("ログインID")).to_have_value("")
    expect(surfer.control("パスワード")).to_have_value("")
    assert not sent


@pytest.mark.req("ACTV-74")
def test_back_after_logout_shows_nothing_private(stack: Stack, people: People, surfers: Surfers) -> None:
    person = people.settled(stack.actv)
    surfer = surfers.open(stack.actv)
    surfer.log_in(person)
    surfer.go("/contract")
    surfer.go("/bills")
    surfer.log_out()
    for _ in range(3):
        surfer.page.go_back()
        expect(surfer.page.locator("body")).not_to_contain_text(person.number)
        expect(surfer.page.locator("body")).not_to_contain_text(person.name)


@pytest.mark.req("ACTV-78")
def test_a_private_page_asks_to_log_in_and_comes_back(stack: Stack, people: People, surfers: Surfers) -> None:
    person = people.settled(stack.plain)
    surfer = surfers.open(stack.plain)
    surfer.go("/bills?page=1")
    surfer.at("/login")
    surfer.try_login(person.login, person.password)
    surfer.at("/bills")
    surfer.heading("ご請求明細")


def test_a_form_of_a_tab_whose_session_ended_is_answered_in_words(
    stack: Stack, people: People, surfers: Surfers
) -> None:
    person = people.settled(stack.actv)
    surfer = surfers.open(stack.actv)
    surfer.watch.expected.add(409)
    surfer.log_in(person)
    surfer.go("/credentials")
    other = surfers.another_tab(surfer)
    other.go("/home")
    other.log_out()
    surfer.put(surfer.page.locator("#current"), person.password)
    surfer.fill({"パスワード": "Yuki5Kaze9Mori", "パスワード(確認)": "Yuki5Kaze9Mori"})
    surfer.press("確認へ進む")
    surfer.heading("このページは時間がたちました")
    surfer.follow("もう一度開く")
    surfer.at("/")
    surfer.log_in(person)


def test_a_login_form_of_a_tab_that_logged_in_elsewhere_is_answered_in_words(
    stack: Stack, people: People, surfers: Surfers
) -> None:
    person = people.settled(stack.plain)
    surfer = surfers.open(stack.plain)
    surfer.watch.expected.add(409)
    surfer.go("/login")
    other = surfers.another_tab(surfer)
    other.log_in(person)
    surfer.try_login(person.login, person.password)
    surfer.heading("このページは時間がたちました")
    surfer.follow("もう一度開く")
    surfer.at("/home")


@pytest.mark.req("ACTV-66")
def test_a_change_of_the_password_ends_the_other_browsers(stack: Stack, people: People, surfers: Surfers) -> None:
    person = people.empty(stack.actv)
    here, there = surfers.open(stack.actv), surfers.open(stack.actv)
    here.log_in(person)
    there.log_in(person)
    here.go("/sessions")
    expect(here.main.locator(".sessions > li")).to_have_count(2)
    enter_credentials(here, person, password="Yuki5Kaze9Mori")
    here.press("変更する")
    here.at("/credentials/done")
    there.go("/home")
    there.at("/login")
    here.go("/home")
    here.at("/home")


@pytest.mark.req("ACTV-68")
def test_a_reset_link_works_once_and_answers_alike_for_strangers(
    stack: Stack, people: People, surfers: Surfers
) -> None:
    person = people.empty(stack.plain)
    surfer = surfers.open(stack.plain)
    surfer.watch.expected.add(404)
    link = ask_for_reset(stack, surfer, person)
    known = surfer.main.inner_text()
    surfer.go("/recover/password")
    surfer.fill({"ログインID": "nobody123"})
    surfer.press("メールを送る")
    surfer.at("/recover/password/sent")
    assert surfer.main.inner_text() == known
    surfer.go(link)
    surfer.fill({"パスワード": "Yuki5Kaze9Mori", "パスワード(確認)": "Yuki5Kaze9Mori"})
    surfer.press("新しいパスワードにする")
    surfer.at("/login")
    assert surfer.go(link).status == 404
    surfer.says("このリンクは使えません")


@pytest.mark.req("ACTV-07", "ACTV-69")
def test_a_forgotten_login_id_comes_by_mail_only(stack: Stack, people: People, surfers: Surfers) -> None:
    person = people.empty(stack.actv)
    surfer = surfers.open(stack.actv)
    surfer.go("/login")
    surfer.follow("こちら")
    surfer.fill({"お客様番号": person.number})
    for place, part in enumerate(person.code, 1):
        surfer.fill({f"認証コード {place}つ目": part})
    surfer.press("メールを送る")
    surfer.at("/recover/login-id/sent")
    expect(surfer.main).not_to_contain_text(person.login)
    assert person.login in stack.mail_to(person.email).text
