"""The notices as customers see them: whose, when, in which order, read or not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from mypage.notices.models import NoticeRead
from mypage.testing.portal import NOON, MakePortal, Portal, PortalClient
from portal_rows import Person, add_account, add_notice, add_person, sign_in


@pytest.fixture
def person(portal: Portal) -> Person:
    return add_person(portal)


@pytest.fixture
def client(portal: Portal, person: Person) -> PortalClient:
    return sign_in(portal, person)


def day(offset: float) -> datetime:
    return NOON + timedelta(days=offset)


def titles(client: PortalClient, path: str = "/notices") -> list[str]:
    return client.get(path).texts("//*[contains(@class,'notice__title')]")


@pytest.mark.req("ACTV-57", "ACTV-81", "ACTV-29")
def test_without_notices_the_operator_says_so(client: PortalClient) -> None:
    page = client.get("/notices")
    assert page.status == 200
    assert page.texts("//h1") == ["お知らせ"]
    assert "お知らせ情報をご覧になれます。" in page.text
    assert "青森ケーブルテレビからのお知らせはありません。" in page.text


@pytest.mark.req("ACTV-58", "ACTV-81")
def test_notices_show_newest_first_while_their_period_lasts(portal: Portal, client: PortalClient) -> None:
    add_notice(portal, "古い", starts_at=day(-30))
    add_notice(portal, "新しい", starts_at=day(-1))
    add_notice(portal, "今から", starts_at=day(0), ends_at=day(1))
    add_notice(portal, "まだ", starts_at=day(0.01))
    add_notice(portal, "終わり", starts_at=day(-5), ends_at=day(0))
    assert titles(client) == ["今から", "新しい", "古い"]


@pytest.mark.req("ACTV-58", "ACTV-78")
def test_a_customers_own_notice_is_nobody_elses(portal: Portal, person: Person, client: PortalClient) -> None:
    other = add_person(portal, "1000002")
    own = add_notice(portal, "あなたへ", starts_at=day(-1), person=person)
    add_notice(portal, "みなさまへ", starts_at=day(-2))
    stranger = sign_in(portal, other)
    assert titles(client) == ["あなたへ", "みなさまへ"]
    assert titles(stranger) == ["みなさまへ"]
    assert client.get(f"/notices/{own}").status == 200
    assert stranger.get(f"/notices/{own}").status == 404


@pytest.mark.req("ACTV-78")
def test_another_portals_notice_is_missing(portal: Portal, client: PortalClient, make_portal: MakePortal) -> None:
    elsewhere = make_portal(portal.server.registry.current.tenants[portal.name].operator)
    foreign = add_notice(elsewhere, "よそ", starts_at=day(-1))
    assert titles(client) == []
    assert client.get(f"/notices/{foreign}").status == 404


@pytest.mark.req("ACTV-58")
def test_opening_a_notice_marks_it_read_for_this_account_only(
    portal: Portal, person: Person, client: PortalClient
) -> None:
    notice = add_notice(portal, "お読みください", starts_at=day(-1))
    second = sign_in(portal, add_account(portal, person, "holder"))
    unread = "//li[contains(@class,'is-unread')]"
    assert len(client.get("/notices").all(unread)) == 1
    for _ in range(2):
        assert client.get(f"/notices/{notice}").status == 200
    assert client.get("/notices").all(unread) == []
    assert len(second.get("/notices").all(unread)) == 1
    rows = portal.run(lambda tx: tx.execute(select(func.count()).where(NoticeRead.tenant_id == tx.tenant)).scalar_one())
    assert rows == 1


def test_a_notice_shows_its_text_as_text(portal: Portal, client: PortalClient) -> None:
    body = "一行目\n二行目\n\n<script>alert(1)</script> https://example.jp/a?b=1 をご覧ください。"
    notice = add_notice(portal, "<b>題</b>", starts_at=day(-1), body=body, importance="urgent", ends_at=day(3))
    page = client.get(f"/notices/{notice}")
    assert page.texts("//h1") == ["<b>題</b>"]
    assert page.all("//main//script") == []
    assert "<script>alert(1)</script>" in page.text
    assert page.all("//article//div[contains(@class,'card')]//a/@href") == ["https://example.jp/a?b=1"]
    assert "緊急" in page.text or "至急" in page.text
    assert "2026年11月24日" in page.text


@pytest.mark.parametrize(("hours", "last"), [(1, 21), (12, 21), (13, 22)])
def test_the_last_day_is_the_last_on_which_it_is_shown(
    portal: Portal, client: PortalClient, hours: int, last: int
) -> None:
    """At its end a notice is not shown any more: what ends at midnight was shown until the day before."""
    notice = add_notice(portal, "工事", starts_at=day(-3), ends_at=NOON + timedelta(hours=hours))
    shown = client.get(f"/notices/{notice}").text
    assert [number for number in (21, 22) if f"2026年11月{number}日" in shown] == [last]


def test_english_readers_get_the_english_text_where_there_is_one(portal: Portal, client: PortalClient) -> None:
    both = add_notice(portal, "工事", starts_at=day(-1), title_en="Maintenance", body_en="In English.", body="日本語。")
    add_notice(portal, "日本語のみ", starts_at=day(-2))
    client.get("/display?language=en")
    assert titles(client) == ["Maintenance", "日本語のみ"]
    page = client.get(f"/notices/{both}")
    assert "In English." in page.text
    assert "日本語。" not in page.text


@pytest.mark.req("ACTV-81")
def test_a_long_list_has_pages(portal: Portal, client: PortalClient) -> None:
    for number in range(45):
        add_notice(portal, f"第{number}号", starts_at=day(-number))
    assert titles(client) == [f"第{n}号" for n in range(20)]
    assert titles(client, "/notices?page=3") == [f"第{n}号" for n in range(40, 45)]
    links = client.get("/notices?page=2").all("//nav[contains(@class,'pager')]//a/@href")
    assert "/notices" in links
    assert "/notices?page=3" in links
    assert client.get("/notices?page=4").status == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "１", "1e9", "9" * 5000])
def test_a_nonsense_page_is_the_first(portal: Portal, client: PortalClient, page: str) -> None:
    add_notice(portal, "ひとつ", starts_at=day(-1))
    assert titles(client, f"/notices?page={page}") == ["ひとつ"]


@pytest.mark.parametrize("path", ["/notices/x", "/notices/1", "/notices/00000000-0000-0000-0000-000000000000"])
def test_an_id_that_is_none_is_missing(client: PortalClient, path: str) -> None:
    assert client.get(path).status == 404


@pytest.mark.req("ACTV-78")
def test_notices_need_a_login_and_the_permission(portal: Portal, person: Person) -> None:
    notice = add_notice(portal, "お知らせ", starts_at=day(-1))
    limited = sign_in(portal, add_account(portal, person, "nothing"))
    for path in ("/notices", f"/notices/{notice}"):
        assert portal.client().get(path).location.startswith("/login")
        assert limited.get(path).status == 403
