"""Mail accounts: addition, deletion, 登録, completion and the mails that confirm (OCN-97 to OCN-119)."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from ocnkit import NUMBER, line
from placekit import ADD, DESK, FIRST, SECOND, SECRET, MailLine, mail_line, put_slot

import mypage_ocn.slots as words
from mypage.db.keys import Vault
from mypage.mail.composing import compose
from mypage.mail.models import MailMessage
from mypage.mail.service import claim
from mypage.testing.portal import Answer, MakePortal

NAME = {"pattern": "3", "p3-name": "opqrstu", "p3-secret": SECRET, "p3-again": SECRET}
CHOICES = "//input[@name='tell']"


@pytest.fixture
def mine(make_portal: MakePortal) -> MailLine:
    """Two accounts; what is applied for waits for people."""
    return mail_line(make_portal("ocn", extensions=DESK), FIRST, SECOND)


def facts(page: Answer) -> dict[str, str]:
    """The rows of the page's list of facts."""
    rows = page.all("//dl/div")
    return {r[0].text_content(): r[1].text_content() for r in rows}


def read_mails(mine: MailLine) -> list[Any]:
    """Every receipt that is queued, as it goes out."""
    server, at = mine.portal.server, mine.portal.origin
    kernel, vault = server.kernels["ocn"], server.ports.get(Vault)
    tenant = server.registry.current.get(mine.portal.name)

    def work(tx: Any) -> list[Any]:
        found = tx.query(MailMessage).filter(
            MailMessage.tenant_id == tx.tenant, MailMessage.template == "slot_application"
        )
        return [claim(tx, vault, row.id, mail_domain="isp.example") for row in found]

    templates, now = kernel.responder.templates, mine.portal.clock.now()
    named = {"tenant": tenant, "operator": kernel.operator, "templates": templates, "origin": at, "login_url": at}
    return [compose(mail, now=now, **named) for mail in mine.portal.run(work)]


@pytest.mark.req("OCN-22", "OCN-23", "OCN-109", "OCN-110", "OCN-111", "OCN-112", "OCN-113", "OCN-114", "OCN-177")
def test_the_addition_has_the_help_of_the_manual_and_its_fields(mine: MailLine) -> None:
    page = mine.browser.get("/slots/mail/3")
    assert page.texts("//h1") == ["お申込み内容入力"]
    assert page.texts("//main//h2") == [
        "情報を入力してください。", "ご注意",
    ]  # fmt: skip
    place = -1
    for line_ in (
        "メールアカウントとは…", "メールアドレスの@の前の部分を指します。", "例:) xxx@blue.ocn.ne.jpのxxx部分",
        "メールアカウントの追加", "追加したい希望アカウントを入力してください。",
        "尚、ホスト(@の次)はご指定できません。",
        "xxx@●●●.ocn.ne.jpの●●●部分",
        "希望のパスワードをパスワード欄に入力してください。確認のため2回入力して下さい。",
        "ウイルスチェックサービスの申込み",
        "ウイルスチェックサービスを「利用する」か「利用しない」かを選択して下さい。", "【ご注意】",
        "・必ず下記の「利用できる文字」をご使用ください。「利用できる文字」以外をご使用された場合は、",
        "・ウイルスチェックサービスは1個につき200円(税込 220円) / 月額がかかります。",
        "・「口座振替のご案内」メールのご案内先に設定しているメールアドレスを変更すると、ご案内先は新しいアドレスに引き継がれます。",
        "メールアカウントとメールパスワードに利用できる文字一覧",
    ):  # fmt: skip
        found = page.text.find(line_, place + 1)
        assert found > place, line_
        place = found
    assert page.texts("//form//*[@class='label']") == [
        "メールアカウント 必須", "メールパスワード 必須", "メールパスワード(確認の為再入力) 必須",
        "ウイルスチェックサービス 必須",
    ]  # fmt: skip
    assert page.all("//input[@name='pnew-option-virus-check'][@checked]/@value") == ["not"]
    assert page.all("//form//select") == []
    assert mine.browser.submit({}).errors[0].startswith("メールアカウント")


