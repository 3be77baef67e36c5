"""The functions behind the login of ACTV, walked through as a customer does, in both languages."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from mypage.testing.portal import NOON, MakePortal, Portal, PortalClient
from portal_rows import add_bill, add_card, add_contract, add_notice, add_person, sign_in

MENU = ["ご契約内容参照", "ご請求明細", "インボイス（適格請求書）", "クレジットカード変更", "ID・パスワード変更"]
JAPANESE = re.compile(r"[\u3040-\u30ff]")


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("actv", theme="actv")


@pytest.fixture
def client(portal: Portal) -> PortalClient:
    person = add_person(portal, name="AOMORI TARO")
    add_card(portal, person)
    add_contract(portal, person, "C-1", [("TV", "Basic", "active")], name="TV")
    for month in (date(2026, 10, 1), date(2026, 11, 1)):
        add_bill(portal, person, month, [("TV", 3000), ("Guide", 200, 800, True)], method="")
    add_notice(portal, "Works", starts_at=NOON - timedelta(days=1), body="Tonight.", importance="important")
    return sign_in(portal, person)


@pytest.mark.req("ACTV-25", "ACTV-27", "ACTV-28", "ACTV-56")
def test_every_entry_of_the_menu_leads_to_a_page_of_its_name(client: PortalClient) -> None:
    home = client.get("/home")
    entries = home.all("//a[@class='tile']")
    assert [" ".join(a.xpath(".//*[@class='tile__title']")[0].text_content().split()) for a in entries] == MENU
    for label, entry in zip(MENU, entries, strict=True):
        page = client.get(entry.get("href"))
        assert (page.status, page.texts("//h1")) == (200, [label])
        whole = " ".join(page.html.text_content().split())
        for text in ("よくある質問と回答", "注意事項・ご利用規約", "重要事項説明書", "AOMORI TARO 様", *MENU):
            assert text in whole


def pages(client: PortalClient) -> list[str]:
    """Every page that a link of the home page, and of the pages behind it, leads to."""
    seen, waiting = [], ["/home"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.append(path)
        answer = client.get(path, follow=path == "/")
        assert answer.status == 200, path
        if "text/html" in answer.raw.headers["content-type"]:
            links = answer.all("//main//a/@href | //nav//a/@href")
            waiting += [str(link) for link in links if str(link).startswith("/") and "display" not in str(link)]
    return seen


@pytest.mark.req("ACTV-28", "ACTV-59", "ACTV-60")
def test_no_link_behind_the_login_is_dead(client: PortalClient) -> None:
    found = pages(client)
    for part in ("/contract", "/bills/", "/pdf", ".csv", "/invoices/", "/card", "/notices/", "/credentials"):
        assert any(part in path for path in found), part


def test_the_pages_are_complete_in_english(client: PortalClient) -> None:
    """The operator's own texts are translated too; what remains Japanese is what a customer's data says."""
    client.get("/display?language=en")
    for path in ("/home", "/contract", "/bills", "/invoices", "/card", "/notices"):
        page = client.get(path)
        assert page.html.get("lang") == "en"
        assert JAPANESE.search(page.text) is None, (path, page.text)
    for path in [path for path in pages(client) if re.match(r"/(bills|invoices|notices)/", path)]:
        page = client.get(path)
        if "text/html" in page.raw.headers["content-type"]:
            assert JAPANESE.search(page.text.replace("発行時の会社名", "").replace("青森 太郎", "")) is None, path


@pytest.mark.req("ACTV-29", "ACTV-58", "ACTV-81")
def test_an_important_notice_stands_out_until_it_was_read(client: PortalClient) -> None:
    (link,) = client.get("/home").all("//main//*[contains(@class,'callout')]//a/@href")
    assert "Tonight." in client.get(link).text
    assert client.get("/home").all("//main//*[contains(@class,'callout')]//a/@href") == []


@pytest.mark.req("ACTV-30", "ACTV-82")
def test_the_telephone_stands_on_every_page(client: PortalClient) -> None:
    for path in ("/home", "/contract", "/bills", "/invoices", "/card", "/notices"):
        assert "tel:0120442208" in client.get(path).all("//a/@href"), path


@pytest.mark.req("ACTV-78")
def test_the_functions_need_a_login(portal: Portal) -> None:
    for path in ("/home", "/contract", "/bills", "/invoices", "/card", "/credentials", "/notices"):
        answer = portal.client().get(path)
        assert (answer.status, answer.location.partition("?")[0]) == (303, "/login"), path


@pytest.mark.req("ACTV-77", "ACTV-85")
def test_nothing_is_sold_and_no_contract_is_changed(client: PortalClient) -> None:
    """The only forms behind the login are those of card, credentials and logout."""
    for path in pages(client):
        page = client.get(path)
        if "text/html" in page.raw.headers["content-type"]:
            targets = {str(action) for action in page.all("//form[@method='post']/@action")}
            assert targets <= {"/logout", "/card/start", "/credentials"}, path
