"""What cannot be done online: each page says why and how else; what lies outside gets nothing of the session."""

from __future__ import annotations

import pytest
from ucomkit import NUMBER, household, signed_in

from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage_ucom.guidance import AGAIN, GUIDANCE, PHONE
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, MANAGER, USER

OUTSIDE = {
    "bills": "月額請求明細照会",
    "gatecall050": "GATE CALL050通話明細照会",
    "telephone": "UCOM光電話通話明細照会",
    "cinema": "ギガシネマ with U-NEXT",
    "club-off": "UCOM光 クラブオフ",
}
FOR_THE_HOLDER = {"contract-change": "ご契約内容変更申請", "guides": "ご利用ガイド・規約ご請求", "cancel": "ご解約"}
FOR_ALL = {
    "trouble": "障害情報",
    "maintenance": "メンテナンス情報",
    "manuals": "マニュアル・利用規約",
    "contact": "一般的なお問い合わせ",
}


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    portal = make_portal("ucom", theme="ucom")
    home = household(portal)
    home.account("arteri-an-001", MANAGER)
    home.account("arteri-an-002", USER)
    return portal


@pytest.fixture
def holder(portal: Portal) -> PortalClient:
    return signed_in(portal, BY_NUMBER, NUMBER)


def page(client: PortalClient, slug: str) -> Answer:
    return client.get(f"/guidance/{slug}")


@pytest.mark.req("UCOM-16", "UCOM-162", "UCOM-186")
@pytest.mark.parametrize("login", ["A", "B"])
def test_what_lies_outside_is_linked_with_the_note_and_nothing_of_the_session(portal: Portal, login: str) -> None:
    client = signed_in(portal, BY_NUMBER, NUMBER) if login == "A" else signed_in(portal, BY_ACCOUNT, "arteri-an-001")
    for slug, title in OUTSIDE.items():
        shown = page(client, slug)
        assert (shown.status, shown.texts("//h1")) == (200, [title])
        assert AGAIN in shown.text
        [link] = shown.all("//main//a[contains(@class,'btn--primary')]")
        assert link.get("href").startswith("https://")
        assert "?" not in link.get("href")
        assert NUMBER not in link.get("href")
        assert link.get("rel") == "noopener noreferrer"
        assert link.get("target") is None
        assert shown.raw.headers["referrer-policy"] in ("same-origin", "no-referrer")
        assert shown.all("//main//form") == []


@pytest.mark.req("UCOM-162", "UCOM-160")
def test_a_user_meets_no_page_of_the_holder(portal: Portal) -> None:
    user = signed_in(portal, BY_ACCOUNT, "arteri-an-002")
    for slug in (*OUTSIDE, *FOR_THE_HOLDER, "nothing-here"):
        assert page(user, slug).status == 404, slug
    for slug, title in FOR_ALL.items():
        assert (page(user, slug).status, page(user, slug).texts("//h1")) == (200, [title])


@pytest.mark.req("UCOM-175")
def test_every_kind_reads_the_general_pages(holder: PortalClient) -> None:
    for slug, title in FOR_ALL.items():
        assert page(holder, slug).texts("//h1") == [title]
    contact = page(holder, "contact")
    assert contact.all("//main//a[@class='tel']/@href") == ["tel:" + PHONE.replace("-", "")]
    assert "受付時間 9:00~18:00（年中無休）" in contact.text


@pytest.mark.req("UCOM-178", "UCOM-180", "UCOM-182")
def test_what_is_done_on_paper(holder: PortalClient) -> None:
    shown = page(holder, "contract-change")
    for text in (
        "契約者氏名の変更",
        "生年月日の変更",
        "設置先住所の変更",
        "契約者様以外のカードでのお支払い",
        "GATE CALL050の申込/解約",
    ):
        assert text in shown.text
    assert "マイページではお手続きいただけません" in shown.text
    documents = shown.all("//main//section[@aria-labelledby='documents']//a")
    assert len(documents) == 2
    assert {each.get("rel") for each in documents} == {"noopener noreferrer"}


@pytest.mark.req("UCOM-179", "UCOM-181", "UCOM-184", "UCOM-183", "UCOM-185")
def test_ending_the_contract_is_a_page_without_a_button(holder: PortalClient) -> None:
    shown = page(holder, "cancel")
    for text in (
        "インフォメーションセンターでの電話受付",
        "インターネット回線の解約",
        "UCOM光電話の申込/解約",
        "単体での解約はできません",
        "お申し込み後の取り消し、アカウントIDの変更、削除したアカウントIDの再登録はできません。",
    ):
        assert text in shown.text
    assert shown.all("//main//form | //main//button") == []
    assert shown.all("//main//a[@class='tel']/@href") == ["tel:" + PHONE.replace("-", "")]


@pytest.mark.req("UCOM-175")
def test_the_pages_need_a_login(portal: Portal) -> None:
    for guidance in GUIDANCE:
        assert portal.client().get(f"/guidance/{guidance.slug}").location.startswith("/login?next=")


def test_no_page_remains_japanese_in_english(holder: PortalClient) -> None:
    holder.get("/display?language=en")
    for guidance in GUIDANCE:
        shown = page(holder, guidance.slug).text
        assert not any("\u3040" <= char <= "\u30ff" for char in shown), shown
