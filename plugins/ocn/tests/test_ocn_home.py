"""ご利用状況の確認, to the character (OCN-36 to OCN-41, OCN-173)."""

from __future__ import annotations

import pytest
from ocnkit import line, signed_in

from mypage.testing.portal import MakePortal, Portal

KANA = "エヌティティコミュニケーションズカブシキガイシャ"
DETAILS = [["部課名", "PS本部 C&N部 BOCN担当"], ["支払い方法", "請求書によるお支払い"]]


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ocn", theme="ocn")


@pytest.mark.req("OCN-36", "OCN-37", "OCN-38", "OCN-39", "OCN-40", "OCN-41", "OCN-173")
def test_the_page_to_the_character(portal: Portal) -> None:
    line(
        portal, kana=KANA, postal_code="100-0004", address="東京都千代田区大手町2丁目3-1", contract={"details": DETAILS}
    )
    page = signed_in(portal).get("/home")
    assert page.texts("//header//*[@class='brand__name']") == ["カスタマーサポートデスク"]
    assert page.texts("//h1") == ["ご利用状況の確認"]
    assert page.texts("//main//p | //main//h2 | //main//h3") == [
        f"{KANA}様",
        "OCNのご利用まことにありがとうございます。",
        "現在のご利用状況をお知らせします。",
        "【お客さまへのお知らせ】",
        "セキュリティの観点からログインパスワードの定期的な変更を推奨しております。",
        "左側メニューに「認証パスワード変更」メニューの表示がある場合は、オンラインでのお手続きが可能です。",
        "【注意事項】",
        "認証パスワードを変更された場合は、ネットワーク機器等に設定しているパスワード変更も必要となる場合がございます。",
        "あらかじめご確認をお願いいたします。",
        f"{KANA}様の登録情報",
        "■お客様基本情報",
    ]
    rows = list(zip(page.texts("//main//dl//dt"), page.texts("//main//dl//dd"), strict=True))
    assert rows == [
        ("お客様番号", "N230110835"),
        ("サービス品目", "OCN光フレッツ IP1 ファミリータイプ"),
        ("お名前（カナ）", f"{KANA} 様"),
        ("郵便番号", "100-0004"),
        ("ご住所", "東京都千代田区大手町2丁目3-1"),
        ("部課名", "PS本部 C&N部 BOCN担当"),
        ("支払い方法", "請求書によるお支払い"),
    ]


@pytest.mark.req("OCN-41")
def test_what_is_missing_is_a_dash(portal: Portal) -> None:
    line(portal, kana="", postal_code="", address="")
    page = signed_in(portal).get("/home")
    assert page.texts("//main//dl//dd")[2:] == ["—"] * 5
    assert "ヤマナミ商事株式会社様の登録情報" in page.text, "who has no reading is greeted by name"


@pytest.mark.req("OCN-150")
def test_the_page_stays_readable_and_says_that_the_end_is_accepted(portal: Portal) -> None:
    line(portal, contract={"ending_accepted_at": portal.clock.now()})
    page = signed_in(portal).get("/home")
    assert page.status == 200
    assert "廃止のお申込みを受け付けています。" in page.text


def test_the_page_is_there_in_english(make_portal: MakePortal) -> None:
    portal = make_portal("ocn", theme="ocn", locale="en")
    line(portal)
    page = signed_in(portal).get("/home")
    assert page.texts("//main//dl//dt")[0] == "Customer number"
    assert "様" not in page.text
