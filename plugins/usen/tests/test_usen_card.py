"""クレジットカード決済: the portal's pages and the demo payment company's, in the manual's words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from sqlalchemy import select
from usenkit import KEY, Subscriber, facts, site, subscriber

from mypage.audit.models import AuditEntry
from mypage.billing.models import CardSetup, PaymentMethod
from mypage.mail.models import MailMessage
from mypage.testing.portal import NOON, Answer, MakePortal, Portal, PortalClient
from payment.payment_bench import Clock, Customer, Running, running

pytest_plugins = ["mypage.testing.plugin"]

BRANDS = [
    "ビザカード（VISA）",
    "マスターカード（MasterCard）",
    "アメリカンエクスプレスカード（AMERICAN EXPRESS）",
    "ダイナースクラブカード（DinersCard）",
    "JCBカード（JCB）",
]
VISA = "4242424242424242"


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Running]:
    os.environ[KEY] = "demo-key"
    with running(tmp_path, Clock(NOON)) as started:
        yield started


@pytest.fixture
def portal(make_portal: MakePortal, company: Running) -> Iterator[Portal]:
    payment = {"adapter": "hosted-page", "base_url": company.url, "key_env": KEY}
    portal = site(make_portal, extensions={"payment": payment})
    yield portal
    portal.wait(portal.server.gateways.close())


@pytest.fixture
def newcomer(portal: Portal) -> Subscriber:
    """Somebody at the gate of the card."""
    return subscriber(portal, card=False)


@pytest.fixture
def shoppers() -> Iterator[list[Any]]:
    came: list[Any] = []
    yield came
    for each in came:
        each._http.close()


def at_the_company(browser: PortalClient, shoppers: list[Any]) -> Customer:
    """Press クレジットカード決済 on the page that is open."""
    went = browser.submit({})
    assert went.status == 303, went.text
    shoppers.append(Customer(went.location))
    return shoppers[-1]


def come_back(browser: PortalClient, answer: Any) -> Answer:
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["location"], follow=True)


def rows(portal: Portal, model: Any) -> list[Any]:
    return portal.run(lambda tx: list(tx.scalars(select(model).where(model.tenant_id == tx.tenant))))


def paying(portal: Portal) -> list[str]:
    return [method.last4 for method in rows(portal, PaymentMethod) if method.current]


@pytest.mark.req("USEN-42", "USEN-43", "USEN-44", "USEN-45", "USEN-46", "USEN-47", "USEN-48", "USEN-49", "USEN-50")
def test_the_companys_page_has_the_manuals_fields(newcomer: Subscriber, shoppers: list[Any], company: Running) -> None:
    browser = newcomer.client()
    browser.get("/", follow=True)
    shopper = at_the_company(browser, shoppers)
    page = lxml.html.fromstring(shopper.look().text)
    assert " ".join(page.xpath("//h1")[0].text_content().split()) == "カード情報登録 入力"
    form = page.xpath("//form[.//input[@name='number']]")[0]
    names = [control.get("name") for control in form.xpath(".//select | .//input") if control.get("name")]
    assert names == ["brand", "number", "month", "year", "code", "holder"]
    options = [option.text_content().strip() for option in form.xpath(".//select[@name='brand']/option")]
    assert options == ["カード会社から選択してください", *BRANDS]
    said = " ".join(form.text_content().split())
    for words in (
        "カード会社", "カード番号", "カード番号を入力してください", "有効期限",
        "カード有効期限（月／年）を入力してください",
        "セキュリティコード", "カード裏面のセキュリティコード（3桁又は4桁）を入力してください", "名義人名",
        "カード名義をローマ字（半角英字 大文字）で入力してください。", "確認",
    ):  # fmt: skip
        assert words in said, words
    good = {"brand": "visa", "month": "12", "year": "2028", "code": "123", "holder": "TARO YAMADA"}
    for wrong in (
        {"number": "4242424242424241"}, {"number": "abc"}, {"brand": "jcb"}, {"brand": ""}, {"code": "12"},
        {"code": ""},
        {"month": "10", "year": "2026"}, {"holder": "Taro Yamada"}, {"holder": "山田太郎"}, {"holder": ""},
    ):  # fmt: skip
        typed = {"number": VISA} | good | wrong
        refused = shopper.type(typed.pop("number"), **typed)
        assert refused.status_code == 422, wrong
        again = lxml.html.fromstring(refused.text)
        assert again.xpath("//input[@name='number']/@value") in ([], [""])
        assert again.xpath("//input[@name='code']/@value") in ([], [""])
        assert again.xpath("//input[@name='holder']/@value") == [typed["holder"]]
    assert rows(newcomer.portal, PaymentMethod) == []


@pytest.mark.req("USEN-14", "USEN-51", "USEN-52", "USEN-53", "USEN-54", "USEN-55", "USEN-56", "USEN-72")
def test_a_card_is_checked_registered_and_opens_the_portal(
    portal: Portal, newcomer: Subscriber, shoppers: list[Any]
) -> None:
    browser = newcomer.client()
    browser.get("/", follow=True)
    confirm = come_back(browser, at_the_company(browser, shoppers).type(VISA, brand="visa"))
    assert confirm.texts("//h1") == ["カード情報登録 確認"]
    assert confirm.texts("//main//p[@class='lead']") == ["登録内容に間違いが無いか、ご確認してください。"]
    told = [
        ("カード会社", BRANDS[0]), ("カード番号", "**** **** **** 4242"), ("有効期限", "07／2029"),
        ("名義人名", "TARO YAMADA"),
    ]  # fmt: skip
    assert list(facts(confirm)) == told
    assert confirm.texts("//main//form//button") == ["登録"]
    assert confirm.texts("//main//form//a") == ["入力へ戻る"]
    assert browser.get("/summary").location == "/u0020/card"
    browser.get(str(confirm.raw.url))
    registered = browser.submit({})
    done = browser.get(registered.location)
    assert "以下の内容で登録されました。" in done.text
    assert set(facts(done)) == {row for row in told if row[0] != "名義人名"}
    for page in (confirm, done):
        assert VISA not in page.raw.text
        assert "123" not in page.text.replace("0123", "")
    assert browser.get("/summary").status == 200
    assert rows(portal, MailMessage) == []
    assert "メール" not in done.text
    kept = [str(vars(row)) for model in (PaymentMethod, CardSetup, AuditEntry) for row in rows(portal, model)]
    assert not [each for each in kept if VISA in each or "TARO" in each]


@pytest.mark.req("USEN-55")
def test_a_refused_card_registers_nothing_and_says_why_once(
    portal: Portal, newcomer: Subscriber, shoppers: list[Any]
) -> None:
    browser = newcomer.client()
    browser.get("/", follow=True)
    answer = at_the_company(browser, shoppers).type("4000000000000002", brand="visa")
    page = come_back(browser, answer) if answer.status_code == 303 else None
    if page is not None:
        assert page.all("//main//a[@href='/u0020/card']")
    assert paying(portal) == []
    assert browser.get("/summary").location == "/u0020/card"


@pytest.mark.req("USEN-57", "USEN-58", "USEN-59", "USEN-16")
def test_a_change_begins_empty_and_the_old_card_stays_until_it_is_registered(
    portal: Portal, shoppers: list[Any]
) -> None:
    browser = subscriber(portal).client()
    page = browser.get("/summary")
    assert page.texts("//section[@aria-labelledby='rows']//form//button") == ["クレジットカード決済"]
    shopper = at_the_company(browser, shoppers)
    form = lxml.html.fromstring(shopper.look().text).xpath("//form[.//input[@name='number']]")[0]
    assert [
        value for value in form.xpath(".//input[@name='number' or @name='code' or @name='holder']/@value") if value
    ] == []
    assert browser.get("/summary").status == 200
    confirm = come_back(browser, shopper.type("5555555555554444", brand="mastercard"))
    assert paying(portal) == ["4242"]
    assert dict(facts(confirm))["カード会社"] == BRANDS[1]
    browser.submit({})
    assert paying(portal) == ["4444"]


@pytest.mark.req("USEN-70", "USEN-71")
def test_logging_out_in_the_middle_leaves_nothing_to_confirm(
    portal: Portal, newcomer: Subscriber, shoppers: list[Any]
) -> None:
    browser = newcomer.client()
    browser.get("/", follow=True)
    confirm = come_back(browser, at_the_company(browser, shoppers).type(VISA, brand="visa"))
    browser.submit({}, form="//header//form[@method='post']")
    gone = browser.get(str(confirm.raw.url))
    assert gone.status == 303
    assert gone.location.startswith("/u0020/login")
    assert paying(portal) == []
