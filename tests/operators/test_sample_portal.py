"""Two operators in one process: each portal has its own words, rules and templates, and nothing of the other."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

import sample_operator.plugin as nagi
from mypage.auth.models import Account, Credential
from mypage.operators.loading import load_operator
from mypage.testing.portal import MakePortal, Portal
from portal_rows import add_bill, add_person, sign_in

PLUGINS: dict[str, Any] = {"actv": load_operator("actv"), "nagi": nagi}
OWN = {
    "actv": ("青森ケーブルテレビ", "0120-442-208", "Aomori", "ACT MyPage", "mypage_actv"),
    "nagi": ("凪", "0120-000-773", "Nagi", "海辺", "sample_operator"),
}
PUBLIC = ("/", "/login", "/register/mypage", "/register/mail", "/recover/login-id", "/recover/password", "/pages/faq")
PUBLIC += ("/pages/guide", "/pages/site", "/pages/terms", "/nowhere")
BEHIND = ("/home", "/contract", "/bills", "/invoices", "/notices", "/sessions", "/credentials", "/card")


@pytest.fixture
def actv_portal(make_portal: MakePortal) -> Portal:
    return make_portal("actv", plugins=PLUGINS)


@pytest.fixture
def nagi_portal(make_portal: MakePortal) -> Portal:
    return make_portal("nagi", plugins=PLUGINS, settings={"harbour": "みなと"})


def test_the_login_has_a_typed_and_a_chosen_part(nagi_portal: Portal) -> None:
    page = nagi_portal.client().get("/login")
    assert page.status == 200
    assert page.texts("//h1") == ["凪ネット お客さまページ"]
    assert page.texts("//main//label") == ["メールアドレス（@の前）", "ドメイン", "暗証"]
    assert page.texts("//main//select/option") == ["選んでください", "nagi.example", "sea.nagi.example"]


@pytest.mark.parametrize(
    ("local", "domain"),
    [("umi@nagi.example", "nagi.example"), ("umi", ""), ("umi", "evil.example"), ("", "nagi.example")],
)
def test_parts_that_break_the_rules_are_refused(nagi_portal: Portal, local: str, domain: str) -> None:
    client = nagi_portal.client()
    page = client.get("/login")
    names = {f.get("name") for f in page.html.xpath("//main//form//*[@name and not(@type='hidden')]")}
    find = {part: next(n for n in names if part in n) for part in ("local", "domain")}
    answer = client.submit({find["local"]: local, find["domain"]: domain})
    assert answer.status in (200, 422)
    assert answer.errors


def test_words_templates_and_switches_are_its_own(nagi_portal: Portal, actv_portal: Portal) -> None:
    ours, theirs = nagi_portal.client().get("/login"), actv_portal.client().get("/login")
    assert ours.texts("//a[@class='skip']") == ["本文へすすむ"]
    assert theirs.texts("//a[@class='skip']") == ["本文へ移動"]
    assert "海辺の町から、つながる毎日を。" in ours.raw.text
    assert ours.all("//footer[@class='site-footer']")
    assert not ours.all("//*[@class='text-size']")
    assert theirs.all("//*[@class='text-size']")


def test_english_is_complete(make_portal: MakePortal) -> None:
    portal = make_portal("nagi", plugins=PLUGINS, settings={"harbour": "x"}, locale="en")
    client = portal.client()
    person = add_person(portal, name="Taro")
    for page in (client.get("/login"), client.get("/pages/guide"), sign_in(portal, person).get("/home")):
        assert page.status == 200
        text = page.html.xpath("string(//body)").replace("日本語", "")
        assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", text), text
    assert "Connected every day, from a town by the sea." in client.get("/login").raw.text


@pytest.mark.parametrize("operator", ["actv", "nagi"])
def test_no_page_shows_anything_of_the_other(operator: str, actv_portal: Portal, nagi_portal: Portal) -> None:
    portal, other = (actv_portal, "nagi") if operator == "actv" else (nagi_portal, "actv")
    person = add_person(portal)
    add_bill(portal, person, date(2026, 10, 1), [("インターネット", 5000)])
    visitor, member = portal.client(), sign_in(portal, person)
    seen = 0
    for client, paths in ((visitor, PUBLIC), (member, BEHIND)):
        for path in paths:
            answer = client.get(path, follow=True)
            assert answer.status < 500, path
            seen += answer.status == 200
            for word in OWN[other]:
                assert word not in answer.raw.text, (path, word)
    assert seen > 10


def test_pages_of_one_are_absent_in_the_other(actv_portal: Portal, nagi_portal: Portal) -> None:
    assert actv_portal.client().get("/pages/faq").status == 200
    assert nagi_portal.client().get("/pages/faq").status == 404
    assert nagi_portal.client().get("/pages/guide").status == 200
    assert actv_portal.client().get("/pages/guide").status == 404
    assert nagi_portal.client().get("/register/mail").status == 404
    assert actv_portal.client().get("/register/mypage").status == 200


def test_a_session_of_one_opens_nothing_in_the_other(actv_portal: Portal, nagi_portal: Portal) -> None:
    ours = sign_in(nagi_portal, add_person(nagi_portal))
    assert ours.get("/home").status == 200
    stranger = actv_portal.client()
    for cookie in ours.cookies.jar:
        name = cookie.name.replace(nagi_portal.name, actv_portal.name)
        stranger.cookies.set(name, cookie.value or "", domain=actv_portal.host)
    answer = stranger.get("/home")
    assert answer.status == 303
    assert "/login" in answer.location


def test_a_reader_may_read_bills_and_nothing_else(nagi_portal: Portal) -> None:
    reader = add_person(nagi_portal, role="reader")
    bill = add_bill(nagi_portal, reader, date(2026, 10, 1), [("インターネット", 5000)])
    client = sign_in(nagi_portal, reader)
    assert client.get("/home").location == "/bills"
    assert client.get("/").location == "/bills"
    home = client.get("/bills")
    assert home.status == 200
    assert home.texts("//nav[@id='menu']//ul[1]/li/a")[:1] == ["ご利用料金"]
    menu = " ".join(home.texts("//nav[@id='menu']"))
    assert "ご利用料金" in menu
    for absent in ("適格請求書", "ご契約の内容", "パスワードの変更"):
        assert absent not in menu
    assert client.get("/bills").status == 200
    assert client.get(f"/bills/{bill}").status == 200
    for path in ("/contract", "/invoices", f"/invoices/{bill}", "/card", "/credentials", "/notices"):
        assert client.get(path).status == 403, path


def test_the_holder_has_the_whole_menu(nagi_portal: Portal) -> None:
    home = sign_in(nagi_portal, add_person(nagi_portal)).get("/home")
    menu = " ".join(home.texts("//nav[@id='menu']"))
    for label in ("お支払い", "ご利用料金", "適格請求書", "ご契約の内容", "パスワードの変更"):
        assert label in menu


def test_a_password_that_was_handed_out_is_changed_first(nagi_portal: Portal) -> None:
    person = add_person(nagi_portal)
    must_change = update(Credential).where(Credential.account_id == person.account_id).values(must_change=True)
    nagi_portal.run(lambda tx: tx.execute(must_change.where(Credential.tenant_id == tx.tenant)))
    client = sign_in(nagi_portal, person)
    for path in ("/home", "/bills", "/contract", "/notices"):
        answer = client.get(path)
        assert (answer.status, answer.location) == (303, "/credentials"), path
    assert client.get("/credentials").status == 200
    assert client.get("/pages/guide").status == 200


def test_the_operators_own_gate_leads_to_its_page(nagi_portal: Portal, actv_portal: Portal) -> None:
    for portal, status in ((nagi_portal, 303), (actv_portal, 200)):
        person = add_person(portal)
        mine = Account.id == person.account_id
        portal.run(
            lambda tx, mine=mine: tx.execute(
                update(Account).where(Account.tenant_id == tx.tenant, mine).values(email_verified_at=None)
            )
        )
        client = sign_in(portal, person)
        answer = client.get("/bills")
        assert answer.status == status
        if status == 303:
            assert answer.location == "/notices"
            assert client.get("/notices").status == 200


def test_a_tenant_without_its_own_setting_is_left_out(make_portal: MakePortal) -> None:
    portal = make_portal("nagi", plugins=PLUGINS)
    assert portal.client().get("/login").status == 421
