"""The console speaks to staff, and not to customers: words of the core that are theirs alone are said otherwise there."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import mypage.staff
from mypage.i18n import load_catalogue, read_po_folder
from mypage.operators.compiling import CORE_LOCALE
from mypage.testing.portal import MakePortal, Portal
from staff_rows import Staff, add_staff, make_office, sit_down

OWN = Path(mypage.staff.__file__).parent / "locale"
CUSTOMERS_WORDS = ("お客様番号", "お電話", "ご契約", "お客様の", "call us", "customer number", "My page")


@pytest.fixture
def desk(make_portal: MakePortal) -> tuple[Portal, Portal, Staff]:
    office, worked = make_office(make_portal), make_portal("actv")
    return office, worked, add_staff(office, {worked.name: "manager"})


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_what_is_reworded_is_a_text_of_the_core(locale: str) -> None:
    core = load_catalogue("ja", read_po_folder(CORE_LOCALE / "ja")).messages
    with (OWN / locale / "office.po").open("rb") as file:
        reworded = [message.id for message in read_po(file, abort_invalid=True) if message.id]
    assert reworded
    assert [text for text in reworded if text not in core] == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_page_of_the_account_speaks_to_a_customer(desk: tuple[Portal, Portal, Staff], language: str) -> None:
    office, worked, staff = desk
    client = sit_down(office, staff, worked)
    client.get(f"/display?language={language}")
    pages = {path: client.get(path) for path in ("/home", "/seat", "/sessions", "/credentials", "/reauth", "/factors")}
    visitor = office.client()
    visitor.get(f"/display?language={language}")
    pages |= {path: visitor.get(path) for path in ("/login", "/recover/password", "/recover/password/sent", "/nothing")}
    pages["POST /home"] = client.post("/seat", {"tenant": worked.name}, csrf="wrong")
    for path, page in pages.items():
        whole = " ".join(page.html.text_content().split())
        assert [word for word in CUSTOMERS_WORDS if word in whole] == [], path
    assert pages["/factors"].status == 200
    assert pages["POST /home"].status == 409


def test_the_header_says_who_and_for_which_portal(desk: tuple[Portal, Portal, Staff]) -> None:
    office, worked, staff = desk
    client = sit_down(office, staff, worked)
    page = client.get("/home")
    assert page.texts("//header//strong") == ["担当 佐藤 花子"]
    (place,) = page.all("//header//p[@class='who']/a")
    assert place.get("href") == "/seat"
    assert f"青森ケーブルテレビ MyPage ({worked.name})" in place.text_content()
    without = sit_down(office, staff)
    assert without.get("/seat").all("//header//p[@class='who']/a") == []
