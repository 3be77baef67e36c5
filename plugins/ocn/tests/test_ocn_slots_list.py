"""Mail accounts: list, prices in words, what waits, cancelling, blocks (OCN-60 to OCN-74, OCN-156 to OCN-164)."""

from __future__ import annotations

import uuid

import pytest
from placekit import ADD, DESK, FIRST, SECOND, MailLine, mail_line

import mypage_ocn.slots as words
from mypage.billing.tax import TaxMode
from mypage.contracts.models import Contract, PaperApplication
from mypage.db.session import Tx
from mypage.slots.models import Slot
from mypage.slots.prices import Usage, prices_ahead
from mypage.testing.portal import Answer, MakePortal

ROW = "//main//tbody[ancestor::section[@aria-labelledby='list']]/tr"


@pytest.fixture
def desk(make_portal: MakePortal) -> MailLine:
    """A line with two accounts; what is applied for waits for people."""
    return mail_line(make_portal("ocn", extensions=DESK), FIRST, SECOND)


def cells(page: Answer) -> list[list[str]]:
    """The rows of the list: No., account, check, status, buttons."""
    found = page.all(ROW)
    return [[" ".join(cell.text_content().split()) for cell in row] for row in found]


@pytest.mark.req("OCN-60", "OCN-61", "OCN-63", "OCN-65", "OCN-66", "OCN-67", "OCN-68", "OCN-69", "OCN-70")
def test_the_list_has_four_numbered_rows_with_their_status_and_buttons(desk: MailLine) -> None:
    page = desk.browser.get("/slots/mail")
    assert page.texts("//h1") == ["メールアカウント・ウイルスチェックサービス確認・変更"]
    assert page.texts("//main//h2")[:1] == ["■追加・変更・削除の申込み"]
    assert "最大4個までのメールアカウントをご利用いただけます。" in page.text
    assert page.texts("//section[@aria-labelledby='list']//thead//th") == [
        "No.", "メールアカウント", "ウィルス チェック サービス", "お申込み状況", "お申込み",
    ]  # fmt: skip
    assert cells(page) == [
        ["01", FIRST, "—", "変更・削除可能", "変更：01削除：01"],
        ["02", SECOND, "—", "変更・削除可能", "変更：02削除：02"],
        ["03", "—", "—", "追加可能", "追加：03"],
        ["04", "—", "—", "追加可能", "追加：04"],
    ]
    assert page.all("//main//a[normalize-space()='戻る']/@href") == ["/home"]
    menu = page.all("//nav[@id='menu']//a[@aria-current='page']")
    assert [each.text_content().strip() for each in menu] == ["メールアカウントおよびウイルスチェック"]
    assert len(page.all(f"{ROW}/th[@scope='row']")) == 4


@pytest.mark.req("OCN-70")
def test_the_only_account_can_be_deleted(make_portal: MakePortal) -> None:
    only = mail_line(make_portal("ocn"), FIRST)
    assert cells(only.browser.get("/slots/mail"))[0][4] == "変更：01削除：01"
    assert only.browser.get("/slots/mail/1/remove").status == 200


@pytest.mark.req("OCN-62", "OCN-64", "OCN-157", "OCN-158", "OCN-159", "OCN-160", "OCN-175", "OCN-176")
def test_prices_and_the_handling_of_personal_data_stand_in_the_manuals_words(desk: MailLine) -> None:
    page = desk.browser.get("/slots/mail")
    for line in (
        "申込書等にご記入いただく個人情報の取り扱いについてはこちらをご覧ください。",
        "なお、弊社のプライバシーポリシーに同意の上個人情報をご提供頂けない場合には、通信サービス等を提供させて",
        "いただくことができませんので、ご了承くださいますようお願い申し上げます。",
        "・複数のメールアカウントをお申込みになる場合、ご利用追加メールアカウント数により以下の料金が適用されます。",
        "複数メールアドレス2", "【月額使用料金】", "250円（税込 275円）", "350円（税込 385円）", "450円（税込 495円）",
        "基本メールアドレスに加えてもうひとつの追加メールアドレスがご利用いただけます。",
        "基本メールアドレスに加えて2つの追加メールアドレスをご利用いただけます。",
        "基本メールアドレスに加えて3つの追加メールアドレスをご利用いただけます。",
        "（追加1メールアドレスあたり、250円（税込 275円）！）",
        "（追加1メールアドレスあたり、175円（税込 192.5円）！）",
        "（追加1メールアドレスあたり、150円（税込 165円）！）",
        "・ウィルスチェックサービスは、1個につき200円（税込 220円）／月額がかかります。",
    ):  # fmt: skip
        assert line in page.text, line
    assert page.all("//main//a[.='こちら']/@href") == ["/pages/privacy"]
    [elsewhere] = page.all("//main//a[.='OCNメールアドレスに関する各種手続き']/@href")
    assert "メールパスワードだけの変更は" in desk.browser.get(elsewhere).text
    assert page.texts("//section[@aria-labelledby='price']//th[.//*[@class='badge badge--brand']]")[0].startswith(
        "複数メールアドレス2 現在"
    )


