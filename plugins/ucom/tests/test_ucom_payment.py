"""お支払い方法変更 as a customer meets it: the portal's pages and the demo payment company's (UCOM-112 to UCOM-121)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from ucomkit import NUMBER, Household, household, signed_in

from mypage.billing.models import CardSetup, PaymentMethod, PaymentReview
from mypage.billing.review import accept, list_waiting, reject
from mypage.billing.standing import payment_standing
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.mail.models import MailMessage
from mypage.notices.models import Notice
from mypage.testing.portal import NOON, Answer, MakePortal, Portal, PortalClient
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, MANAGER
from payment.payment_bench import Clock, Customer, Running, running

KEY = "MYPAGE_TEST_PAYMENT_KEY"

NOTES = [
    "毎月のご利用料金等をお客様指定のクレジットカードでお支払いいただけます。",
    "クレジットカードでのお支払いは、ご契約書ご本人名義とさせていただきます。",
    (
        "ご契約書本人以外のクレジットカードでの支払いを希望される場合、書面での契約書情報の変更手続きが必要となりますので、"
        "【ご契約内容変更申請】をクリックし、申請書にて変更手続きを行ってください。"
    ),
    (
        "未成年の場合は、ご登録いただいている親権者様のクレジットカードでお申し込みいただけます。"
        "ただしその場合情報の反映にはお時間がかかりますのでご了承ください。"
    ),
    (
        "ご契約書の名義とカード名義の一致が確認できない場合、登録情報の反映にお時間がかかる場合がございますので、"
        "ご了承ください。"
    ),
    "取扱いクレジットカードは、MasterCard、VISA、JCB、AMERICAN EXPRESS、Diners Clubとなります。",
    (
        "クレジットカードの口座引落し日に関しては、お客様のご指定のカード会社の規約に基づく口座引落し日となりますので"
        "あらかじめご了承ください。"
    ),
]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Running]:
    os.environ[KEY] = "demo-key"
    with running(tmp_path, Clock(NOON)) as started:
        yield started


@pytest.fixture
def portal(make_portal: MakePortal, company: Running) -> Iterator[Portal]:
    payment = {"adapter": "hosted-page", "base_url": company.url, "key_env": KEY}
    portal = make_portal("ucom", extensions={"payment": payment})
    yield portal
    portal.wait(portal.server.gateways.close())


@pytest.fixture
def home(portal: Portal) -> Household:
    """有光 杏, アリミツ アン."""
    return household(portal, email="an@keitai.example.jp")


@pytest.fixture
def browser(portal: Portal, home: Household) -> PortalClient:
    return signed_in(portal, BY_NUMBER, NUMBER)


@pytest.fixture
def shoppers() -> Iterator[list[Any]]:
    came: list[Any] = []
    yield came
    for each in came:
        each._http.close()


def start(browser: PortalClient, **typed: str) -> Answer:
    browser.get("/card")
    return browser.submit({"consent": "1"} | typed)


def entered(
    browser: PortalClient, shoppers: list[Any], given: str, family: str, number: str = "4242424242424242"
) -> Answer:
    """Start, type the card at the company, come back: the confirm page."""
    went = start(browser)
    assert went.status == 303, went.text
    shopper = Customer(went.location)
    shoppers.append(shopper)
    back = shopper.type(number, given=given, family=family)
    assert back.status_code == 303, back.text
    page = browser.get(back.headers["location"], follow=True)
    assert page.status == 200, page.text
    return page


def finish(browser: PortalClient) -> Answer:
    done = browser.submit({})
    assert done.status == 303, done.text
    return browser.get(done.location)


def facts(page: Answer) -> list[tuple[str, str]]:
    return list(zip(page.texts("//main//dl/div/dt"), page.texts("//main//dl/div/dd"), strict=True))


def rows(portal: Portal, model: Any) -> list[Any]:
    return portal.run(lambda tx: list(tx.scalars(select(model).where(model.tenant_id == tx.tenant))))


def paying(portal: Portal) -> list[str]:
    return [method.last4 for method in rows(portal, PaymentMethod) if method.current]


def standing(home: Household) -> str:
    return home.portal.run(lambda tx: payment_standing(tx, home.customer_id))


def add_former(home: Household) -> None:
    def work(tx: Tx) -> None:
        tx.add(
            PaymentMethod(
                tenant_id=tx.tenant, customer_id=home.customer_id, gateway="hosted-page", token_sealed=b"x",
                brand="visa", last4="0000", exp_year=2027, exp_month=1, created_at=tx.now(),
            )
        )  # fmt: skip

    home.portal.run(work)


# --- UCOM-112: the first page


@pytest.mark.req("UCOM-112", "UCOM-113", "UCOM-119", "UCOM-171", "UCOM-182")
def test_the_page_has_the_manuals_words(browser: PortalClient, home: Household) -> None:
    add_former(home)
    page = browser.get("/card")
    assert page.texts("//h1") == ["お支払い方法登録／変更"]
    assert page.texts("//main//p[@class='lead']") == [
        "お支払いに利用するクレジットカード情報を入力し、【次へ進む】ボタンをクリックしてください。"
    ]
    assert page.texts("//main//ul/li") == NOTES
    assert page.all("//main//ul/li/a/@href") == ["/guidance/contract-change"]
    assert browser.get("/guidance/contract-change").texts("//h1") == ["ご契約内容変更申請"]
    page = browser.get("/card")
    assert page.texts("//main//section/h2") == ["現在のお支払い方法", "新規お支払い方法のご入力"]
    assert facts(page)[:4] == [
        ("お支払い方法", "カード"),
        ("カード会社", "VISA"),
        ("有効期限", "01月 / 2027年"),
        ("カード番号", "XXXX-XXXX-XXXX-0000"),
    ]
    assert "注意事項への同意" in page.text
    assert page.texts("//main//form//label") == ["クレジットカード支払い注意事項へ同意する"]
    assert page.texts("//main//form//button") == ["次へ進む"]


@pytest.mark.req("UCOM-112")
def test_without_the_tick_nobody_is_sent_to_the_company(
    portal: Portal, browser: PortalClient, company: Running
) -> None:
    browser.get("/card")
    for typed in ({}, {"consent_": "1"}):
        refused = browser.submit(typed)
        assert refused.status == 422
        assert refused.errors == ["「クレジットカード支払い注意事項へ同意する」にチェックを入れてください"]
        assert refused.texts("//main//ul/li")[1:] == NOTES
    assert rows(portal, CardSetup) == []
    assert company.rows() == 0
    assert start(browser).status == 303


@pytest.mark.req("UCOM-112", "UCOM-113")
def test_the_companys_page_asks_for_what_the_manual_has(browser: PortalClient, shoppers: list[Any]) -> None:
    import lxml.html

    shopper = Customer(start(browser).location)
    shoppers.append(shopper)
    form = lxml.html.fromstring(shopper.look().text).xpath("//form[.//input[@name='number']]")[0]
    names = [control.get("name") for control in form.xpath(".//select | .//input") if control.get("name")]
    assert names == ["month", "year", "given", "family", "number"]
    labels = " ".join(form.text_content().split())
    for words in ("有効期限", "カード名義", "(名)", "(姓)", "カード番号", "次へ進む"):
        assert words in labels
    discover = shopper.type("6011000990139424", given="AN", family="ARIMITSU")
    assert discover.status_code == 422
    past = shopper.type("4242424242424242", given="AN", family="ARIMITSU", month="10", year="2026")
    assert past.status_code == 422
    this_month = shopper.type("4242424242424242", given="AN", family="ARIMITSU", month="11", year="2026")
    assert this_month.status_code == 303


# --- UCOM-114, UCOM-115: the holder's own card


@pytest.mark.req("UCOM-114", "UCOM-115", "UCOM-118", "UCOM-120")
@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4242424242424242", "VISA"), ("5555555555554444", "Mastercard"), ("3530111333300000", "JCB"),
        ("378282246310005", "American Express"), ("30569309025904", "Diners Club"),
    ],
)  # fmt: skip
def test_a_card_in_the_holders_name_pays_at_once(
    portal: Portal, home: Household, browser: PortalClient, shoppers: list[Any], number: str, brand: str
) -> None:
    add_former(home)
    confirm = entered(browser, shoppers, "AN", "ARIMITSU", number)
    assert confirm.texts("//h1") == ["お支払い方法登録／変更確認"]
    assert confirm.texts("//main//p[@class='lead']") == [
        "登録内容をご確認いただき、問題ない場合は【登録】ボタンをクリックしてください。"
    ]
    masked = f"XXXX-XXXX-XXXX-{number[-4:]}"
    assert facts(confirm) == [
        ("有効期限", "07月 / 2029年"),
        ("カード名義", "(名) AN (姓) ARIMITSU"),
        ("カード番号", masked),
    ]
    assert confirm.texts("//main//form//button") == ["登録"]
    assert confirm.texts("//main//form//a") == ["入力画面へ戻る"]
    assert number not in confirm.raw.text
    assert paying(portal) == ["0000"]
    done = finish(browser)
    assert done.texts("//h1") == ["お支払い方法登録／変更完了"]
    assert "お支払い情報登録の必要なサービスを引き続きお申し込みいただけます。" in done.text
    assert "ご利用いただけません" not in done.text
    assert ("カード会社", brand) in facts(done)
    assert ("カード番号", masked) in facts(done)
    assert (paying(portal), standing(home)) == ([number[-4:]], "valid")
    assert rows(portal, PaymentReview) == []
    (mail,) = rows(portal, MailMessage)
    assert (mail.template, mail.recipient) == ("card_changed", "an@keitai.example.jp")


# --- UCOM-116, UCOM-117: somebody else's name


@pytest.mark.req("UCOM-116", "UCOM-117", "UCOM-119", "UCOM-121")
def test_another_name_waits_with_the_other_completion_page(
    portal: Portal, home: Household, browser: PortalClient, shoppers: list[Any]
) -> None:
    add_former(home)
    entered(browser, shoppers, "SHOTA", "ARIMITSU")
    done = finish(browser)
    assert done.texts("//h1") == ["お支払い方法登録／変更完了"]
    for sentence in (
        "登録までにお時間をいただく場合や、登録できない場合がございますのでご了承ください。",
        "また、この場合はお支払い情報が必要なサービスはご利用いただけません。",
    ):
        assert sentence in done.text
    assert "引き続きお申し込みいただけます" not in done.text
    assert (paying(portal), standing(home)) == (["0000"], "review")
    (waiting,) = portal.run(list_waiting)
    assert (waiting.card_name, waiting.customer_kana, waiting.last4) == ("SHOTA ARIMITSU", "アリミツ アン", "4242")
    page = browser.get("/card")
    assert "新しいカードを確認しています" in page.text
    assert ("カード番号", "XXXX-XXXX-XXXX-0000") in facts(page)
    assert rows(portal, MailMessage) == []


@pytest.mark.req("UCOM-116", "UCOM-117")
@pytest.mark.parametrize("yes", [True, False])
def test_the_customer_is_told_what_staff_decide(
    portal: Portal, home: Household, browser: PortalClient, shoppers: list[Any], yes: bool
) -> None:
    add_former(home)
    entered(browser, shoppers, "SHOTA", "ARIMITSU")
    completion = browser.submit({}).location
    (waiting,) = portal.run(list_waiting)
    vault, words = portal.server.ports.get(Vault), portal.server.compiled.operators["ucom"].catalogues

    def decide(tx: Tx) -> None:
        if yes:
            accept(tx, vault, words, waiting.id, by="staff")
        else:
            reject(tx, vault, words, waiting.id, by="staff", reason="another person")

    portal.run(decide)
    assert paying(portal) == (["4242"] if yes else ["0000"])
    assert standing(home) == "valid"
    (mail,) = rows(portal, MailMessage)
    assert (mail.template, mail.recipient) == ("card_accepted" if yes else "card_rejected", "an@keitai.example.jp")
    (notice,) = rows(portal, Notice)
    again = browser.get(completion)
    if yes:
        assert "引き続きお申し込みいただけます" in again.text
    else:
        assert (again.status, again.location) == (303, "/card")
    assert browser.get(f"/notices/{notice.id}").texts("//h1") == [notice.title]


@pytest.mark.req("UCOM-120")
def test_when_the_company_is_silent_the_name_is_left_out(
    portal: Portal, browser: PortalClient, shoppers: list[Any], company: Running
) -> None:
    page = entered(browser, shoppers, "AN", "ARIMITSU")
    path = page.raw.url.path
    company.clock.forward(hours=2)
    again = browser.get(path)
    assert again.status == 200
    assert ("カード名義", "今は表示できません") in facts(again)


@pytest.mark.req("UCOM-164", "UCOM-167")
def test_who_may_change_the_card(portal: Portal, home: Household) -> None:
    home.account("arteri-an-001", MANAGER)
    home.account("arteri-an-002")
    assert signed_in(portal, BY_ACCOUNT, "arteri-an-001").get("/card").status == 200
    child = signed_in(portal, BY_ACCOUNT, "arteri-an-002")
    assert child.get("/card").status == 403
    assert child.post("/card/start", {"operation": "x" * 30, "consent": "1"}).status in (403, 409)
    assert rows(portal, CardSetup) == []
