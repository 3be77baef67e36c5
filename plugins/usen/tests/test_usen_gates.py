"""What stands between login and portal: the first login's confirmation, then the card (USEN-07 to USEN-16)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update
from usenkit import NET_ID, NET_PASSWORD, NUMBER, SECRETS, Line, facts, site, subscriber

from mypage.audit.models import AuditEntry
from mypage.auth.models import Account
from mypage.billing.models import PaymentMethod
from mypage.testing.portal import MakePortal, Portal

pytest_plugins = ["mypage.testing.plugin"]
V6 = Line(plan="v6", name="USEN光01（v6）")
ALONE = Line(plan="", name="USEN光01（ISPなし）")


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return site(make_portal)


def trail(portal: Portal, action: str) -> list[Any]:
    wanted = select(AuditEntry).where(AuditEntry.action == action)
    return portal.run(lambda tx: list(tx.scalars(wanted.where(AuditEntry.tenant_id == tx.tenant))))


def confirmed_at(portal: Portal) -> Any:
    return portal.run(lambda tx: tx.scalars(select(Account.confirmed_at).where(Account.tenant_id == tx.tenant)).one())


@pytest.mark.req("USEN-07", "USEN-08", "USEN-09", "USEN-10", "USEN-11", "USEN-12")
def test_ipv4_sees_its_provider_login_at_the_first_login(portal: Portal) -> None:
    browser = subscriber(portal, confirmed=False).client()
    page = browser.get("/", follow=True)
    assert page.raw.url.path == "/u0020/first-login"
    assert page.texts("//main//*[contains(@class,'page-head__over')]") == ["確認画面"]
    assert page.texts("//main//*[contains(@class,'badge')]") == ["USEN光01(04）／01 NET v4"]
    shown = dict(facts(page))
    assert shown[NET_ID] == SECRETS[NET_ID]
    assert shown[NET_PASSWORD] == SECRETS[NET_PASSWORD]
    assert shown["ログインID"] == "u0020-000001"
    assert shown["お客様番号"].startswith(NUMBER)
    assert "が必要となります。必ずご確認ください。" in page.text
    assert page.texts("//main//form//button") == ["確認"]
    assert page.raw.headers["cache-control"] == "no-store"
    assert {(each.after["label"], each.after["page"]) for each in trail(portal, "secret.shown")} == {
        (NET_ID, "first-login"),
        (NET_PASSWORD, "first-login"),
    }


@pytest.mark.req("USEN-10", "USEN-12")
@pytest.mark.parametrize(
    ("line", "name"), [(V6, "USEN光01(06）／01 NET v6"), (ALONE, "USEN光01(ISPなし）")], ids=["v6", "none"]
)
def test_the_other_variants_show_no_provider_login(portal: Portal, line: Line, name: str) -> None:
    page = subscriber(portal, line, confirmed=False).client().get("/first-login")
    assert name in page.text
    assert "01 NET ID" not in page.raw.text
    assert "01 NET パスワード" not in page.raw.text
    assert dict(facts(page))["ログインID"] == "u0020-000001"
    assert trail(portal, "secret.shown") == []


@pytest.mark.req("USEN-12")
def test_two_lines_are_two_blocks_and_only_the_one_of_v4_has_secrets(portal: Portal) -> None:
    page = subscriber(portal, Line(), V6, confirmed=False).client().get("/first-login")
    assert len(page.all("//main//section")) == 3
    assert [label for label, _ in facts(page, "//main/section[1]")][-2:] == [NET_ID, NET_PASSWORD]
    assert NET_ID not in [label for label, _ in facts(page, "//main/section[2]")]


@pytest.mark.req("USEN-12")
def test_a_secret_that_the_feed_has_not_brought_is_said_to_be_missing(portal: Portal) -> None:
    page = subscriber(portal, Line(secrets=False), confirmed=False).client().get("/first-login")
    assert dict(facts(page))[NET_ID] == "準備中です。お問合わせください。"
    assert page.texts("//main//form//button") == ["確認"]


@pytest.mark.req("USEN-13")
@pytest.mark.parametrize("path", ["/", "/summary", "/card", "/contact", "/sessions", "/home", "/reauth"])
def test_every_other_address_leads_back_until_it_is_confirmed(portal: Portal, path: str) -> None:
    browser = subscriber(portal, confirmed=False).client()
    answer = browser.get(path, follow=True)
    assert answer.raw.url.path == "/u0020/first-login"
    assert "お問合わせ先" not in answer.raw.text.replace("お問合わせください", "")
    refused = browser.post("/card/start", {"operation": "x" * 20})
    assert (refused.status, refused.location) == (303, "/u0020/first-login")


@pytest.mark.req("USEN-13")
def test_leaving_without_confirming_shows_it_again_and_confirming_never(portal: Portal) -> None:
    someone = subscriber(portal, confirmed=False)
    browser = someone.client()
    browser.get("/first-login")
    assert browser.submit({}, form="//header//form[@method='post']").location == "/u0020/login"
    browser = someone.client()
    assert browser.get("/summary").location == "/u0020/first-login"
    browser.get("/first-login")
    assert browser.submit({}).location == "/u0020/summary"
    assert confirmed_at(portal) == portal.clock.now()
    assert browser.get("/first-login").location == "/u0020/summary"
    again = someone.client()
    assert again.get("/summary").status == 200
    for value in SECRETS.values():
        assert value not in again.get("/summary").raw.text


@pytest.mark.req("USEN-13")
def test_double_clicks_and_parallel_tabs_confirm_once(portal: Portal) -> None:
    browser = subscriber(portal, confirmed=False).client()
    token = browser.get("/first-login").form_values()["_csrf"]

    async def press() -> list[int]:
        presses = (browser.arequest("POST", "/first-login", data={"_csrf": token}) for _ in range(4))
        return [answer.status_code for answer in await asyncio.gather(*presses)]

    assert portal.wait(press()) == [303] * 4
    [noted] = trail(portal, "first_login.confirmed")
    assert noted.after == {"shown": "USEN光01(04）／01 NET v4"}


@pytest.mark.req("USEN-14", "USEN-15", "USEN-76", "USEN-77")
def test_without_a_card_only_the_card_step_contact_and_logout_are_there(portal: Portal) -> None:
    browser = subscriber(portal, card=False).client()
    for path in ("/", "/summary", "/home", "/sessions", "/first-login"):
        assert browser.get(path, follow=True).raw.url.path == "/u0020/card"
    page = browser.get("/card")
    assert page.texts("//h1") == ["お支払いのカードをご登録ください"]
    assert "クレジットカード情報が確定後にログインをすると、マイページが開きます。" in page.text
    assert page.texts("//main//form//button") == ["クレジットカード決済"]
    assert page.texts("//footer//a[@data-dialog]") == ["お問合わせ先"]
    assert page.texts("//header//form//button") == ["ログアウト"]
    assert browser.get("/contact").status == 200


@pytest.mark.req("USEN-14", "USEN-16")
def test_the_gates_come_in_order_and_a_card_opens_the_portal(portal: Portal) -> None:
    someone = subscriber(portal, confirmed=False, card=False)
    browser = someone.client()
    first = browser.get("/", follow=True)
    assert first.texts("//ol[@class='steps']/li")[0] == "1ご契約内容の確認"
    assert first.all("//li[@aria-current='step']/b/text()") == ["ご契約内容の確認"]
    page = browser.submit({}, follow=True)
    assert page.raw.url.path == "/u0020/card"
    assert page.all("//li[@aria-current='step']/b/text()") == ["カード情報の登録"]
    assert page.texts("//ol[@class='steps']/li")[-1] == "3マイページのご利用"
    someone.card()
    assert browser.get("/", follow=True).raw.url.path == "/u0020/summary"


@pytest.mark.req("USEN-16")
def test_a_card_that_is_marked_as_not_fixed_closes_the_gate_again(portal: Portal) -> None:
    someone = subscriber(portal)
    browser = someone.client()
    assert browser.get("/summary").status == 200
    mine = (PaymentMethod.tenant_id == portal.name, PaymentMethod.customer_id == someone.customer_id)

    def mark(tx: Any) -> None:
        tx.execute(update(PaymentMethod).where(*mine).values(unfixed_at=tx.now()))

    portal.run(mark)
    assert browser.get("/summary").location == "/u0020/card"
    page = browser.get("/card")
    assert "ご利用いただけません" in page.text
    portal.run(lambda tx: tx.execute(update(PaymentMethod).where(*mine).values(current=False)))
    someone.card(last4="1881")
    assert browser.get("/summary").status == 200


@pytest.mark.req("USEN-06")
def test_after_login_comes_the_standing_gate_else_the_page_asked_for(portal: Portal) -> None:
    subscriber(portal)
    browser = portal.client()
    asked = browser.get("/contact")
    assert asked.status == 303
    assert asked.location.startswith("/u0020/login?next=")
    browser.get(asked.location)
    assert browser.submit({"login": "u0020-000001", "password": "kami-password1"}).location == "/u0020/contact"
    subscriber(portal, number="20000009", login_id="u0020-000009", confirmed=False)
    browser = portal.client()
    browser.get("/login?next=/u0020/contact")
    answer = browser.submit({"login": "u0020-000009", "password": "kami-password1"}, follow=True)
    assert answer.raw.url.path == "/u0020/first-login"
