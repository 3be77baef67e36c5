"""Login, the one page of the portal, whom to ask, and the way out, as a customer meets them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from usenkit import NUMBER, PASSWORD, SECRETS, Line, facts, log_in, site, subscriber

import mypage_usen.plugin as usen
from mypage.forms.models import Draft
from mypage.lib.clock import tokyo_day
from mypage.mail.models import MailMessage
from mypage.testing.policy import check_policy
from mypage.testing.portal import NOON, MakePortal, Portal
from mypage_usen.pages import ASK_URL, BILLS_URL, GUIDE_URL, SITE_URL

pytest_plugins = ["mypage.testing.plugin"]
TODAY = tokyo_day(NOON)
COMING = Line(
    plan="v6",
    name="USEN光01（v6）",
    started_on=None,
    status="preparing",
    place="東京都品川区（店舗）",
    progress=(
        ("accepted", "2026-11-04", None, ""),
        ("appointment", "2026-11-12", None, ""),
        ("construction", None, "2026-12-03", "午前"),
    ),
)


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return site(make_portal)


@pytest.mark.req("USEN-01", "USEN-03", "USEN-04", "USEN-20", "USEN-84")
def test_the_login_page_asks_for_the_two_values_on_paper(portal: Portal) -> None:
    page = portal.client().get("/u0020/login/", follow=True)
    assert page.raw.url.path.rstrip("/") == "/u0020/login"
    assert page.texts("//main//form//label")[:2] == ["ログインID", "パスワード"]
    assert page.texts("//main//form//button") == ["ログイン"]
    assert page.texts("//title") == ["ログイン | USEN NETWORKS マイページ"]
    assert "【契約内容確認書】の『マイページ』の項目を確認してください。" in page.text
    assert page.all("//header//img/@alt") == ["USEN NETWORKS"]
    assert page.texts("//header//*[@class='brand__name']") == ["マイページ"]


@pytest.mark.req("USEN-05", "USEN-23", "USEN-78")
def test_wrong_ids_and_passwords_are_told_alike_and_lock_alike(portal: Portal) -> None:
    subscriber(portal)
    browser = portal.client()
    provider = list(SECRETS.values())
    told = set()
    for login_id, password in (("u0020-000001", "wrong-password1"), ("nobody", PASSWORD), (provider[0], provider[1])):
        answer = log_in(browser, login_id, password)
        assert answer.status == 422
        assert answer.all("//main//input[@type='password']/@value") in ([], [""])
        told.add(tuple(answer.errors))
    for _ in range(5):
        told.add(tuple(log_in(browser, "u0020-000001", "wrong-password1").errors))
    locked = log_in(browser, "u0020-000001")
    assert locked.status == 422
    assert told == {tuple(locked.errors)}
    portal.clock.at += timedelta(hours=2)
    assert log_in(browser, "u0020-000001").status == 303


@pytest.mark.req("USEN-21")
def test_both_values_must_be_there_and_may_have_any_shape(portal: Portal) -> None:
    subscriber(portal, login_id="ア", password="x")
    browser = portal.client()
    assert log_in(browser, "", "").errors
    assert log_in(browser, "ア", "x").status == 303


@pytest.mark.req("USEN-06")
@pytest.mark.parametrize("path", ["/", "/summary", "/card", "/first-login"])
def test_every_address_leads_to_the_login_page_first(portal: Portal, path: str) -> None:
    assert portal.client().get(path, follow=True).raw.url.path.rstrip("/") in ("/u0020/login", "/u0020")
    assert portal.client().get(path, follow=True).texts("//main//form//button") == ["ログイン"]


@pytest.mark.req("USEN-17", "USEN-18", "USEN-19", "USEN-24", "USEN-25", "USEN-32", "USEN-33", "USEN-34", "USEN-36")
def test_the_page_after_login_shows_who_what_and_how_one_pays(portal: Portal) -> None:
    page = subscriber(portal).client().get("/", follow=True)
    assert page.raw.url.path == "/u0020/summary"
    assert page.texts("//h1") == ["山田 太郎 様"]
    lead = page.texts("//main//*[@class='lead']")[0]
    assert lead == f"お客様番号 {NUMBER} ※お問合せ時等に必要となる番号です。"
    assert page.texts("//header//*[@class='who']/*") == ["山田 太郎 様", f"お客様番号 {NUMBER}"]
    assert page.texts("//main//h2") == ["商品情報", "契約情報"]
    [card] = page.texts("//main//article/div[@class='card__head']")
    assert card == "USEN光01（v4）ご利用中"
    shown = dict(facts(page, "//main//article"))
    assert shown["ご利用開始日"] == "2025/04/01"
    assert shown["ご利用場所"] == "東京都品川区（自宅）"


@pytest.mark.req("USEN-26", "USEN-27", "USEN-60", "USEN-61", "USEN-62", "USEN-63", "USEN-74", "USEN-82")
def test_payment_has_its_button_and_the_bills_are_elsewhere(portal: Portal) -> None:
    page = subscriber(portal).client().get("/summary")
    rows = dict(facts(page, "//main//section[@aria-labelledby='rows']"))
    assert list(rows) == ["支払方法", "請求情報"]
    assert rows["支払方法"].startswith("クレジットカード VISA")
    assert page.texts("//section[@aria-labelledby='rows']//button") == ["クレジットカード決済"]
    links = {a.get("href"): a for a in page.all("//section[@aria-labelledby='rows']//a")}
    assert set(links) == {BILLS_URL, GUIDE_URL}
    for link in links.values():
        assert link.get("target") == "_blank"
        assert "noopener" in link.get("rel").split()
    assert "?" not in BILLS_URL
    assert "Web明細 e-bill ご利用・ご活用方法のご案内" in page.text
    assert page.raw.headers["referrer-policy"] == "same-origin"


@pytest.mark.req("USEN-35", "USEN-37", "USEN-40")
def test_before_its_start_a_line_shows_the_progress_and_afterwards_the_facts(portal: Portal) -> None:
    page = subscriber(portal, Line(), COMING).client().get("/summary")
    assert page.texts("//main//article//*[contains(@class,'badge')]") == ["ご利用中", "ご利用開始前"]
    used, coming = page.all("//main//article")
    assert not used.xpath(".//ol")
    steps = [" ".join(li.text_content().split()) for li in coming.xpath(".//ol/li")]
    assert steps == [
        "申込受付（済）2026/11/04",
        "工事日の調整（済）2026/11/12",
        "工事待ち2026/12/03 午前の予定",
        "4ご利用開始",
    ]
    assert [li.get("class") for li in coming.xpath(".//ol/li")] == ["is-done", "is-done", "is-now", "is-todo"]
    assert len(coming.xpath(".//li[@aria-current='step']")) == 1
    assert "申込の進捗" in coming.text_content()
    assert "東京都品川区（店舗）" not in coming.text_content()
    assert "申込の進捗" not in used.text_content()


@pytest.mark.req("USEN-35")
@pytest.mark.parametrize("text", ["<script>xq()</script>", "<img src=x onerror=xq()>", '"><b>xq</b>', "{{ 7*7 }}xq"])
def test_the_note_to_a_step_is_text_and_never_markup(portal: Portal, text: str) -> None:
    step = ("accepted", None, "2026-12-03", text)
    page = subscriber(portal, Line(started_on=None, status="preparing", progress=(step,))).client().get("/summary")
    assert f"2026/12/03 {text}の予定" in page.text
    assert page.all("//article//script | //article//img | //article//b") == []


@pytest.mark.req("USEN-37")
@pytest.mark.parametrize(
    ("start", "badge"),
    [(TODAY - timedelta(1), "ご利用中"), (TODAY, "ご利用中"), (TODAY + timedelta(1), "ご利用開始前")],
)
def test_each_line_changes_on_its_own_start_date(portal: Portal, start: date, badge: str) -> None:
    line = Line(started_on=start, status="preparing")
    page = subscriber(portal, line).client().get("/summary")
    assert page.texts("//main//article//*[contains(@class,'badge')]") == [badge]


@pytest.mark.req("USEN-38", "USEN-39", "USEN-41", "USEN-73")
def test_bundles_are_named_at_no_price(portal: Portal) -> None:
    page = subscriber(portal, Line(), COMING, Line(plan="", name="USEN光01（ISPなし）")).client().get("/summary")
    rows = [dict(facts_of(article)).get("併せてご利用") for article in page.all("//main//article")]
    assert rows == ["01NETv4バンドル（0円）", "01NETv6バンドル（0円）", None]
    assert page.raw.text.count("円") == 2


@pytest.mark.req("USEN-34", "USEN-35")
def test_a_line_without_progress_and_a_customer_without_lines_are_told_so(portal: Portal) -> None:
    page = subscriber(portal, Line(started_on=None, status="preparing")).client().get("/summary")
    assert "進捗は、お申し込みの確認ができしだい表示されます。" in page.text
    gone = subscriber(portal, Line(status="terminated"), number="20000009", login_id="u0020-000009")
    assert "ご契約サービスはありません。" in gone.client().get("/summary").text


@pytest.mark.req("USEN-28", "USEN-64", "USEN-65", "USEN-66", "USEN-79", "USEN-81")
def test_whom_to_ask_is_a_dialog_and_a_page(portal: Portal) -> None:
    browser = subscriber(portal).client()
    page = browser.get("/summary")
    [button] = page.all("//main//a[@data-dialog='ask']")
    assert button.text_content().strip() == "お問合わせ先"
    assert button.get("href") == "/u0020/contact"
    dialog = page.all("//dialog[@id='ask']")[0]
    assert dialog.get("open") is None
    assert dialog.xpath(".//form[@method='dialog']//button")
    topics = [("契約", "0120-000-001"), ("解約", "0120-000-002"), ("料金", "WEBサイトから"), ("不具合", "0120-000-003")]
    own = browser.get("/contact")
    assert own.texts("//h1") == ["お問合わせ先"]
    assert "電話もしくは、WEBサイトからお問い合わせください。" in own.text
    assert f"お客様番号 {NUMBER} をお手元に" in own.text
    for shown in (facts(page, "//dialog"), facts(own)):
        assert [label for label, _ in shown] == [label for label, _ in topics]
        assert all(value.startswith(text) for (_, value), (_, text) in zip(shown, topics, strict=True))
    assert own.all(f"//main//a[@href='{ASK_URL}']/@target") == ["_blank"]
    assert own.all("//main//a[starts-with(@href,'tel:')]/@href")[0] == "tel:0120000001"


@pytest.mark.req("USEN-29", "USEN-67", "USEN-68")
def test_the_service_site_opens_in_a_new_tab(portal: Portal) -> None:
    page = subscriber(portal).client().get("/summary")
    [button] = page.all(f"//main//a[@href='{SITE_URL}']")
    assert button.text_content().strip().startswith("サービスサイト")
    for link in page.all(f"//a[@href='{SITE_URL}']"):
        assert link.get("target") == "_blank"
        assert "noopener" in link.get("rel").split()


@pytest.mark.req("USEN-30", "USEN-69", "USEN-70", "USEN-71")
def test_logging_out_leads_to_the_login_page_and_discards_what_was_begun(portal: Portal) -> None:
    someone = subscriber(portal)
    browser = someone.client()
    page = browser.get("/summary")
    assert page.texts("//header//form//button") == ["ログアウト"]
    assert page.raw.headers["cache-control"] == "no-store"
    out = browser.submit({}, form="//header//form[@method='post']")
    assert out.location == "/u0020/login"
    drafts = select(Draft).where(Draft.tenant_id == portal.name)
    assert portal.run(lambda tx: list(tx.scalars(drafts))) == []
    back = browser.get("/summary")
    assert (back.status, back.location) == (303, "/u0020/login?next=%2Fu0020%2Fsummary")


@pytest.mark.req("USEN-31", "USEN-75", "USEN-80", "USEN-83")
def test_nothing_else_is_offered_in_the_menu_or_by_address(portal: Portal) -> None:
    browser = subscriber(portal).client()
    page = browser.get("/summary")
    assert page.all("//nav[@id='menu']") == []
    inside = {href for href in page.all("//a/@href") if href.startswith("/u0020/") and "/display?" not in href}
    assert inside == {"/u0020/summary", "/u0020/contact"}
    absent = (
        "/credentials", "/credentials/confirm", "/notices", "/bills", "/bills/lines.csv", "/invoices", "/contract",
        "/recover/password", "/recover/login-id", "/register/customer", "/profile", "/accounts", "/orders",
        "/factors", "/options/x", "/requests", "/slots/mail", "/termination", "/guidance/x", "/pages/site",
    )  # fmt: skip
    for path in absent:
        assert browser.get(path).status in (404, 405), path
    assert browser.get("/home", follow=True).raw.url.path == "/u0020/summary"


@pytest.mark.req("USEN-72")
def test_no_mail_is_sent_by_what_customers_do_here(portal: Portal) -> None:
    operator = portal.server.compiled.operators["usen"]
    assert not any(operator.sends(mail) for mail in ("card_changed", "login_locked", "announcement"))
    subscriber(portal).client().get("/summary")
    mails = select(MailMessage).where(MailMessage.tenant_id == portal.name)
    assert portal.run(lambda tx: list(tx.scalars(mails))) == []


@pytest.mark.req("USEN-22")
def test_the_provider_login_is_on_no_page_but_the_first(portal: Portal) -> None:
    browser = subscriber(portal).client()
    for path in ("/summary", "/contact", "/card"):
        text = browser.get(path).raw.text
        assert not any(value in text for value in SECRETS.values())


def test_every_page_is_there_in_english(make_portal: MakePortal) -> None:
    portal = site(make_portal, "u0029", locale="en")
    browser = subscriber(portal, Line(), COMING).client()
    assert "Progress of your application" in browser.get("/summary").text
    assert "Please contact us by telephone or on the web." in browser.get("/contact").text
    assert "Back to My Page" in browser.get("/contact").text


def test_the_policy_file_says_who_may_do_what() -> None:
    """A line of the answer says what to add to policy.toml, remove from it or correct in it."""
    assert check_policy("usen", usen, Path(__file__).parents[1] / "policy.toml") == []


def facts_of(article: Any) -> list[tuple[str, str]]:
    rows = article.xpath(".//dl/div")
    return [tuple(" ".join(row.xpath(f"./{tag}")[0].text_content().split()) for tag in ("dt", "dd")) for row in rows]  # type: ignore[misc]
