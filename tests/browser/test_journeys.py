"""What customers come for, all the way: by mouse, by keyboard alone, on a phone, and without scripts."""

from __future__ import annotations

import re

import pytest
from journeys import (
    activate,
    ask_for_reset,
    enter_card,
    enter_credentials,
    register,
)
from playwright.sync_api import expect
from portal_stack import Site, Stack, some_id
from sample_people import People
from surfing import WAYS, Surfers, Way

every_way = pytest.mark.parametrize("way", WAYS)


def _site(stack: Stack, way: Way) -> Site:
    """Both portals get their share: one has a host of its own, the other lives below a prefix."""
    return stack.plain if way in ("keyboard", "no-script") else stack.actv


@every_way
@pytest.mark.req("ACTV-09", "ACTV-13", "ACTV-31", "ACTV-43", "ACTV-50", "ACTV-52", "ACTV-53", "ACTV-55")
def test_register_activate_by_mail_and_log_in(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.newcomer(_site(stack, way))
    surfer = surfers.open(person.site, way)
    login, link = register(stack, surfer, person)
    activate(surfer, link)
    surfer.log_in(person, login=login)


@every_way
@pytest.mark.req("ACTV-02", "ACTV-03", "ACTV-05", "ACTV-27", "ACTV-56", "ACTV-73", "ACTV-74")
def test_log_in_look_around_and_log_out(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.rich(_site(stack, way))
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    surfer.says("ご請求額")
    for entry, heading in (
        ("ご契約内容参照", "ご契約内容参照"),
        ("ご請求明細", "ご請求明細"),
        ("インボイス（適格請求書）", "インボイス（適格請求書）"),
        ("クレジットカード変更", "クレジットカード変更"),
        ("ID・パスワード変更", "ID・パスワード変更"),
    ):
        surfer.use(surfer.main.locator(".tile", has_text=entry))
        surfer.heading(heading)
        surfer.go("/home")
    surfer.log_out()
    surfer.heading("ACT MyPage")


@every_way
@pytest.mark.req("ACTV-08", "ACTV-67", "ACTV-68")
def test_set_a_new_password_by_mail(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.empty(_site(stack, way))
    surfer = surfers.open(person.site, way)
    surfer.go(ask_for_reset(stack, surfer, person))
    surfer.fill({"パスワード": "Yuki5Kaze9Mori", "パスワード(確認)": "Yuki5Kaze9Mori"})
    surfer.press("新しいパスワードにする")
    surfer.at("/login")
    surfer.log_in(person, password="Yuki5Kaze9Mori")


@every_way
@pytest.mark.req("ACTV-64", "ACTV-65", "ACTV-66", "ACTV-76")
def test_change_login_id_and_password(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.empty(_site(stack, way))
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    login = f"next{some_id(8)}"
    enter_credentials(surfer, person, login=login, password="Yuki5Kaze9Mori")
    surfer.says(login)
    expect(surfer.main).not_to_contain_text("Yuki5Kaze9Mori")
    surfer.press("変更する")
    surfer.at("/credentials/done")
    surfer.says(login)
    assert "ログインIDとパスワード" in stack.mail_to(person.email).text
    surfer.log_out()
    surfer.log_in(person, login=login, password="Yuki5Kaze9Mori")


@every_way
@pytest.mark.req("ACTV-62", "ACTV-63")
def test_change_the_card(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.settled(_site(stack, way))
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    enter_card(stack, surfer)
    expect(surfer.main).to_contain_text("1111")
    expect(surfer.main).to_contain_text("4242")
    surfer.press("登録")
    surfer.heading("カードを登録しました")
    surfer.go("/card")
    surfer.says("4242")
    assert "4242" in stack.mail_to(person.email).text


@every_way
@pytest.mark.req("ACTV-59", "ACTV-60", "ACTV-61")
def test_from_the_bills_to_a_bill_and_its_pdf(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.rich(_site(stack, way))
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    surfer.go("/bills")
    surfer.follow(re.compile("^明細を見る"))
    surfer.heading(re.compile(r"^\d{4}年\d{1,2}月分$"))
    with surfer.page.expect_download() as download:
        surfer.follow(re.compile("PDF"))
    path = download.value.path()
    assert path.read_bytes().startswith(b"%PDF-")
    assert download.value.suggested_filename.endswith(".pdf")
    surfer.go("/invoices")
    surfer.follow(re.compile("^表示"))
    surfer.heading("適格請求書")
    surfer.says("T1234567890123")
