"""Text size, language, keyboard, phones, print: what a page offers whoever reads it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from portal_stack import Stack
from sample_people import People
from surfing import PHONE, Surfers, Way


@pytest.mark.parametrize("way", ["mouse", "no-script"])
@pytest.mark.parametrize("theme", ["actv", "plain"])
@pytest.mark.req("ACTV-26", "ACTV-71", "ACTV-72")
def test_large_text_stays_over_pages_login_and_visits(
    stack: Stack, people: People, surfers: Surfers, theme: str, way: Way
) -> None:
    site = stack.actv if theme == "actv" else stack.plain
    person = people.settled(site)
    surfer = surfers.open(site, way)
    surfer.go("/pages/faq")
    small = _size(surfer.page.locator("h1"))
    header = surfer.page.locator("header")
    expect(header.get_by_role("link", name="標準")).to_have_attribute("aria-current", "true")
    header.get_by_role("link", name="大きく").click()
    surfer.at("/pages/faq")
    expect(header.get_by_role("link", name="大きく")).to_have_attribute("aria-current", "true")
    assert _size(surfer.page.locator("h1")) > small * 1.1
    surfer.log_in(person)
    expect(surfer.page.locator("html")).to_have_attribute("data-text", "large")
    surfer.page.close()
    surfer.context.storage_state()
    again = surfers.another_tab(surfer)
    again.go("/bills")
    expect(again.page.locator("html")).to_have_attribute("data-text", "large")
    again.page.locator("header").get_by_role("link", name="標準").click()
    again.at("/bills")
    expect(again.page.locator("html")).not_to_have_attribute("data-text", "large")


def test_large_text_is_remembered_when_the_browser_was_closed(stack: Stack, surfers: Surfers) -> None:
    surfer = surfers.open(stack.plain)
    surfer.go("/login")
    surfer.page.locator("header").get_by_role("link", name="大きく").click()
    surfer.at("/login")
    kept = [cookie for cookie in surfer.context.cookies() if cookie["expires"] > 0]
    later = surfers.open(stack.plain)
    later.context.add_cookies(kept)  # type: ignore[arg-type]
    later.go("/login")
    expect(later.page.locator("html")).to_have_attribute("data-text", "large")


@pytest.mark.parametrize("way", ["mouse", "no-script"])
def test_the_language_changes_and_stays(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.rich(stack.plain)
    surfer = surfers.open(stack.plain, way)
    surfer.log_in(person)
    surfer.go("/bills")
    surfer.page.locator("footer").get_by_role("link", name="English").click()
    surfer.at("/bills")
    expect(surfer.page.locator("html")).to_have_attribute("lang", "en")
    surfer.heading("Bill details")
    surfer.go("/contract")
    surfer.heading("Your contract")
    surfer.page.locator("footer").get_by_role("link", name="日本語").click()
    surfer.heading("ご契約内容参照")


@pytest.mark.req("ACTV-25")
def test_public_pages_before_and_after_login(stack: Stack, people: People, surfers: Surfers) -> None:
    surfer = surfers.open(stack.actv)
    titles = ["トップページ", "よくある質問と回答", "注意事項・ご利用規約", "重要事項説明書"]
    surfer.go("/login")
    for signed_in in (False, True):
        if signed_in:
            surfer.log_in(people.settled(stack.actv))
        links = surfer.page.locator(".sub-nav a")
        assert links.all_inner_texts() == titles
        for title in titles[1:]:
            surfer.page.locator(".sub-nav").get_by_role("link", name=title).click()
            surfer.heading(title)
            expect(surfer.page.locator(".sub-nav [aria-current=page]")).to_have_text(title)
    surfer.go("/pages/faq")
    question = surfer.main.locator("details").first
    expect(question.locator(".accordion__body")).not_to_be_visible()
    question.locator("summary").click()
    expect(question.locator(".accordion__body")).to_be_visible()


@pytest.mark.parametrize("theme", ["actv", "plain"])
def test_the_first_tab_skips_to_the_main_text(stack: Stack, people: People, surfers: Surfers, theme: str) -> None:
    site = stack.actv if theme == "actv" else stack.plain
    surfer = surfers.open(site, "keyboard")
    surfer.log_in(people.settled(site))
    surfer.go("/bills")
    surfer.page.keyboard.press("Tab")
    skip = surfer.page.locator(":focus")
    expect(skip).to_have_text("本文へ移動")
    box = skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    surfer.page.keyboard.press("Enter")
    surfer.page.keyboard.press("Tab")
    assert surfer.page.locator(":focus").evaluate("(e) => Boolean(e.closest('main'))")


@pytest.mark.req("ACTV-28")
def test_the_menu_of_a_phone_opens_as_a_sheet_and_closes(stack: Stack, people: People, surfers: Surfers) -> None:
    entries = ["ご契約内容参照", "ご請求明細", "インボイス（適格請求書）", "クレジットカード変更", "ID・パスワード変更"]
    person = people.settled(stack.actv)
    for way in ("phone", "no-script"):
        surfer = surfers.open(stack.actv, way, width=PHONE)  # type: ignore[arg-type]
        surfer.go("/login")
        surfer.try_login(person.login, person.password)
        surfer.at("/home")
        menu, button = surfer.page.locator("#menu"), surfer.page.locator(".menu-button")
        expect(menu).not_to_be_visible()
        button.click()
        expect(menu).to_be_visible()
        assert menu.locator("ul").first.locator("a").all_inner_texts() == entries
        menu.get_by_role("button", name="閉じる").click()
        expect(menu).not_to_be_visible()
        button.click()
        surfer.page.keyboard.press("Escape")
        expect(menu).not_to_be_visible()
        expect(button).to_be_focused()
        button.click()
        menu.get_by_role("link", name="ご請求明細").click()
        surfer.heading("ご請求明細")
        expect(menu).not_to_be_visible()


@pytest.mark.req("ACTV-60", "ACTV-61")
def test_an_invoice_prints_without_the_portal_around_it(stack: Stack, people: People, surfers: Surfers) -> None:
    surfer = surfers.open(stack.actv)
    surfer.log_in(people.settled(stack.actv))
    surfer.go("/invoices")
    surfer.follow(re.compile("^表示"))
    surfer.heading("適格請求書")
    surfer.page.emulate_media(media="print")
    for around in ("header.site-header", ".side-nav", ".sub-nav", "footer", ".toolbar"):
        expect(surfer.page.locator(around).first).not_to_be_visible()
    expect(surfer.page.locator(".sheet")).to_be_visible()
    for said in ("T1234567890123", "10%対象", "8%対象", "青森ケーブルテレビ株式会社"):
        expect(surfer.page.locator(".sheet")).to_contain_text(said)
    assert surfer.page.pdf(format="A4").startswith(b"%PDF-")


@pytest.mark.req("ACTV-29", "ACTV-58", "ACTV-81")
def test_notices_newest_first_and_read_once_opened(stack: Stack, people: People, surfers: Surfers) -> None:
    surfer = surfers.open(stack.plain)
    surfer.log_in(people.rich(stack.plain))
    surfer.page.locator("#menu")
    surfer.follow("お知らせをすべて見る")
    surfer.heading("お知らせ")
    days = [time.get_attribute("datetime") for time in surfer.main.locator("time").all()]
    assert days == sorted(days, reverse=True)  # type: ignore[type-var]
    unread = surfer.main.locator(".is-unread")
    expect(unread).to_have_count(4)
    surfer.main.locator(".notice").first.click()
    surfer.heading("年末年始の窓口の営業について")
    surfer.follow(re.compile("一覧に戻る"))
    expect(unread).to_have_count(3)


@pytest.mark.req("ACTV-57")
def test_without_notices_the_operator_says_so(stack: Stack, people: People, surfers: Surfers) -> None:
    surfer = surfers.open(stack.actv)
    surfer.log_in(people.empty(stack.actv))
    surfer.says("青森ケーブルテレビからのお知らせはありません。")


def _size(element: object) -> float:
    return float(element.evaluate("(e) => parseFloat(getComputedStyle(e).fontSize)"))  # type: ignore[attr-defined]
