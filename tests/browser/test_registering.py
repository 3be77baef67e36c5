"""The registration form at work: pictures of digits, the checklist, wrong entries, double presses."""

from __future__ import annotations

import re

import pytest
from journeys import activate, captcha_answer, fill_registration, open_registration, register, registration_values
from playwright.sync_api import expect
from portal_stack import Stack, some_id
from sample_people import PASSWORD, People
from surfing import Surfer, Surfers


@pytest.mark.req("ACTV-42", "ACTV-45")
def test_the_picture_shows_and_its_sound_plays(stack: Stack, surfers: Surfers) -> None:
    surfer = surfers.open(stack.actv)
    open_registration(surfer)
    picture = surfer.page.locator(".captcha__image")
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.complete && image.naturalWidth > 100")
    assert captcha_answer(stack, surfer) not in surfer.page.content()
    seconds = surfer.page.locator("audio").evaluate(
        """async (audio) => {
          audio.preload = "auto";
          audio.muted = true;
          const ready = new Promise((done, failed) => {
            audio.addEventListener("canplaythrough", done);
            audio.addEventListener("error", () => failed(new Error("the sound does not load")));
          });
          audio.load();
          await ready;
          await audio.play();
          audio.pause();
          return audio.duration;
        }"""
    )
    assert seconds > 3


@pytest.mark.req("ACTV-45")
def test_another_picture_keeps_what_was_typed(stack: Stack, people: People, surfers: Surfers) -> None:
    person = people.newcomer(stack.actv)
    for way in ("mouse", "no-script"):
        surfer = surfers.open(stack.actv, way)  # type: ignore[arg-type]
        open_registration(surfer)
        surfer.fill(registration_values(person, "kept12345"))
        first = surfer.page.locator(".captcha__image").get_attribute("src") or ""
        surfer.press("別の画像にする")
        expect(surfer.page.locator(".captcha__image")).not_to_have_attribute("src", first)
        expect(surfer.control("ログインID")).to_have_value("kept12345")
        expect(surfer.page.locator(".error-summary")).to_have_count(0)
        # A page cannot give passwords back; with the script only the picture is exchanged.
        expect(surfer.control("パスワード")).to_have_value(PASSWORD if way == "mouse" else "")


@pytest.mark.req("ACTV-14", "ACTV-15", "ACTV-44")
def test_wrong_entries_are_said_at_their_fields_and_the_rest_stays(
    stack: Stack, people: People, surfers: Surfers
) -> None:
    person = people.newcomer(stack.plain)
    surfer = surfers.open(stack.plain)
    open_registration(surfer)
    surfer.fill(
        registration_values(person, "abc")
        | {"パスワード(確認)": "Betsu1No2Mono", "メールアドレス1": "hanako.example.jp"}
    )
    surfer.put(surfer.control("画像認証"), "1")
    surfer.press("次へ")
    expect(surfer.page.locator(".error-summary")).to_be_focused()
    for field in ("ログインID", "パスワード(確認)", "メールアドレス1"):
        expect(surfer.control(field)).to_have_attribute("aria-invalid", "true")
    expect(surfer.control("ログインID")).to_have_value("abc")
    expect(surfer.control("お客様番号")).to_have_value(person.number)
    expect(surfer.control("メールアドレス1")).to_have_value("hanako.example.jp")
    for field in ("パスワード", "パスワード(確認)", "画像認証"):
        expect(surfer.control(field)).to_have_value("")


@pytest.mark.req("ACTV-45", "ACTV-46")
def test_a_wrong_picture_and_a_wrong_code_have_messages_of_their_own(
    stack: Stack, people: People, surfers: Surfers
) -> None:
    person = people.newcomer(stack.actv)
    surfer = surfers.open(stack.actv)
    open_registration(surfer)
    fill_registration(stack, surfer, person, f"new{some_id(8)}")
    answer = captcha_answer(stack, surfer)
    surfer.put(surfer.control("画像認証"), "0000" if answer != "0000" else "1111")
    surfer.press("次へ")
    expect(surfer.control("画像認証")).to_have_attribute("aria-invalid", "true")
    picture = surfer.page.locator(".error-summary").inner_text()
    surfer.fill({"パスワード": PASSWORD, "パスワード(確認)": PASSWORD, "認証コード 3つ目": "wrong"})
    surfer.put(surfer.control("画像認証"), captcha_answer(stack, surfer))
    surfer.press("次へ")
    expect(surfer.page.locator(".error-summary")).not_to_have_text(picture)
    expect(surfer.page.locator(".error-summary")).to_contain_text(re.compile("お客様番号.*認証コード"))


