"""What customers do with their own account; and that every flow is gone by keyboard alone and without scripts."""

from __future__ import annotations

import re

import pytest
from flows import SCRIPT_ONLY, flows
from playwright.sync_api import expect
from portal_stack import Site, Stack, some_id
from sample_people import People
from second_steps import add_app, add_device, second_step, start_login
from surfing import Surfer, Surfers, Way

both_ways = pytest.mark.parametrize("way", ["keyboard", "no-script"])


def _site(stack: Stack, way: Way) -> Site:
    return stack.actv if way == "keyboard" else stack.plain


@both_ways
def test_end_one_session_and_all_others(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.empty(_site(stack, way))
    here, *there = (surfers.open(person.site, way) for _ in range(4))
    for surfer in (here, *there):
        surfer.log_in(person)
    here.go("/sessions")
    here.heading("ログイン中の端末")
    cards = here.main.locator(".sessions > li")
    expect(cards).to_have_count(4)
    here.use(here.main.locator(".sessions form button").first)
    expect(cards).to_have_count(3)
    here.press("ほかの端末をすべてログアウトさせる")
    expect(cards).to_have_count(1)
    for surfer in there:
        surfer.go("/home")
        surfer.at("/login")
    here.log_out()


@both_ways
def test_give_the_password_once_more(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.empty(_site(stack, way))
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    surfer.go("/reauth?next=" + person.site.prefix + "/sessions")
    surfer.heading("パスワードをもう一度入力してください")
    surfer.put(surfer.main.locator("input[type=password]"), person.password)
    surfer.press("次へ進む")
    surfer.heading("ログイン中の端末")


@both_ways
def test_change_text_size_and_language(stack: Stack, surfers: Surfers, way: Way) -> None:
    surfer = surfers.open(_site(stack, way), way)
    surfer.go("/login")
    surfer.use(surfer.page.locator("header").get_by_role("link", name="大きく"))
    expect(surfer.page.locator("html")).to_have_attribute("data-text", "large")
    surfer.use(surfer.page.locator("footer").get_by_role("link", name="English"))
    expect(surfer.page.locator("html")).to_have_attribute("lang", "en")


@both_ways
def test_log_in_with_an_app_and_with_recovery_codes(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.empty(_site(stack, way))
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    app, codes = add_app(surfer)
    assert len(codes) >= 8
    surfer.press("控えました")
    surfer.at("/factors")
    surfer.log_out()
    start_login(surfer, person.login, person.password)
    second_step(surfer, app.code())
    surfer.at("/home")
    surfer.log_out()
    start_login(surfer, person.login, person.password)
    surfer.follow("予備コードを使う")
    second_step(surfer, codes[0])
    surfer.at("/home")
    surfer.go("/reauth")
    surfer.put(surfer.main.locator("input[type=password]"), person.password)
    surfer.press("次へ進む")
    surfer.at("/reauth/second")
    surfer.follow("予備コードを使う")
    second_step(surfer, codes[1], "次へ進む")
    surfer.at("/home")


@both_ways
def test_look_after_an_app(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.empty(_site(stack, way))
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    _, codes = add_app(surfer)
    surfer.press("控えました")
    surfer.press("予備コードを作り直す")
    surfer.heading("予備コードを控えてください")
    assert not set(codes) & set(surfer.page.locator(".recovery-codes li").all_inner_texts())
    surfer.press("控えました")
    surfer.use(surfer.main.locator(".factor-list a.link"))
    surfer.put(surfer.page.locator("#name"), "祖母のスマートフォン")
    surfer.press("名前を変更する")
    surfer.says("祖母のスマートフォン")
    surfer.use(surfer.main.locator(".factor-list a.link"))
    surfer.use(surfer.main.locator("form[action$='/remove'] button"))
    surfer.says("削除しました")
    expect(surfer.main.locator(".factor-list")).to_have_count(0)


@both_ways
def test_hand_out_an_account_and_take_it_back(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.rich(stack.nagi)
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    surfer.go("/accounts")
    surfer.follow("アカウントを登録する")
    surfer.heading("ご家族をふやす")
    login, word = f"sora{some_id(8)}", "Kazenomachi2026"
    named = {"family_name": "青森", "given_name": "空", "login_local": login}
    for name, value in (named | {"password": word, "password_again": word}).items():
        surfer.put(surfer.main.locator(f"#{name}"), value)
    surfer.choose(surfer.main.locator("#login_domain"), "sea.nagi.example")
    surfer.use(surfer.main.locator("form .btn--primary"))
    surfer.heading("ふやすまえの確認")
    surfer.use(surfer.main.locator("form .btn--primary"))
    surfer.heading("ご家族がふえました")
    surfer.go("/accounts")
    surfer.use(surfer.main.locator("tbody th a", has_text=login))
    surfer.put(surfer.main.locator("#given_name"), "海")
    surfer.use(surfer.main.locator("form .btn--primary"))
    surfer.says("青森 海")
    surfer.use(surfer.main.locator("form .btn--primary"))
    surfer.heading("アカウントを変更しました")
    surfer.go("/accounts")
    surfer.use(surfer.main.locator("tr", has_text=login).locator("a[href$='/delete']"))
    surfer.use(surfer.main.locator("form .btn--danger"))
    surfer.heading("アカウントを削除しました")
    surfer.go("/accounts")
    expect(surfer.main.locator("tbody tr")).to_have_count(1)


@both_ways
def test_give_an_account_an_address_and_an_option(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.rich(stack.nagi)
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    _address_for_the_family(surfer)
    contracts, accounts = person.site.facts.sells or ("", "")
    for page in (contracts, accounts):
        surfer.go(f"/options/{page}")
        surfer.use(surfer.main.locator("section form .btn--primary").first)
        surfer.at(f"/options/{page}/confirm")
        surfer.use(surfer.main.locator("form .btn--primary"))
        surfer.at(f"/options/{page}/done")
    surfer.go(f"/options/{accounts}/holdings")
    surfer.use(surfer.main.locator("form.group button").first)
    expect(surfer.main.locator("[role=status] .code--mono")).to_have_text(re.compile(r"^[2-9A-Z]{4}(-[2-9A-Z]{4}){3}$"))
    surfer.go("/orders")
    expect(surfer.main.get_by_text("完了")).to_have_count(2)


def _address_for_the_family(surfer: Surfer) -> None:
    address = f"{some_id(8)}@mail.example"
    surfer.go("/overview")
    surfer.use(surfer.main.locator("a[href$='/mail']").first)
    surfer.put(surfer.main.locator("#address"), address)
    surfer.use(surfer.main.locator("form .btn--primary"))
    surfer.says(address)
    surfer.use(surfer.main.locator("form .btn--primary"))
    surfer.says(address)
    surfer.go("/overview")
    surfer.says(address)


@both_ways
def test_correct_what_is_known_about_oneself(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.rich(stack.nagi)
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    surfer.go("/profile")
    surfer.put(surfer.main.locator("#call"), "０９０−１２３４−５６７８")
    surfer.use(surfer.main.locator("form .btn--primary"))
    surfer.at("/profile/confirm")
    surfer.says("090-1234-5678")
    surfer.use(surfer.main.locator("form .btn--primary"))
    surfer.at("/profile/complete")
    surfer.says("090-1234-5678")


@pytest.mark.parametrize("way", ["keyboard", "mouse"])
def test_log_in_with_a_passkey(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.empty(_site(stack, way))
    surfer = surfers.open(person.site, way)
    add_device(surfer)
    surfer.log_in(person)
    surfer.go("/factors")
    surfer.press("この端末を登録する")
    surfer.heading("パスキーの登録")
    surfer.press("パスキーを登録する")
    surfer.heading("予備コードを控えてください")
    surfer.press("控えました")
    surfer.log_out()
    start_login(surfer, person.login, person.password)
    surfer.press("パスキーを使う")
    surfer.at("/home")


def test_a_passkey_page_without_scripts_says_what_to_do(stack: Stack, people: People, surfers: Surfers) -> None:
    person = people.empty(stack.plain)
    surfer = surfers.open(stack.plain, "no-script")
    surfer.log_in(person)
    surfer.go("/factors")
    surfer.press("この端末を登録する")
    assert "ほかの方法" in (surfer.main.locator("noscript").text_content() or "")


def test_every_flow_is_gone_by_keyboard_and_without_scripts(flown: set[tuple[str, Way]]) -> None:
    """The last test of the group: the journeys before it have sent these forms."""
    assert flown, "run this together with test_journeys.py"
    assert set(SCRIPT_ONLY) <= flows()
    missing = {(name, "keyboard") for name in flows() - {"password-rules"}} - flown
    missing |= {(name, "no-script") for name in flows() - set(SCRIPT_ONLY)} - flown
    assert not missing, f"these flows have no journey: {sorted(missing)}"