@pytest.mark.req("OCN-23", "OCN-105", "OCN-106", "OCN-107", "OCN-116", "OCN-117")
def test_an_addition_gets_its_host_at_the_end_and_never_shows_a_password(mine: MailLine) -> None:
    page = mine.enter(3, ADD)
    assert page.texts("//main//h2")[0] == "■メールアカウント、ウイルスチェックサービスの追加"
    assert facts(page) == {"メールアカウント": "soumu", "ウイルスチェックサービス": "利用しない"}
    assert page.texts("//ol[@class='steps']/li")[2:] == ["STEP3確認", "完了"]
    assert "@以降のホスト名は登録ボタンをクリックした後決まります。" in page.text
    assert page.texts("//table[@class='diff']//td[@class='to']") == ["350円（税込 385円）", "3個"]
    assert "料金は「複数メールアドレス2」から「複数メールアドレス3」に変わります。" in page.text
    done = mine.commit()
    assert done.texts("//h1") == ["お申込みを受け付けました"]
    [app] = mine.applications()
    assert app.host in words.HOSTS
    assert facts(done) == {"メールアカウント": f"soumu@{app.host}", "ウイルスチェックサービス": "利用しない"}
    assert "お申込み処理中" in done.texts("//*[contains(@class,'badge')]")
    assert "お申込み処理中の間は、一覧の画面からキャンセル（取消し）を行えます。" in done.text
    assert page.texts("//li[@aria-current='step']") == ["STEP3確認"]
    assert done.texts("//li[@aria-current='step']") == ["完了"]
    assert SECRET not in page.raw.text + done.raw.text
    mine.finish()
    assert "お申込み処理完了" in mine.browser.get(str(done.raw.url)).text


@pytest.mark.req("OCN-115")
def test_an_addition_with_the_check_goes_by_the_terms(mine: MailLine) -> None:
    page = mine.enter(4, ADD | {"pnew-option-virus-check": "use"})
    assert page.texts("//h1") == ["ウイルスチェックサービス規約"]
    page = mine.agree()
    assert facts(page)["ウイルスチェックサービス"] == "利用する"
    assert page.texts("//table[@class='diff']//td[@class='to']")[0] == "550円（税込 605円）"


@pytest.mark.req("OCN-97", "OCN-98", "OCN-99", "OCN-100", "OCN-101")
def test_every_address_of_now_is_offered_and_ticked(mine: MailLine) -> None:
    mine.enter(3, ADD)
    mine.commit([])
    page = mine.enter(2, NAME)
    assert page.all(f"{CHOICES}/@value") == [FIRST, SECOND]
    assert len(page.all(f"{CHOICES}[@checked]")) == 2
    assert page.texts("//fieldset/h2") == ["申込内容がよろしければ"]
    assert (
        "上記お申込み内容を確認のためメールにてお知らせいたしますので送信先を指定して下さい。"
        "チェックされたメールアドレスに送信させていただきます。"
    ) in page.text
    assert "尚、チェックボックスのチェック全てをはずすと、確認のメールは送信されません。" in page.text
    assert mine.mails() == []
    mine.commit([])
    assert mine.mails() == []


@pytest.mark.req("OCN-100", "OCN-102", "OCN-108")
@pytest.mark.parametrize(
    ("posted", "told"),
    [([SECOND, FIRST], [FIRST, SECOND]), (["evil@example.com", "other@arrow.example.jp"], [])],
)
def test_mails_go_to_own_addresses_alone_whatever_is_posted(mine: MailLine, posted: list[str], told: list[str]) -> None:
    mine.enter(2, NAME)
    done = mine.commit(posted)
    assert [address for _, address in mine.mails()] == told
    assert [app.told for app in mine.applications()] == [told]
    for address in told:
        assert address in done.text
    assert ("確認のメールは送信されません。" in done.text) == (not told)
    assert "evil" not in done.raw.text


@pytest.mark.req("OCN-104", "OCN-108")
def test_the_mail_says_what_was_and_what_shall_be_and_no_password(mine: MailLine) -> None:
    mine.enter(2, {"pattern": "2", "p2-name": "opqrstu", "p2-secret": SECRET, "p2-again": SECRET,
                   "p2-option-virus-check": "use"})  # fmt: skip
    mine.agree()
    mine.commit([SECOND])
    [mail] = read_mails(mine)
    [app] = mine.applications()
    assert mail["To"] == SECOND
    assert mail["Subject"] == words.MAILS[0].subject
    text, html = (part.get_content() for part in mail.iter_parts())
    for part in (text, html):
        for told in (
            *words.MAILS[0].opening, NUMBER,
            "メールアカウント、ウイルスチェックサービスの変更", SECOND, f"opqrstu@{app.host}",
            "利用しない → 利用する", "2026年11月21日 12:00",
        ):  # fmt: skip
            assert told in part, told
        assert SECRET not in part


