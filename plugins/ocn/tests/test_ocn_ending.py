"""廃止: the form, what it says and refuses, the one press, and what is left afterwards (OCN-120 to OCN-152)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from ocnkit import Line, line, signed_in, try_login
from sqlalchemy import select

from mypage.contracts.models import Contract, Service
from mypage.contracts.standing import contract_standing
from mypage.db.session import Tx
from mypage.terminations.arranging import arrange
from mypage.terminations.models import EndingRow
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage.work.models import WorkItem
from mypage_ocn.ending import CONTACT_GROUP, LINE_GROUP, TERMINATION, WARNINGS
from portal_rows import operator_of
from staff_rows import mails_of

NOW = datetime(2026, 12, 14, 3, 0, tzinfo=UTC)
"""A Monday at noon in Japan."""
FIRST_DAY = "2026-12-21"
FILLED = {
    "wanted_on": FIRST_DAY,
    "reason": "ntt",
    "detail": "best-effort",
    "detail_other": "",
    "why_moved": "price",
    "note": "",
    "department": "総務部",
    "contact_name": "山並 太郎",
    "phone": "0120-123-456",
    "fax": "",
    "email": "taro@example.co.jp",
    "email_again": "taro@example.co.jp",
}


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    portal = make_portal("ocn", theme="ocn")
    portal.clock.at = NOW
    return portal


@pytest.fixture
def home(portal: Portal) -> Line:
    return line(portal)


@pytest.fixture
def browser(portal: Portal, home: Line) -> PortalClient:
    return signed_in(portal)


def fill(browser: PortalClient, **changed: str) -> Answer:
    """Open the form, fill it in and press 次へ."""
    assert browser.get("/termination").status == 200
    return browser.submit(FILLED | changed)


def checked(browser: PortalClient, **changed: str) -> Answer:
    """The check page of a form that was filled in well."""
    answer = fill(browser, **changed)
    assert answer.status == 303, browser.last.errors if browser.last else ""
    return browser.get(answer.location)


def rows_of(home: Line) -> list[EndingRow]:
    def read(tx: Tx) -> list[EndingRow]:
        found = tx.scalars(select(EndingRow).where(EndingRow.tenant_id == tx.tenant)).all()
        tx.expunge_all()
        return list(found)

    return home.portal.run(read)


def standing(home: Line) -> str:
    return home.portal.run(lambda tx: contract_standing(tx, home.contract_id, stopping=()))


def with_contract(home: Line, change: Callable[[Contract], Any]) -> None:
    def work(tx: Tx) -> None:
        change(
            tx.scalars(select(Contract).where(Contract.tenant_id == tx.tenant, Contract.id == home.contract_id)).one()
        )

    home.portal.run(work)


@pytest.mark.req("OCN-120", "OCN-121", "OCN-122", "OCN-123", "OCN-124", "OCN-125", "OCN-126", "OCN-127", "OCN-165")
def test_the_warnings_stand_before_the_form(browser: PortalClient) -> None:
    page = browser.get("/termination")
    assert page.texts("//h1") == ["廃止の受付"]
    assert page.texts("//ol[contains(@class,'steps')]/li") == ["STEP1入力", "STEP2確認", "STEP3完了"]
    lines = page.texts("//main//li")
    assert [text for text in lines if text in WARNINGS] == list(WARNINGS)
    assert page.raw.text.index(WARNINGS[-1]) < page.raw.text.index('<form method="post" action="/termination"')
    # No amount is named anywhere: the two warnings are all (OCN-165).
    assert "円" not in page.text


@pytest.mark.req("OCN-128", "OCN-129", "OCN-130", "OCN-131", "OCN-132", "OCN-133", "OCN-134", "OCN-135", "OCN-136")
@pytest.mark.req("OCN-137", "OCN-138")
def test_the_form_has_the_fields_of_the_manual(browser: PortalClient) -> None:
    page = browser.get("/termination")
    assert page.texts("//form//h2 | //form//h3") == ["お申込内容入力", "OCN回線情報", "お客様連絡先"]
    labels = page.texts("//form[@action='/termination']//label")
    assert labels == [
        "廃止希望日 必須",
        "廃止理由 必須",
        "廃止理由詳細 必須",
        "廃止詳細その他",
        "移行理由 必須",
        "備考",
        "連絡先部署名",
        "連絡先お客様名 必須",
        "連絡先電話番号 必須",
        "連絡先FAX番号",
        "連絡先メールアドレス 必須",
        "連絡先メールアドレス（確認用） 必須",
    ]
    assert CONTACT_GROUP.lead in page.text
    assert CONTACT_GROUP.notes[0] in page.text
    assert TERMINATION.say_next in page.text
    buttons = page.texts("//div[@class='actions'][p]/*[self::a or self::button]")
    assert buttons == ["戻る", "次へ"]
    days = page.texts("//select[@name='wanted_on']/option")
    assert days[:2] == ["選択してください", "2026/12/21(月)"]
    assert "他社へ移行（NTTグループその他）" in page.texts("//select[@name='reason']/option")
    assert "価格" in page.texts("//select[@name='why_moved']/option")
    assert page.all("//select[not(contains(@class, 'input--'))]/@name") == ["reason", "detail"]


@pytest.mark.req("OCN-140")
def test_days_begin_after_five_business_days_and_skip_holidays(portal: Portal, browser: PortalClient) -> None:
    days = [value for value in browser.get("/termination").all("//select[@name='wanted_on']/option/@value") if value]
    assert days[0] == FIRST_DAY
    assert {"2026-12-26", "2026-12-31", "2027-01-01", "2027-01-03", "2027-01-11"}.isdisjoint(days)
    assert "2027-01-04" in days
    assert fill(browser, wanted_on="2026-12-20").status == 422
    assert fill(browser, wanted_on="2027-12-01").status == 422


@pytest.mark.req("OCN-140")
def test_details_follow_the_reason_without_a_script(browser: PortalClient) -> None:
    page = browser.get("/termination")
    assert page.texts("//select[@name='detail']/option") == ["先に廃止理由を選択してください"]
    again = browser.submit(FILLED | {"reload": "1", "reason": "office", "contact_name": "", "email_again": "x"})
    assert again.status == 200
    assert again.errors == []
    assert again.texts("//select[@name='detail']/option") == ["選択してください", "移転", "閉鎖", "統合"]
    assert again.form_values("//form[@action='/termination']")["phone"] == FILLED["phone"]
    swap = again.all("//button[@name='reload']")[0]
    assert swap.get("data-hx-post") == "/termination"
    assert again.all(f"//div[@id='{swap.get('data-hx-target')[1:]}']//select[@name='detail']")
    assert again.all(f"//select[@id='{swap.get('data-hx-trigger').rsplit('#')[-1]}'][@name='reason']")


@pytest.mark.req("OCN-131", "OCN-140")
def test_a_detail_of_another_reason_is_refused(browser: PortalClient) -> None:
    answer = fill(browser, reason="office", detail="best-effort")
    assert answer.status == 422
    assert [text for text in answer.errors if "廃止理由詳細" in text]
    assert answer.texts("//select[@name='detail']/option")[1:] == ["移転", "閉鎖", "統合"]


@pytest.mark.req("OCN-139")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("wanted_on", ""),
        ("wanted_on", "いつか"),
        ("reason", ""),
        ("reason", "unknown"),
        ("detail", ""),
        ("why_moved", "x"),
        ("contact_name", "  "),
        ("phone", "電話"),
        ("phone", "12"),
        ("fax", "fax"),
        ("email", "taro"),
        ("email_again", "jiro@example.co.jp"),
        ("email_again", ""),
        ("note", "x" * 5000),
        ("note", "\x00"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(browser: PortalClient, home: Line, field: str, value: str) -> None:
    answer = fill(browser, **{field: value})
    assert answer.status == 422
    assert answer.all("//*[@aria-invalid='true']/@name")[:1] == [field] or field == "email"
    values = answer.form_values("//form[@action='/termination']")
    assert values["department"] == "総務部"
    assert rows_of(home) == []


@pytest.mark.req("OCN-141", "OCN-142", "OCN-143", "OCN-144", "OCN-145", "OCN-146", "OCN-179")
def test_the_check_page_names_all_that_ends(browser: PortalClient, home: Line) -> None:
    def with_services(tx: Tx) -> None:
        for position, name in enumerate(("OCN光フレッツ IP1 ファミリータイプ", "テレビオプション"), 1):
            tx.add(
                Service(
                    tenant_id=tx.tenant, contract_id=home.contract_id, position=position, category="回線", name=name
                )
            )

    home.portal.run(with_services)
    page = checked(browser)
    assert page.texts("//h2")[:2] == ["2026/12/21(月)に、次のすべてが使えなくなります", "現在のご利用状況"]
    assert page.texts("(//main//ul)[1]/li") == ["OCN光フレッツ IP1 ファミリータイプ", "テレビオプション"]
    assert "本申込みにより廃止となる回線及びオプションサービス" in page.text
    facts = dict(zip(page.texts("//dt"), page.texts("//dd"), strict=True))
    assert facts["お客さま番号"] == home.number
    assert facts["お名前"] == "ヤマナミ商事株式会社"
    assert facts["OCN提供メニュー"] == "OCN光フレッツ IP1 ファミリータイプ"
    assert facts["テレビオプション"] == "契約中"
    assert facts["OCNひかり電話"] == "契約なし"
    assert "お申し込み内容の確認" in page.texts("//h2")
    assert facts["廃止希望日"] == "2026/12/21(月)"
    assert facts["廃止理由"] == "他社へ移行（NTTグループその他）"
    assert facts["廃止理由詳細"] == "インターネット接続（ベストエフォート型サービス）"
    assert facts["移行理由"] == "価格"
    assert facts["備考"] == facts["廃止詳細その他"] == facts["連絡先FAX番号"] == "（入力なし）"
    assert facts["連絡先電話番号"] == "0120-123-456"
    assert facts["連絡先メールアドレス"] == (
        "taro@example.co.jpこのメールアドレスに、廃止申込み受付完了のお知らせメールが届きます。"
    )
    assert "連絡先メールアドレス（確認用）" not in facts
    assert [field.label for group in (LINE_GROUP, CONTACT_GROUP) for field in group.fields] == [
        label for label in facts if label in {field.label for field in TERMINATION.fields}
    ]
    last = page.all("//form[@method='post'][.//input[@name='operation']]")[0]
    assert " ".join(last.xpath(".//h2")[0].text_content().split()) == TERMINATION.irrevocable
    assert TERMINATION.say_commit in page.text
    assert page.texts("//form//div[@class='actions']/*[self::a or self::button]") == ["戻る", "申し込む"]
    assert rows_of(home) == []


@pytest.mark.req("OCN-143")
def test_going_back_keeps_what_was_entered(browser: PortalClient) -> None:
    page = checked(browser, note="鍵は管理室です。")
    [back, *_] = page.all("//a[contains(@href, 'edit=')]/@href")
    values = browser.get(back).form_values("//form[@action='/termination']")
    assert {name: values.get(name, "").lstrip() for name in FILLED} == FILLED | {"note": "鍵は管理室です。"}


@pytest.mark.req("OCN-126", "OCN-147", "OCN-148", "OCN-149", "OCN-150", "OCN-171")
def test_one_press_ends_it_once_and_for_all(portal: Portal, home: Line, browser: PortalClient) -> None:
    page = checked(browser)
    values = page.form_values("//form[.//input[@name='operation']]")
    done = browser.post("/termination/confirm", values)
    assert (done.status, done.location) == (303, "/termination/done")
    [row] = rows_of(home)
    assert (row.state, row.wanted_on.isoformat(), row.email) == ("accepted", FIRST_DAY, "taro@example.co.jp")
    assert standing(home) == "accepted"
    shown = browser.get("/termination/done")
    assert "2026/12/21(月)の廃止のお申込みを受け付けました。" in shown.text
    assert "一切の取り消しは出来ません。" in shown.text
    assert TERMINATION.refused in shown.text
    assert row.number in shown.text
    assert shown.all("//main//form") == []
    # The same press again, the form again, its address: nothing more happens.
    assert browser.post("/termination/confirm", values).location == "/termination/done"
    for path in ("/termination", "/credentials"):
        refused = browser.get(path)
        assert refused.status == 403
        assert TERMINATION.refused in refused.text
    assert browser.post("/termination", FILLED).status == 403
    entries = browser.get("/home").texts("//nav//a")
    assert "廃止申込" not in entries
    assert "設定方法について" in entries
    assert len(rows_of(home)) == 1
    [mail] = mails_of(portal, "termination_accepted")
    assert mail["to"] == "taro@example.co.jp"
    assert mail["day"] == "2026/12/21(月)"
    works = portal.run(lambda tx: tx.scalars(select(WorkItem.kind).where(WorkItem.tenant_id == tx.tenant)).all())
    assert list(works) == ["termination"]


def at_once(portal: Portal, posts: list[tuple[PortalClient, dict[str, str]]]) -> list[Any]:
    """All of these presses at the same moment."""

    async def together() -> list[Any]:
        return await asyncio.gather(*(b.arequest("POST", "/termination/confirm", data=v) for b, v in posts))

    found: list[Any] = portal.wait(together())
    return found


@pytest.mark.req("OCN-147")
@pytest.mark.parametrize("presses", [2, 16, 64])
def test_many_presses_at_once_accept_one_end(portal: Portal, home: Line, browser: PortalClient, presses: int) -> None:
    """Two browsers of one login, each with its own form, press as often as they can (T11)."""
    other = signed_in(portal)
    posts = []
    for each in (browser, other):
        values = checked(each).form_values("//form[.//input[@name='operation']]")
        posts += [(each, values)] * (presses // 2)

    answers = at_once(portal, posts)
    # Who reads the session after the first acceptance is told the same: there is one, and where it is seen.
    assert {answer.status_code for answer in answers} == {303}
    assert {answer.headers["location"] for answer in answers} == {"/termination/done"}
    assert len(rows_of(home)) == 1
    assert len(mails_of(portal, "termination_accepted")) == 1


@pytest.mark.req("OCN-147")
def test_without_a_token_of_the_page_nothing_happens(browser: PortalClient, home: Line) -> None:
    values = checked(browser).form_values("//form[.//input[@name='operation']]")
    answer = browser.post("/termination/confirm", {n: v for n, v in values.items() if n != "_csrf"}, csrf="")
    assert answer.status in (403, 409, 419)
    assert rows_of(home) == []


@pytest.mark.req("OCN-140")
def test_a_day_that_fell_out_of_the_window_goes_back_to_the_input(portal: Portal, home: Line) -> None:
    portal.clock.at = datetime(2026, 12, 14, 14, 59, 30, tzinfo=UTC)
    browser = signed_in(portal)
    values = checked(browser).form_values("//form[.//input[@name='operation']]")
    portal.clock.at = datetime(2026, 12, 14, 15, 0, 10, tzinfo=UTC)  # midnight in Japan has passed
    answer = browser.post("/termination/confirm", values)
    assert answer.status == 422
    assert answer.errors == [TERMINATION.days_gone]
    assert answer.form_values("//form[@action='/termination']")["contact_name"] == "山並 太郎"
    assert rows_of(home) == []


@pytest.mark.req("OCN-124", "OCN-152", "OCN-179")
def test_a_voice_option_is_named_before_the_input(browser: PortalClient, home: Line) -> None:
    assert TERMINATION.stays_title not in browser.get("/termination").text
    with_contract(home, lambda contract: setattr(contract, "features", ["auth-password", "voice"]))
    page = browser.get("/termination")
    assert page.texts("//h2")[0] == TERMINATION.stays_title
    assert "弊社営業担当者までお問い合わせください。" in page.texts("(//main//ul)[1]/li")[0]
    # Whether the line may still end is data: it may here.
    assert TERMINATION.stays_title in checked(browser).text


@pytest.mark.req("OCN-127", "OCN-151", "OCN-171")
def test_when_it_is_done_nobody_signs_in_any_more(portal: Portal, home: Line, browser: PortalClient) -> None:
    browser.post("/termination/confirm", checked(browser).form_values("//form[.//input[@name='operation']]"))
    [row] = rows_of(home)
    operator = operator_of(portal)
    assert portal.run(lambda tx: arrange(tx, operator, row.id, by="staff")) is False
    assert standing(home) == "accepted"
    assert browser.get("/home").status == 200
    portal.clock.at = datetime(2026, 12, 20, 15, 0, 1, tzinfo=UTC)  # the day has come
    fresh = try_login(portal.client())
    assert fresh.status == 303
    portal.run(lambda tx: arrange(tx, operator, row.id, by="staff"))
    assert standing(home) == "terminated"
    assert browser.get("/home").location.startswith("/login")
    refused, wrong = try_login(portal.client()), try_login(portal.client(), password="Chigau12")
    assert (refused.status, refused.errors) == (wrong.status, wrong.errors)


@pytest.mark.req("OCN-149")
def test_the_receipt_mail(portal: Portal) -> None:
    words = operator_of(portal).mail_texts["termination_accepted"]
    assert words.subject == "廃止申込み受付完了のお知らせ"


@pytest.mark.req("OCN-120")
def test_it_is_there_in_english(make_portal: MakePortal) -> None:
    portal = make_portal("ocn", theme="ocn", locale="en")
    portal.clock.at = NOW
    line(portal)
    page = checked(signed_in(portal))
    assert page.texts("//h1") == ["End of the contract"]
    assert "2026/12/21 (Mon)" in page.text
