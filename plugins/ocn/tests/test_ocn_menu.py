"""Menu, frame and the pages around the functions, to the character (OCN-26 to OCN-34, OCN-153 to OCN-155)."""

from __future__ import annotations

from typing import Any

import pytest
from ocnkit import line, signed_in

from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage_ocn.guidance import PHONE, SITE
from mypage_ocn.names import ONLINE_CHANGE

LEADS_OUT = "（専用ページへ進みます）"
MENU: list[tuple[str, list[str]]] = [
    ("ご利用状況", ["ご利用状況の確認"]),
    (
        "各種変更のお申込み",
        [
            "ご請求関連",
            "└お支払い方法（クレジットカードへ）*",
            "└「請求書」および「口座振替のお知らせ」送付先住所*",
            "└「口座振替のお知らせ」の送付方法*",
            "担当者連絡先*",
            "メールアカウントおよびウイルスチェック",
        ],
    ),
    ("パスワード変更", ["認証パスワード変更"]),
    ("廃止のお申込み", ["廃止申込"]),
    (
        "お電話での問い合わせ",
        ["設定方法について", "故障について", "請求料金について", "各種手続き・申し込み方法について"],
    ),
]
"""OCN-27 to OCN-31; `*` marks what leads out."""


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ocn", theme="ocn")


@pytest.fixture
def browser(portal: Portal) -> PortalClient:
    line(portal, contract={"features": [ONLINE_CHANGE]})
    return signed_in(portal)


def _words(node: Any) -> str:
    return "".join(node.text_content().split()).replace("".join(LEADS_OUT.split()), "*")


def menu(page: Answer) -> list[tuple[str, list[str]]]:
    """The menu as it is read: headings with what stands below them."""
    found: list[tuple[str, list[str]]] = []
    for node in page.all("//nav[@id='menu']/*[self::p[@class='side-nav__group'] or self::ul]"):
        if node.tag == "p":
            found.append((_words(node), []))
            continue
        found[-1][1].extend(_words(each) for each in node.xpath(".//li/a | .//li/span"))
    return found


@pytest.mark.req("OCN-27", "OCN-28", "OCN-29", "OCN-30", "OCN-31", "OCN-33", "OCN-34")
def test_the_menu_to_the_character(browser: PortalClient) -> None:
    page = browser.get("/home")
    assert menu(page) == MENU
    heading = page.all("//nav[@id='menu']//li/span")[0]
    assert heading.text == "ご請求関連"
    assert [_words(each) for each in heading.getnext().iter("a")] == MENU[1][1][1:4]
    before_main = page.all("//main/preceding-sibling::nav[@id='menu']")
    assert len(before_main) == 1, "the menu stands on the left"


@pytest.mark.req("OCN-26", "OCN-154")
def test_logging_out_is_the_first_entry(browser: PortalClient) -> None:
    page = browser.get("/home")
    first = page.all("//nav[@id='menu']//*[self::a or self::button[@type='submit']]")[0]
    assert (first.tag, first.text) == ("button", "ログアウト")
    assert page.texts("//header//form//button") == ["ログアウト"], "and it stands above everything on a wide screen"


@pytest.mark.req("OCN-155")
def test_logging_out_ends_the_session_and_shows_the_login_page(browser: PortalClient) -> None:
    form = browser.get("/home").form_values("//header//form")
    answer = browser.post("/logout", form)
    assert (answer.status, answer.location) == (303, "/login")
    assert browser.get("/login").texts("//main//h1") == ["カスタマーサポートデスク"]
    assert browser.get("/home").location.startswith("/login")


@pytest.mark.req("OCN-153", "OCN-174")
@pytest.mark.parametrize(
    ("slug", "title"),
    [
        ("setup", "設定方法について"),
        ("trouble", "故障について"),
        ("charges", "請求料金について"),
        ("procedures", "各種手続き・申し込み方法について"),
    ],
)
def test_the_four_pages_of_telephone_enquiries(browser: PortalClient, slug: str, title: str) -> None:
    page = browser.get(f"/guidance/{slug}")
    assert page.texts("//h1") == [title]
    [phone] = page.texts("//main//a[starts-with(@href, 'tel:')]")
    assert phone == ("0120-000-113" if slug == "trouble" else PHONE)
    assert page.texts("//nav[@id='menu']//a[@aria-current='page']") == [title]


@pytest.mark.req("OCN-28")
def test_what_is_done_elsewhere_takes_nothing_of_the_session_along(browser: PortalClient) -> None:
    for slug in ("payment", "billing-address", "billing-way", "contact-person"):
        [link] = browser.get(f"/guidance/{slug}").all(f"//main//a[starts-with(@href, '{SITE}')]")
        assert link.get("href") == f"{SITE}{slug}/"
        assert "noreferrer" in link.get("rel")


@pytest.mark.req("OCN-182", "OCN-185")
def test_brand_and_names_stand_on_every_page(portal: Portal, browser: PortalClient) -> None:
    for page in (portal.client().get("/login"), browser.get("/home")):
        assert page.all("//header//img/@alt") == ["OCN for business"]
        assert page.texts("//header//*[@class='brand__name']") == ["カスタマーサポートデスク"]


@pytest.mark.req("OCN-183", "OCN-175")
def test_the_foot_leads_to_what_one_needs_and_to_personal_data(portal: Portal) -> None:
    client = portal.client()
    assert client.get("/login").texts("//footer//li/a")[:2] == ["個人情報の取り扱い", "ご利用環境"]
    assert "ブラウザーはMicrosoft Edgeのご利用を推奨しています。" in client.get("/pages/environment").text
    assert "TLS1.2" in client.get("/pages/environment").text


@pytest.mark.req("OCN-34")
def test_a_heading_without_entries_is_gone(portal: Portal) -> None:
    line(portal, "gone", number="N000000009", contract={"ending_accepted_at": portal.clock.now()})
    shown = menu(signed_in(portal, "gone").get("/home"))
    assert [heading for heading, _ in shown] == ["ご利用状況", "お電話での問い合わせ"]