@pytest.mark.req("ACTV-15")
def test_the_checklist_follows_the_typing(stack: Stack, surfers: Surfers) -> None:
    surfer = surfers.open(stack.actv)
    open_registration(surfer)
    rules = surfer.page.locator("#rules .rule")
    met = surfer.page.locator("#rules .rule--ok")
    expect(met).to_have_count(0)
    surfer.control("パスワード").press_sequentially("Rin", delay=20)
    expect(surfer.page.locator("#rules .rule--no")).not_to_have_count(0)
    surfer.control("パスワード").press_sequentially("go7No3Ki", delay=20)
    expect(met).to_have_count(rules.count())
    expect(surfer.control("パスワード")).to_be_focused()
    expect(surfer.control("パスワード")).to_have_value("Ringo7No3Ki")


def test_a_password_can_be_shown_and_hides_again(stack: Stack, surfers: Surfers) -> None:
    surfer = surfers.open(stack.plain)
    surfer.go("/login")
    field = surfer.page.locator("#password")
    field.fill("Ringo7No3Ki")
    surfer.page.get_by_role("button", name="表示: パスワード").click()
    expect(field).to_have_attribute("type", "text")
    surfer.page.get_by_role("button", name="隠す: パスワード").click()
    expect(field).to_have_attribute("type", "password")


@pytest.mark.req("ACTV-50", "ACTV-52")
def test_two_presses_send_one_mail(stack: Stack, people: People, surfers: Surfers) -> None:
    person = people.newcomer(stack.actv)
    surfer = surfers.open(stack.actv)
    _to_confirm(stack, surfer, person)
    surfer.main.get_by_role("button", name="メールを送る").dblclick()
    surfer.at("/register/mypage/sent")
    stack.mail_to(person.email)
    surfer.page.go_back()
    if surfer.main.get_by_role("button", name="メールを送る").count():
        surfer.press("メールを送る")
        surfer.at("/register/mypage/sent")
    surfer.page.wait_for_timeout(1500)
    assert len(stack.mails_to(person.email)) == 1


@pytest.mark.req("ACTV-54", "ACTV-55")
def test_an_activation_link_works_once(stack: Stack, people: People, surfers: Surfers) -> None:
    person = people.newcomer(stack.plain)
    surfer = surfers.open(stack.plain)
    surfer.watch.expected.add(404)
    login, link = register(stack, surfer, person)
    surfer.go("/login")
    surfer.try_login(login, PASSWORD)
    expect(surfer.page.locator(".error-summary")).to_be_visible()
    for _ in range(2):
        assert surfer.go(link).status == 200
    activate(surfer, link)
    assert surfer.go(link).status == 404
    surfer.says("このリンクは使えません")


@pytest.mark.req("ACTV-24", "ACTV-48")
def test_the_paper_makes_one_account_only(stack: Stack, people: People, surfers: Surfers) -> None:
    person = people.empty(stack.actv)
    surfer = surfers.open(stack.actv)
    open_registration(surfer)
    fill_registration(stack, surfer, person, f"new{some_id(8)}")
    surfer.press("次へ")
    expect(surfer.page.locator(".error-summary")).to_contain_text("0120-442-208")


@pytest.mark.req("ACTV-49", "ACTV-51")
def test_back_from_the_check_keeps_what_was_typed_and_back_from_the_form_keeps_nothing(
    stack: Stack, people: People, surfers: Surfers
) -> None:
    person = people.newcomer(stack.actv)
    surfer = surfers.open(stack.actv)
    login = _to_confirm(stack, surfer, person)
    surfer.follow("戻る")
    expect(surfer.control("ログインID")).to_have_value(login)
    expect(surfer.control("パスワード")).to_have_value("")
    surfer.follow("戻る")
    surfer.at("/login")
    open_registration(surfer)
    expect(surfer.control("ログインID")).to_have_value("")


def _to_confirm(stack: Stack, surfer: Surfer, person: object) -> str:
    login = f"new{some_id(8)}"
    open_registration(surfer)
    fill_registration(stack, surfer, person, login)  # type: ignore[arg-type]
    surfer.press("次へ")
    surfer.at("/register/mypage/confirm")
    return login