@pytest.mark.req("OCN-156", "OCN-161", "OCN-162", "OCN-163", "OCN-164")
def test_what_a_month_costs(desk: MailLine) -> None:
    operator = desk.portal.server.compiled.operators["ocn"]
    told = {tier.count: tier.price for tier in words.SLOT_PAGES[0].tiers}
    for accounts, checks, net, gross in (
        (1, 0, 0, 0), (1, 1, 200, 220), (2, 0, 250, 275), (3, 0, 350, 385), (3, 2, 750, 825), (4, 0, 450, 495),
        (4, 4, 1_250, 1_375),
    ):  # fmt: skip
        usage = Usage(slots=words.SLOTS[0], count=accounts, options={words.VIRUS_CHECK: checks})
        for mode in TaxMode:
            found = prices_ahead(operator, usage, usage, mode)
            assert (found.before.net, found.before.gross) == (net, gross)
        if accounts in told and not checks:
            assert told[accounts] == f"{net}円（税込 {gross}円）"


@pytest.mark.req("OCN-71", "OCN-72", "OCN-118")
def test_what_waits_occupies_its_place_and_can_only_be_cancelled(desk: MailLine) -> None:
    assert desk.enter(3, ADD).status == 200
    assert desk.commit().status == 200
    page = desk.browser.get("/slots/mail")
    row = cells(page)[2]
    assert row[1].startswith("soumu@")
    assert row[2:] == ["—", "追加のお申込み処理中", "キャンセル（取消し）：03"]
    assert "処理中のお申し込みが1件あります" in page.text
    assert "お申込み処理中のメールアカウント及びウィルスチェックサービスはキャンセル（取消し）を行えます。" in page.text
    assert "複数メールアドレス3 処理後はここ" in page.text
    assert desk.browser.get("/slots/mail/3").location == "/slots/mail"
    desk.put(4, "fourth@dune.example.jp")
    page = desk.browser.get("/slots/mail")
    assert page.all("//main//a[starts-with(normalize-space(),'追加：')]") == []


@pytest.mark.req("OCN-71")
def test_a_cancellation_is_asked_for_once_and_the_place_is_what_it_was(desk: MailLine) -> None:
    desk.enter(1, {"pattern": "1", "p1-option-virus-check": "use"})
    desk.agree()
    desk.commit([])
    [where] = desk.browser.get("/slots/mail").all(f"{ROW}//a[contains(@href,'/cancel/')]/@href")
    asked = desk.browser.get(where)
    assert asked.texts("//h1") == ["お申込みのキャンセル（取消し）"]
    assert "このお申込みをキャンセル（取消し）しますか。" in asked.text
    assert FIRST in asked.text
    form = asked.form_values()
    back = desk.browser.post(where, form, follow=True)
    assert "お申し込みを取り消しました。" in back.raw.text
    assert cells(back)[0] == ["01", FIRST, "—", "変更・削除可能", "変更：01削除：01"]
    assert [app.state for app in desk.applications()] == ["cancelled"]
    again = desk.browser.post(where, form, follow=True)
    assert again.status == 200
    assert "取り消せませんでした" not in again.raw.text


