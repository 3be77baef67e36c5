"""Mail accounts: change by exclusive patterns, terms, the check (OCN-75 to OCN-105)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from placekit import DESK, FIRST, SECOND, SECRET, MailLine, mail_line
from sqlalchemy import select

import mypage_ocn.slots as words
from mypage.audit.models import AuditEntry
from mypage.forms.models import Draft
from mypage.orders.models import ConsentText
from mypage.testing.portal import Answer, MakePortal

CHECK = {"pattern": "1", "p1-option-virus-check": "use"}
NAME = {"pattern": "3", "p3-name": "opqrstu", "p3-secret": SECRET, "p3-again": SECRET}
BOTH = {"pattern": "2", "p2-name": "opqrstu", "p2-secret": SECRET, "p2-again": SECRET, "p2-option-virus-check": "use"}
TITLE = "メールアカウント・ウイルスチェックサービス確認・変更"
STEPS = ["STEP1一覧（済）", "STEP2入力（済）", "STEP3確認", "完了"]
LONGER = ["STEP1一覧（済）", "STEP2入力（済）", "STEP3規約（済）", "STEP4確認", "完了"]


@pytest.fixture
def mine(make_portal: MakePortal) -> MailLine:
    """Two accounts, the second as in the manual; what is applied for waits."""
    return mail_line(make_portal("ocn", extensions=DESK), FIRST, SECOND)


def diff(page: Answer) -> dict[str, tuple[str, str]]:
    """Row → before and after."""
    rows = page.all("//table[@class='diff']/tbody/tr")
    return {r[0].text_content(): (r[1].text_content(), r[3].text_content()) for r in rows}


def move(mine: MailLine, by: timedelta) -> None:
    mine.portal.clock.at += by


def drafts(mine: MailLine) -> list[Draft]:
    return mine.portal.run(lambda tx: list(tx.scalars(select(Draft).where(Draft.tenant_id == tx.tenant))))


@pytest.mark.req("OCN-75", "OCN-76", "OCN-77", "OCN-78", "OCN-79", "OCN-80", "OCN-85", "OCN-86", "OCN-110")
def test_the_change_shows_what_there_is_and_three_patterns_in_the_manuals_words(mine: MailLine) -> None:
    page = mine.browser.get("/slots/mail/2")
    assert page.texts("//h1") == ["お申込み内容入力"]
    assert page.texts("//ol[@class='steps']/li") == ["STEP1一覧（済）", "STEP2入力", "STEP3確認", "完了"]
    assert page.texts("//section[@aria-labelledby='now']/h2") == ["現在のご利用状況"]
    assert page.texts("//section[@aria-labelledby='now']//dl/div") == [
        f"メールアカウント{SECOND}", "ウィルスチェックサービス利用しない",
    ]  # fmt: skip
    assert "現在のメールアカウント・ウィルスチェックサービスが確認できます。" in page.text
    told = "メールアカウントの追加・変更・削除のお申込み及びウィルスチェックサービスのお申込みを入力して下さい。"
    assert told in page.text
    assert "情報を入力してください。" in page.texts("//form/h2")
    assert page.texts("//*[@role='radiogroup']/preceding-sibling::p") == [words.SLOT_PAGES[0].patterns_lead]
    patterns = page.all("//div[@class='pattern']")
    assert [" ".join(p[0].text_content().split()) for p in patterns] == [
        (
            "←ウイルスチェックサービスのみ変更申込みをする。既にお持ちのメールアドレスにウイルスチェックサービスを追加する場合は、"
            "こちらにチェックして、次へ進んでください。"
        ),
        "←メールアカウントと、ウイルスチェックサービスを同時に変更申込みする。",
        "←メールアカウントのみ変更申込みをする。",
    ]
    account = ["メールアカウント 必須", "メールパスワード 必須", "メールパスワード(確認の為再入力) 必須"]
    check = ["ウイルスチェックサービス 必須"]
    found = [[" ".join(e.text_content().split()) for e in p.xpath(".//*[@class='label']")] for p in patterns]
    assert found == [check, account + check, account]
    options = patterns[0].xpath(".//fieldset//label")
    assert [o.text_content().strip() for o in options] == ["利用する", "利用しない"]
    assert page.all("//main//input[@type='radio'][@checked]") == []
    assert "入力した内容がよろしければ「次へ」ボタンをクリックして下さい。" in page.text
    assert page.texts("//div[@class='actions']/*[self::a or self::button]") == ["戻る", "次へ"]
    assert page.all("//div[@class='actions']/a/@href") == ["/slots/mail"]


@pytest.mark.req("OCN-83")
def test_no_browser_fills_in_what_nobody_chose(mine: MailLine) -> None:
    page = mine.browser.get("/slots/mail/2")
    assert page.all("//main//form/@autocomplete") == ["off"]
    assert set(page.all("//main//input[@type='text']/@autocomplete")) == {"off"}
    assert page.all("//main//input[@type='password']/@autocomplete") == ["new-password"] * 4
    assert page.all("//main//form/@novalidate") == [""]
    names = page.all("//main//form//input/@name")
    ids = page.all("//*/@id")
    assert len(ids) == len(set(ids))
    assert {n.partition("-")[0] for n in names if "-" in n} == {"p1", "p2", "p3"}


@pytest.mark.req("OCN-81", "OCN-82", "OCN-83")
@pytest.mark.parametrize("fields", [CHECK, NAME, BOTH], ids=["1", "2-name", "both"])
def test_values_of_the_other_patterns_are_ignored(mine: MailLine, fields: dict[str, str]) -> None:
    chosen = f"p{fields['pattern']}-"
    junk = {
        f"p{code}-{name}": "ごみ@@"
        for code in ("1", "2", "3")
        for name in ("name", "secret", "again", "option-virus-check")
        if not f"p{code}-".startswith(chosen)
    }
    answer = mine.enter(2, junk | fields)
    assert answer.status == 200, answer.errors
    [draft] = drafts(mine)
    assert draft.data["local"] == fields.get(f"{chosen}name")
    assert draft.data["options"] == (["virus-check"] if f"{chosen}option-virus-check" in fields else [])
    assert (draft.sealed is None) == (f"{chosen}secret" not in fields)
    assert SECRET not in json.dumps(draft.data)
    assert draft.expires_at - draft.created_at <= timedelta(minutes=10)


MISTAKES: list[tuple[dict[str, str], list[str]]] = [
    ({"pattern": ""}, ["パターンを1つ選び"]),
    ({"pattern": "9"}, ["パターンを1つ選び"]),
    ({"pattern": "1", "p1-option-virus-check": ""}, ["ウイルスチェックサービス"]),
    ({"pattern": "1", "p1-option-virus-check": "not"}, ["現在のご利用状況と同じです"]),
    (NAME | {"p3-name": ""}, ["メールアカウント"]),
    (NAME | {"p3-name": "k04xm40u"}, ["現在と同じです"]),
    (NAME | {"p3-name": "opq@x"}, ["メールアカウント"]),
    (NAME | {"p3-name": "Opqrstu"}, ["メールアカウント"]),
    (NAME | {"p3-name": "おぴき"}, ["メールアカウント"]),
    (NAME | {"p3-name": ".opq"}, ["メールアカウント"]),
    (NAME | {"p3-name": "postmaster"}, ["ご利用いただけません"]),
    (NAME | {"p3-secret": "", "p3-again": ""}, ["メールパスワード", "メールパスワード(確認の為再入力)"]),
    (NAME | {"p3-again": "Umi4826kazf"}, ["確認のためのパスワードが違います"]),
    (NAME | {"p3-secret": "ｕｍｉ４８２６ｋａｚｅ", "p3-again": "ｕｍｉ４８２６ｋａｚｅ"}, ["メールパスワード"]),
    (NAME | {"p3-secret": "umi 4826kaze", "p3-again": "umi 4826kaze"}, ["メールパスワード"]),
    (BOTH | {"p2-option-virus-check": "not"}, ["現在のご利用状況と同じです"]),
]


@pytest.mark.req("OCN-24", "OCN-25", "OCN-84")
def test_each_mistake_is_said_at_its_field_and_leads_nowhere(mine: MailLine) -> None:
    for wrong, messages in MISTAKES:
        answer = mine.enter(2, wrong)
        assert answer.status == 422
        assert len(answer.errors) == len(messages), answer.errors
        for said, wanted in zip(answer.errors, messages, strict=True):
            assert wanted in said
        _points_at_the_fields(answer)
        kept = wrong.get("p3-name") or wrong.get("p2-name")
        if kept:
            assert kept in answer.all("//main//input[@type='text']/@value")
        assert answer.all("//main//input[@type='password']/@value") == []
        if wrong["pattern"] in ("1", "2", "3"):
            assert answer.all("//main//input[@name='pattern'][@checked]/@value") == [wrong["pattern"]]
    assert drafts(mine) == []


def _points_at_the_fields(answer: Answer) -> None:
    assert answer.all("//title")[0].text.startswith("エラー：")
    for target in answer.all("//*[@id='errors']//a/@href"):
        [field] = answer.all(f"//*[@id='{target[1:]}']")
        described = field.get("aria-describedby") or field.xpath("ancestor-or-self::fieldset/@aria-describedby")[0]
        assert any(answer.all(f"//*[@id='{each}'][contains(@class,'error')]") for each in described.split())


@pytest.mark.req("OCN-87", "OCN-88", "OCN-90", "OCN-91")
def test_the_terms_come_when_the_check_is_newly_chosen_and_before_the_confirm(mine: MailLine) -> None:
    page = mine.enter(2, BOTH)
    assert page.texts("//h1") == ["ウイルスチェックサービス規約"]
    assert page.texts("//ol[@class='steps']/li") == [
        "STEP1一覧（済）", "STEP2入力（済）", "STEP3規約", "STEP4確認", "完了",
    ]  # fmt: skip
    assert page.texts("//li[@aria-current='step']") == ["STEP3規約"]
    for line in words.SLOT_PAGES[0].options[words.VIRUS_CHECK].terms_lead:
        assert line in page.text
    assert page.texts("//main//button") == [
        "ウイルスチェックサービス申込みをやめる", "規約に同意してウイルスチェックサービスを申し込む",
    ]  # fmt: skip
    [draft] = drafts(mine)
    early = mine.browser.get(f"/slots/mail/confirm?draft={draft.id}")
    assert early.location == f"/slots/mail/terms?draft={draft.id}"
    forged = mine.browser.post("/slots/mail/confirm", {"operation": str(draft.id), "price": "x"})
    assert forged.location == f"/slots/mail/terms?draft={draft.id}"
    other = mine.browser.post("/slots/mail/terms", {"operation": str(draft.id), "answer": "agree", "terms": "x"})
    assert other.location == f"/slots/mail/terms?draft={draft.id}"
    assert mine.applications() == []
    mine.browser.get(f"/slots/mail/terms?draft={draft.id}")
    confirm = mine.agree()
    assert confirm.texts("//ol[@class='steps']/li") == LONGER


@pytest.mark.req("OCN-91")
def test_what_was_agreed_to_and_when_is_kept_with_the_application(mine: MailLine) -> None:
    mine.enter(2, CHECK)
    agreed_at = mine.portal.clock.now()
    mine.agree()
    move(mine, timedelta(minutes=3))
    mine.commit([])
    [app] = mine.applications()

    def kept(tx: Any) -> tuple[ConsentText, AuditEntry]:
        text = tx.scalars(select(ConsentText).where(ConsentText.tenant_id == tx.tenant)).one()
        note = tx.scalars(
            select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant, AuditEntry.action == "slot.terms_agreed")
        ).one()
        return text, note

    text, note = mine.portal.run(kept)
    assert app.consent_id == text.id
    assert (text.product, text.version, text.language) == ("virus-check", "2024-03", "ja")
    assert all(line in text.body for line in words.PRODUCTS[1].terms)
    assert note.object_id == str(app.id)
    assert note.after == {"product": "virus-check", "version": "2024-03", "agreed_at": agreed_at.isoformat()}


@pytest.mark.req("OCN-92")
def test_giving_up_at_the_terms_drops_everything(mine: MailLine) -> None:
    page = mine.enter(2, BOTH)
    [draft] = drafts(mine)
    back = mine.browser.submit({"answer": "stop"}, follow=True)
    assert back.texts("//h1") == [TITLE]
    assert drafts(mine) == []
    gone = mine.browser.get(f"/slots/mail/confirm?draft={draft.id}", follow=True)
    assert gone.texts("//h1") == [TITLE]
    assert "もう一度入力してください。" in gone.raw.text
    assert page.status == 200
    assert mine.applications() == []


@pytest.mark.req("OCN-89", "OCN-90")
def test_no_terms_stand_before_ending_the_check(make_portal: MakePortal) -> None:
    mine = mail_line(make_portal("ocn", extensions=DESK), FIRST)
    mine.put(2, SECOND, "virus-check")
    page = mine.enter(2, {"pattern": "1", "p1-option-virus-check": "not"})
    assert page.texts("//h1") == ["お申込み内容"]
    assert page.texts("//ol[@class='steps']/li") == STEPS
    assert page.texts("//li[@aria-current='step']") == ["STEP3確認"]
    assert diff(page)["ウイルスチェックサービス"] == ("利用する", "利用しない")
    assert diff(page)["月額使用料金"] == ("450円（税込 495円）", "250円（税込 275円）")
    renamed = mine.enter(2, NAME)
    assert renamed.texts("//h1") == ["お申込み内容"]


@pytest.mark.req("OCN-93", "OCN-94", "OCN-95", "OCN-96", "OCN-103", "OCN-104", "OCN-105", "OCN-117")
@pytest.mark.parametrize(
    ("fields", "heading", "account", "check", "price"),
    [
        (CHECK, "■ ウィルスチェックサービスの変更", "変更なし", "利用する", "450円（税込 495円）"),
        (BOTH, "■ メールアカウント、ウイルスチェックサービスの変更", "opqrstu", "利用する", "450円（税込 495円）"),
        (NAME, "■ メールアカウントの変更", "opqrstu", "変更なし", "変更なし"),
    ],
    ids=["1", "2", "3"],
)
def test_the_check_shows_before_and_after(
    mine: MailLine, fields: dict[str, str], heading: str, account: str, check: str, price: str
) -> None:
    page = mine.enter(2, fields)
    if "p3-name" not in fields:
        page = mine.agree()
    assert page.texts("//h1") == ["お申込み内容"]
    assert page.texts("//main//h2")[0] == heading
    assert page.texts("//table[@class='diff']//th[@scope='col']") == ["ご利用中の情報", "変更後アカウント情報"]
    assert diff(page) == {
        "メールアカウント": (SECOND, account),
        "ウイルスチェックサービス": ("利用しない", check),
        "月額使用料金": ("250円（税込 275円）", price),
        "メールアカウントの数": ("2個", "変更なし"),
    }
    assert page.texts("//td[@class='arrow']") == ["から"] * 4
    assert set(page.all("//table[@class='diff']//td/@data-label")) == {"ご利用中の情報", "変更後アカウント情報"}
    warned = "ご希望のアカウントが既に使用されている場合など、希望のアカウントが予約できず、変更できない場合が"
    assert (warned in page.text) == ("pattern" in fields and fields["pattern"] != "1")
    assert ("@以降のホスト名は登録ボタンをクリックした後決まります。" in page.text) == (fields["pattern"] != "1")
    assert "入力した内容がよろしければ「登録」ボタンをクリックして下さい。" in page.text
    assert page.texts("//div[@class='actions']/*[self::a or self::button]") == ["戻る", "登録"]
    assert SECRET not in page.raw.text
    assert "*" not in page.text


@pytest.mark.req("OCN-103")
def test_back_from_the_check_keeps_what_was_entered_but_for_passwords(mine: MailLine) -> None:
    mine.enter(2, BOTH)
    page = mine.agree()
    [where] = page.all("//div[@class='actions']/a/@href")
    back = mine.browser.get(where)
    assert back.all("//input[@name='pattern'][@checked]/@value") == ["2"]
    assert back.all("//input[@name='p2-name']/@value") == ["opqrstu"]
    assert back.all("//input[@name='p2-option-virus-check'][@checked]/@value") == ["use"]
    assert back.all("//input[@type='password']/@value") == []
    assert SECRET not in back.raw.text
    again = mine.browser.submit({"p2-secret": SECRET, "p2-again": SECRET}, follow=True)
    assert again.texts("//h1") == ["ウイルスチェックサービス規約"]
    assert len(drafts(mine)) == 1


def test_what_was_entered_in_another_window_is_said_to_be_gone(mine: MailLine) -> None:
    first = mine.enter(2, NAME)
    older = first.form_values()
    mine.enter(1, {"pattern": "3", "p3-name": "another", "p3-secret": SECRET, "p3-again": SECRET})
    answer = mine.browser.post("/slots/mail/confirm", older, follow=True)
    assert answer.texts("//h1") == [TITLE]
    assert "入力された内容は、時間がたったか、ほかの画面で新しく入力されたため、残っていません。" in answer.raw.text
    assert mine.applications() == []


def test_after_ten_minutes_nothing_is_left_of_what_was_entered(mine: MailLine) -> None:
    mine.enter(2, BOTH)
    move(mine, timedelta(minutes=9))
    late = mine.agree().form_values()
    move(mine, timedelta(minutes=1))
    answer = mine.browser.post("/slots/mail/confirm", late, follow=True)
    assert "残っていません" in answer.raw.text
    assert mine.applications() == []


@pytest.mark.req("OCN-155")
def test_logging_out_wipes_what_was_entered(mine: MailLine) -> None:
    mine.enter(2, NAME)
    assert len(drafts(mine)) == 1
    mine.browser.post("/logout", {})
    assert drafts(mine) == []