@pytest.mark.req("OCN-118", "OCN-119")
def test_a_deletion_shows_what_ends_and_waits_like_the_others(mine: MailLine) -> None:
    mine.put(3, "third@dune.example.jp", "virus-check")
    page = mine.browser.get("/slots/mail/3/remove")
    assert page.texts("//h1") == ["お申込み内容"]
    rows = page.all("//table[@class='diff']/tbody/tr")
    assert [(r[0].text_content(), r[1].text_content(), r[3].text_content()) for r in rows] == [
        ("メールアカウント", "third@dune.example.jp", "削除"),
        ("ウイルスチェックサービス", "利用する", "削除"),
        ("月額使用料金", "550円（税込 605円）", "250円（税込 275円）"),
        ("メールアカウントの数", "3個", "2個"),
    ]
    assert "料金は「複数メールアドレス3」から「複数メールアドレス2」に変わります。" in page.text
    assert page.all(f"{CHOICES}/@value") == [FIRST, SECOND, "third@dune.example.jp"]
    form = page.form_values() | {"tell": [FIRST]}
    done = mine.browser.post("/slots/mail/3/remove", form, follow=True)
    assert done.texts("//h1") == ["お申込みを受け付けました"]
    again = mine.browser.post("/slots/mail/3/remove", form, follow=True)
    assert again.raw.url == done.raw.url
    assert [app.action for app in mine.applications()] == ["remove"]
    assert mine.mails() == [("slot_application", FIRST)]
    [row] = [r for r in mine.browser.get("/slots/mail").texts("//tbody/tr") if r.startswith("03")]
    assert "削除のお申込み処理中" in row
    mine.finish()
    [row] = [r for r in mine.browser.get("/slots/mail").texts("//tbody/tr") if r.startswith("03")]
    assert "追加可能" in row


@pytest.mark.req("OCN-106")
def test_a_name_that_cannot_be_had_leads_back_with_its_name_and_changes_nothing(make_portal: MakePortal) -> None:
    portal = make_portal("ocn", extensions=DESK)
    other = line(portal, "neighbour", number="N999999999")
    for host in words.HOSTS:
        portal.run(lambda tx, host=host: put_slot(tx, other, words.HOSTS.index(host) + 1, f"soumu@{host}"))
    mine = mail_line(portal, FIRST)
    mine.enter(2, ADD)
    back = mine.commit()
    assert back.status == 422
    assert back.texts("//h1") == ["お申込み内容入力"]
    assert back.errors == [
        "ご希望のアカウント「soumu」は予約できませんでした。別のメールアカウントを入力してください。ご契約の内容は変更されていません。"
    ]
    assert back.all("//input[@name='pnew-name']/@value") == ["soumu"]
    assert back.all("//input[@type='password']/@value") == []
    assert mine.applications() == []
    assert mine.mails() == []
    ahead = mine.browser.submit(ADD | {"pnew-name": "soumu2"}, follow=True)
    assert ahead.texts("//h1") == ["お申込み内容"]
    assert mine.commit().texts("//h1") == ["お申込みを受け付けました"]


@pytest.mark.parametrize("presses", [8])
def test_pressed_at_once_it_is_registered_and_told_once(mine: MailLine, presses: int) -> None:
    form = mine.enter(3, ADD).form_values() | {"tell": [FIRST, SECOND]}

    async def together() -> list[Any]:
        sent = (mine.browser.arequest("POST", "/slots/mail/confirm", data=form) for _ in range(presses))
        return await asyncio.gather(*sent)

    answers = mine.portal.wait(together())
    assert {(a.status_code, a.headers["location"]) for a in answers} == {
        (303, f"/slots/mail/done?operation={form['operation']}")
    }
    assert len(mine.applications()) == 1
    assert len(mine.mails()) == 2
    once_more = mine.browser.post("/slots/mail/confirm", form, follow=True)
    assert once_more.texts("//h1") == ["お申込みを受け付けました"]
    back = mine.browser.get(f"/slots/mail/confirm?draft={form['operation']}", follow=True)
    assert back.texts("//h1") == ["お申込みを受け付けました"]
    assert len(mine.applications()) == 1


@pytest.mark.parametrize("presses", [8])
def test_a_deletion_and_its_cancellation_pressed_at_once_happen_once(mine: MailLine, presses: int) -> None:
    def press(path: str, form: dict[str, Any]) -> set[tuple[int, str]]:
        async def together() -> list[Any]:
            return await asyncio.gather(*(mine.browser.arequest("POST", path, data=form) for _ in range(presses)))

        return {(a.status_code, a.headers["location"].partition("?")[0]) for a in mine.portal.wait(together())}

    form = mine.browser.get("/slots/mail/2/remove").form_values() | {"tell": [FIRST]}
    assert press("/slots/mail/2/remove", form) == {(303, "/slots/mail/done")}
    [app] = mine.applications()
    cancel = f"/slots/mail/cancel/{app.id}"
    assert press(cancel, mine.browser.get(cancel).form_values()) == {(303, "/slots/mail")}
    assert [each.state for each in mine.applications()] == ["cancelled"]
    assert len(mine.mails()) == 1