@pytest.mark.req("OCN-71")
def test_a_cancellation_that_comes_too_late_is_refused_in_words(desk: MailLine) -> None:
    desk.browser.get("/slots/mail/2/remove")
    desk.commit([])
    [where] = desk.browser.get("/slots/mail").all(f"{ROW}//a[contains(@href,'/cancel/')]/@href")
    form = desk.browser.get(where).form_values()
    desk.finish()
    late = desk.browser.post(where, form, follow=True)
    assert "すでに処理が終わったか、処理が始まっているため、取り消せませんでした。" in late.raw.text
    assert cells(late)[1] == ["02", "—", "—", "追加可能", "追加：02"]
    assert [app.state for app in desk.applications()] == ["done"]
    assert "取り消せませんでした" in desk.browser.get(where, follow=True).raw.text


@pytest.mark.req("OCN-72", "OCN-178")
def test_there_is_no_fifth_place(desk: MailLine) -> None:
    desk.browser.get("/slots/mail/3")
    for number in ("5", "0", "99", "9" * 30):
        assert desk.browser.get(f"/slots/mail/{number}").status == 404
        assert desk.browser.post(f"/slots/mail/{number}", ADD).status == 404
        assert desk.browser.get(f"/slots/mail/{number}/remove").status == 404
        assert desk.browser.post(f"/slots/mail/{number}/remove", {"operation": str(uuid.uuid4())}).status == 404
    assert desk.browser.get("/slots/other").status == 404
    assert desk.browser.get("/slots/mail/x").status == 404
    assert desk.applications() == []


@pytest.mark.req("OCN-73", "OCN-74", "OCN-181")
@pytest.mark.parametrize("why", ["paper", "place"])
def test_while_something_runs_on_paper_nothing_is_offered_and_nothing_taken(desk: MailLine, why: str) -> None:
    before = desk.browser.get("/slots/mail/1")
    form = dict(before.form_values()) | {"pattern": "1", "p1-option-virus-check": "use"}
    confirm = desk.enter(2, {"pattern": "3", "p3-name": "keiri", "p3-secret": "Umi4826kaze", "p3-again": "Umi4826kaze"})
    ready = confirm.form_values()
    block(desk, why)
    page = desk.browser.get("/slots/mail")
    assert "ご注意" in page.text
    assert words.SLOT_PAGES[0].paper in page.text
    buttons = page.all(f"{ROW}[position()<3]//a")
    assert buttons == []
    for answer in (
        desk.browser.post("/slots/mail/1", form, follow=True),
        desk.browser.get("/slots/mail/2", follow=True),
        desk.browser.post("/slots/mail/confirm", ready, follow=True),
        desk.browser.post("/slots/mail/2/remove", {"operation": str(uuid.uuid4())}, follow=True),
    ):
        assert answer.texts("//*[@role='status']") == [words.SLOT_PAGES[0].paper]
    assert desk.applications() == []


def block(desk: MailLine, why: str) -> None:
    def work(tx: Tx) -> None:
        if why == "place":
            for slot in tx.query(Slot).where(Slot.tenant_id == tx.tenant):
                slot.blocked = True
            return
        contract = tx.get_one(Contract, (tx.tenant, desk.line.contract_id))
        kind = next(k.code for k in desk.portal.server.compiled.operators["ocn"].desk.papers if k.stops)
        tx.add(
            PaperApplication(
                tenant_id=tx.tenant, id=uuid.uuid4(), customer_id=contract.customer_id, contract_id=contract.id,
                kind=kind, since=tx.today(), recorded_by=uuid.uuid4(), recorded_at=tx.now(),
            )
        )  # fmt: skip

    desk.portal.run(work)


@pytest.mark.req("OCN-73")
def test_the_notice_stands_on_each_step_after_the_list(desk: MailLine) -> None:
    notice = words.SLOT_PAGES[0].paper
    assert notice not in desk.browser.get("/slots/mail").text
    assert notice in desk.browser.get("/slots/mail/1").text
    assert notice in desk.enter(1, {"pattern": "1", "p1-option-virus-check": "use"}).text
    assert notice in desk.agree().text
    assert notice in desk.browser.get("/slots/mail/1/remove").text
