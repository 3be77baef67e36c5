"""Menu, frame and landings of the three kinds of login, to the character."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from ucomkit import NUMBER, Household, household, signed_in, try_login

from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, MANAGER, USER

LEADS_OUT = "（専用ページへ進みます）"
MENU: list[tuple[str, list[str]]] = [
    ("ご契約情報", ["ご契約情報一覧"]),
    (
        "各種お手続き",
        [
            "お客様情報変更",
            "お客様番号パスワード変更",
            "お支払い方法変更",
            "ご契約内容変更申請",
            "ご利用ガイド・規約ご請求",
            "ご解約",
        ],
    ),
    ("料金明細照会", ["月額請求明細照会*", "GATE CALL050通話明細照会*", "UCOM光電話通話明細照会*"]),
    ("オプションサービス", ["メールサービス", "UCOM光 リモートサポート"]),
    ("", ["ギガシネマ with U-NEXT*", "UCOM光 クラブオフ*"]),
    ("アカウントIDオプション", ["アカウントID管理", "アカウントIDオプション変更"]),
    ("", ["障害情報", "メンテナンス情報", "マニュアル・利用規約"]),
    ("お問い合わせ窓口", ["一般的なお問い合わせ"]),
]
"""UCOM-41, UCOM-42; `*` marks what leads out."""
OWN = [MENU[5], MENU[6], MENU[7]]
"""UCOM-46: what kind C sees."""


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ucom", theme="ucom")


@pytest.fixture
def home(portal: Portal) -> Household:
    home = household(portal)
    home.account("arteri-an-001", MANAGER)
    home.account("arteri-an-002", USER)
    return home


@pytest.fixture
def kinds(portal: Portal, home: Household) -> Mapping[str, PortalClient]:
    """A browser of each kind of login."""
    return {
        "A": signed_in(portal, BY_NUMBER, NUMBER),
        "B": signed_in(portal, BY_ACCOUNT, "arteri-an-001"),
        "C": signed_in(portal, BY_ACCOUNT, "arteri-an-002"),
    }


def menu_of(page: Answer) -> list[tuple[str, list[str]]]:
    """Headings with their entries, in the order of the page."""
    groups: list[tuple[str, list[str]]] = []
    heading = ""
    for node in page.all("//nav[@id='menu']/*[self::p[@class='side-nav__group'] or self::ul]"):
        if node.tag == "p":
            heading = node.text_content()
            continue
        entries = [" ".join(a.text_content().split()).replace(LEADS_OUT, "*") for a in node.xpath("./li/a")]
        groups.append((heading, entries))
        heading = ""
    return groups


@pytest.mark.req("UCOM-41", "UCOM-42", "UCOM-45", "UCOM-46", "UCOM-162")
def test_each_kind_sees_the_entries_of_what_it_may_do(kinds: Mapping[str, PortalClient]) -> None:
    assert menu_of(kinds["A"].get("/overview")) == MENU
    without_password = [(h, [e for e in entries if e != "お客様番号パスワード変更"]) for h, entries in MENU]
    assert menu_of(kinds["B"].get("/overview")) == without_password
    assert menu_of(kinds["C"].get("/overview")) == OWN


@pytest.mark.req("UCOM-41", "UCOM-46")
@pytest.mark.parametrize("kind", ["A", "B", "C"])
def test_every_entry_leads_to_a_page_that_ends_with_the_way_up(kinds: Mapping[str, PortalClient], kind: str) -> None:
    client = kinds[kind]
    links = client.get("/overview").all("//nav[@id='menu']/ul/li/a/@href")
    assert len(links) >= 6
    for link in links:
        page = client.get(link.partition("#")[0])
        assert page.status == 200, link
        assert page.texts("//main/p[last()]/a") == ["▲ページTOPへ"], link
        assert page.all("//main/p[last()]/a/@href") == ["#main"]
        here = page.all("//nav[@id='menu']//a[@aria-current='page']/@href")
        # An entry for a place on a page is not the page: kind C has no other one for it.
        assert here == ([] if kind == "C" and "#" in link else [link.partition("#")[0]])


@pytest.mark.req("UCOM-13", "UCOM-188")
def test_every_page_after_login_has_contract_number_and_logout(kinds: Mapping[str, PortalClient]) -> None:
    for client in kinds.values():
        for path in ("/overview", "/accounts", "/guidance/contact", "/sessions"):
            page = client.get(path)
            head = " ".join(page.texts("//header"))
            assert "ご契約タイプ マンションLANタイプ" in head
            assert f"お客様番号 {NUMBER}" in head
            assert page.texts("//header//button[@type='submit']") == ["ログアウト"]
            assert page.all("//header//a[@class='brand']/img/@alt") == ["UCOM光"]
            assert page.all("//header//a[@class='brand']/@href") == ["/overview"]
            assert page.texts("//header//a") == ["会員専用ツール マイページ"]


@pytest.mark.req("UCOM-43")
def test_the_foot_links_the_privacy_policy(portal: Portal, kinds: Mapping[str, PortalClient]) -> None:
    for client in (portal.client(), *kinds.values()):
        page = client.get("/sessions", follow=True)
        [link] = page.all("//footer//li/a[text()='個人情報保護方針']/@href")
        assert client.get(link).texts("//h1") == ["個人情報保護方針"]
        assert page.all("//nav[@class='sub-nav']") == []


@pytest.mark.req("UCOM-44")
def test_before_login_no_page_ends_with_the_way_up(portal: Portal) -> None:
    assert "▲ページTOPへ" not in portal.client().get("/login").raw.text


def landed(portal: Portal, scheme: str, login: str) -> Answer:
    """Where a login leads in the end."""
    browser = portal.client()
    answer = try_login(browser, scheme, login)
    assert (answer.status, answer.location) == (303, "/")
    return browser.get("/", follow=True)


@pytest.mark.req("UCOM-09", "UCOM-10")
def test_without_an_account_the_holder_lands_on_registering_one(portal: Portal) -> None:
    household(portal)
    page = landed(portal, BY_NUMBER, NUMBER)
    assert page.texts("//h1") == ["アカウントID登録／変更"]
    assert menu_of(page) == MENU


@pytest.mark.req("UCOM-10")
def test_it_is_no_wall_and_it_returns_at_each_login(portal: Portal) -> None:
    home = household(portal)
    browser = signed_in(portal, BY_NUMBER, NUMBER)
    assert browser.get("/profile").status == 200
    assert browser.get("/overview").status == 200
    assert landed(portal, BY_NUMBER, NUMBER).texts("//h1") == ["アカウントID登録／変更"]
    home.account("arteri-an-001", status="suspended")
    assert landed(portal, BY_NUMBER, NUMBER).texts("//h1") == ["ご契約情報一覧"]


@pytest.mark.req("UCOM-10")
def test_it_returns_when_the_last_account_was_deleted(portal: Portal) -> None:
    household(portal).account("arteri-an-001", status="closed")
    assert landed(portal, BY_NUMBER, NUMBER).texts("//h1") == ["アカウントID登録／変更"]


@pytest.mark.req("UCOM-11", "UCOM-12")
def test_with_an_account_each_kind_lands_on_its_page(portal: Portal, home: Household) -> None:
    for scheme, login, title in (
        (BY_NUMBER, NUMBER, "ご契約情報一覧"),
        (BY_ACCOUNT, "arteri-an-001", "ご契約情報一覧"),
        (BY_ACCOUNT, "arteri-an-002", "ユーザー管理"),
    ):
        assert landed(portal, scheme, login).texts("//h1") == [title]


@pytest.mark.req("UCOM-09")
def test_a_page_asked_for_before_login_comes_first(portal: Portal) -> None:
    household(portal)
    browser = portal.client()
    asked = browser.get("/profile")
    answer = try_login(browser, BY_NUMBER, NUMBER, path=asked.location)
    assert answer.location == "/profile"


def test_the_cores_home_page_leads_to_the_landing(kinds: Mapping[str, PortalClient]) -> None:
    for client in kinds.values():
        assert client.get("/home").location == "/overview"