@pytest.mark.req("OCN-117")
def test_other_prices_than_were_shown_are_shown_before_anything_is_registered(mine: MailLine) -> None:
    form = mine.enter(3, ADD).form_values() | {"tell": []}
    mine.put(4, "fourth@dune.example.jp")
    page = mine.browser.post("/slots/mail/confirm", form, follow=True)
    assert "料金が変わりました。もう一度ご確認ください。" in page.raw.text
    assert page.texts("//table[@class='diff']//td[@class='to']") == ["450円（税込 495円）", "4個"]
    assert mine.applications() == []
    assert mine.commit([]).texts("//h1") == ["お申込みを受け付けました"]
    removal = mine.browser.get("/slots/mail/1/remove").form_values() | {"price": "x" * 300, "tell": []}
    page = mine.browser.post("/slots/mail/1/remove", removal, follow=True)
    assert "料金が変わりました。" in page.raw.text
    assert len(mine.applications()) == 1


@pytest.mark.parametrize("stale", ["taken", "emptied", "waiting"])
def test_what_changed_meanwhile_is_said_and_nothing_is_registered(mine: MailLine, stale: str) -> None:
    form = mine.enter(3, ADD).form_values() if stale == "taken" else mine.enter(2, NAME).form_values()
    if stale == "taken":
        mine.put(3, "quick@dune.example.jp")
    else:
        removal = mine.browser.get("/slots/mail/2/remove").form_values() | {"tell": []}
        mine.browser.post("/slots/mail/2/remove", removal)
        if stale == "emptied":
            mine.finish()
    before = len(mine.applications())
    page = mine.browser.post("/slots/mail/confirm", form, follow=True)
    assert "その間に状況が変わったため、お手続きできませんでした。" in page.raw.text
    assert len(mine.applications()) == before


def test_made_up_operations_do_nothing(mine: MailLine) -> None:
    mine.browser.get("/slots/mail")
    for path in ("/slots/mail/confirm", "/slots/mail/terms", "/slots/mail/3/remove"):
        for operation in ("", "x", "\0", str(uuid.UUID(int=9)), "9" * 5_000):
            answer = mine.browser.post(path, {"operation": operation, "answer": "agree", "price": "x"}, follow=True)
            assert answer.status in (200, 409)
    assert mine.applications() == []


def test_a_neighbours_applications_are_not_there(make_portal: MakePortal) -> None:
    portal = make_portal("ocn", extensions=DESK)
    theirs = mail_line(portal, FIRST, local="neighbour", number="N999999999")
    theirs.enter(2, ADD)
    done = theirs.commit([])
    [app] = theirs.applications()
    mine = mail_line(portal, SECOND)
    assert mine.browser.get(f"/slots/mail/cancel/{app.id}").status == 404
    assert mine.browser.post(f"/slots/mail/cancel/{app.id}", {"operation": str(uuid.uuid4())}).status == 404
    assert mine.browser.get(str(done.raw.url).replace(portal.origin, "")).location == "/slots/mail"
    assert [each.state for each in theirs.applications()] == ["pending"]


def test_a_quarter_of_an_hour_after_the_end_the_completion_is_still_there(mine: MailLine) -> None:
    mine.enter(3, ADD)
    done = mine.commit([])
    mine.portal.clock.at += timedelta(minutes=15)
    assert mine.browser.get(str(done.raw.url)).texts("//h1") == ["お申込みを受け付けました"]


@pytest.mark.req("OCN-60", "OCN-107")
def test_all_of_it_is_there_in_english(make_portal: MakePortal) -> None:
    mine = mail_line(make_portal("ocn", extensions=DESK, locale="en"), FIRST, SECOND)
    pages = [
        mine.browser.get("/slots/mail"),
        mine.browser.get("/slots/mail/2"),
        mine.enter(2, {"pattern": "1", "p1-option-virus-check": "use"}),
        mine.agree(),
        mine.commit(),
        mine.browser.get("/slots/mail/3"),
        mine.browser.get("/slots/mail/1/remove"),
        mine.browser.get("/slots/mail"),
    ]
    [where] = pages[-1].all("//a[contains(@href,'/cancel/')]/@href")
    pages.append(mine.browser.get(where))
    for page in pages:
        assert page.status == 200
        text = page.text.replace("●●●", "")
        assert not any("\u3040" <= c <= "\u30ff" or "\u4e00" <= c <= "\u9fff" for c in text), page.raw.url
