"""Bills, invoices and home on parsed HTML, as CSV and as PDF."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pypdf
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from mypage.lib.clock import TOKYO
from mypage.testing.portal import NOON, MakePortal, Portal, PortalClient
from portal_rows import Person, add_account, add_bill, add_card, add_contract, add_notice, add_person, sign_in

PAYMENT = {"payment": {"adapter": "hosted-page", "base_url": "http://127.0.0.1:9", "key_env": "NOT_USED_HERE"}}
INTERNET = ("インターネット 100Mコース", 4000)


@pytest.fixture
def person(portal: Portal) -> Person:
    return add_person(portal)


@pytest.fixture
def client(portal: Portal, person: Person) -> PortalClient:
    return sign_in(portal, person)


def month(back: int) -> date:
    index = 2026 * 12 + 10 - back
    return date(index // 12, index % 12 + 1, 1)


def pdf_text(content: bytes) -> str:
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    return re.sub(r"\s", "", text)


# --- the list


@pytest.mark.req("ACTV-59", "ACTV-61")
def test_bills_are_listed_by_month_newest_first(portal: Portal, person: Person, client: PortalClient) -> None:
    for back in (3, 0, 13, 1):
        add_bill(portal, person, month(back), [("基本料金", 1000 + back)])
    page = client.get("/bills")
    assert page.texts("//h1") == ["ご請求明細"]
    assert page.texts("//tbody/tr/th") == ["2026年11月", "2026年10月", "2026年8月", "2025年10月"]
    assert page.texts("//tbody/tr/td[1]") == ["1,100円", "1,101円", "1,103円", "1,114円"]


def test_the_chart_marks_the_bill_that_its_caption_names(portal: Portal, person: Person, client: PortalClient) -> None:
    for back, amount in ((2, 500), (1, 500), (0, 1000), (0, 100)):
        add_bill(portal, person, month(back), [("基本料金", amount)])
    page = client.get("/bills")
    [caption] = page.texts("//figcaption//*[@class='amount__num']")
    heights = page.all("//ol[@class='bars']/li[@class='is-now']//rect/@height")
    assert heights == [{"1,100": "95", "110": "9"}[caption]]


@pytest.mark.req("ACTV-61")
def test_few_bills_stand_on_one_page_whatever_they_come_to(
    portal: Portal, person: Person, client: PortalClient
) -> None:
    add_bill(portal, person, month(0), [("基本料金", 900_000)])
    for path in ("/bills", "/invoices"):
        assert client.get(path).all("//a[contains(@href, 'page=')]") == []


@pytest.mark.req("ACTV-61")
def test_more_bills_than_a_page_holds_have_pages(portal: Portal, person: Person, client: PortalClient) -> None:
    for number in range(53):
        registered = "T1234567890123" if number % 50 else ""
        add_bill(portal, person, month(number // 10), [("基本料金", 1000 + number)], registration_number=registered)
    first, second = client.get("/bills"), client.get("/bills?page=2")
    assert [len(page.texts("//tbody/tr")) for page in (first, second)] == [50, 3]
    assert first.all("//nav[contains(@class,'pager')]//a[@rel='next']/@href") == ["/bills?page=2"]
    assert [bool(page.all("//ol[@class='bars']")) for page in (first, second)] == [True, False]
    assert not set(first.all("//tbody//a/@href")) & set(second.all("//tbody//a/@href"))
    assert [client.get(f"/invoices?page={n}").status for n in (1, 2, 3)] == [200, 200, 404]
    assert len(client.get("/invoices?page=2").texts("//tbody/tr")) == 1
    assert client.get("/bills?page=3").status == 404
    assert client.get("/bills?page=x").texts("//tbody/tr") == first.texts("//tbody/tr")


@pytest.mark.req("ACTV-61")
def test_fourteen_months_show_with_a_chart_of_thirteen(portal: Portal, person: Person, client: PortalClient) -> None:
    for back in range(14):
        add_bill(portal, person, month(back), [INTERNET])
    page = client.get("/bills")
    assert len(page.all("//tbody/tr")) == 14
    assert len(page.all("//ol[@class='bars']/li")) == 13


@pytest.mark.req("ACTV-61")
def test_the_list_reaches_as_far_back_as_the_operator_says(
    portal: Portal, person: Person, client: PortalClient
) -> None:
    last, gone = (add_bill(portal, person, month(back), [INTERNET]) for back in (23, 24))
    assert client.get("/bills").texts("//tbody/tr/th") == ["2024年12月"]
    assert client.get(f"/bills/{last}").status == 200
    for path in (f"/bills/{gone}", f"/bills/{gone}/pdf", f"/invoices/{gone}", f"/invoices/{gone}/pdf"):
        assert client.get(path).status == 404
    assert client.get("/invoices").texts("//tbody/tr/th") == ["2024年12月"]


def test_without_bills_every_page_says_so(client: PortalClient) -> None:
    for path in ("/home", "/bills", "/invoices"):
        page = client.get(path)
        assert page.status == 200
        assert page.all("//main//table") == []
    assert client.get("/bills").all("//a[contains(@href,'.csv')]") == []
    table = client.get("/bills/lines.csv")
    assert table.status == 200
    assert len(table.raw.content.decode("utf-8-sig").splitlines()) == 1


# --- one bill


@pytest.mark.req("ACTV-59", "ACTV-61")
def test_a_bill_shows_lines_sums_per_rate_and_neighbours(portal: Portal, person: Person, client: PortalClient) -> None:
    ids = [add_bill(portal, person, month(back), [INTERNET]) for back in (2, 0)]
    bill = add_bill(portal, person, month(1), [INTERNET, ("番組誌", 333, 800, True), ("預り金", -50, 0)])
    page = client.get(f"/bills/{bill}")
    assert page.texts("//tbody//th") == ["インターネット 100Mコース", "番組誌", "預り金"]
    assert page.texts("//tfoot//td") == ["4,000円", "400円", "333円", "26円", "−50円", "4,709円"]
    assert page.all("//ul[@class='pager']//a/@href") == [f"/bills/{ids[0]}", f"/bills/{ids[1]}", "/bills"]
    assert "2026年10月27日" in page.text


def test_two_bills_in_a_month_are_neighbours_and_compare_with_nothing(
    portal: Portal, person: Person, client: PortalClient
) -> None:
    add_bill(portal, person, month(1), [INTERNET])
    one, two = (add_bill(portal, person, month(0), [("工事費", 1000)], number=n) for n in ("A", "B"))
    page = client.get(f"/bills/{one}")
    assert f"/bills/{two}" in page.all("//ul[@class='pager']//a/@href")
    assert "先月" not in page.text


def reason(portal: Portal, person: Person, client: PortalClient, before: list, after: list) -> str:
    add_bill(portal, person, month(1), before)
    bill = add_bill(portal, person, month(0), after)
    (text,) = client.get(f"/bills/{bill}").texts("//div[contains(@class,'card')]/p[contains(@class,'muted')]")
    return text


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([INTERNET], [INTERNET], []),
        ([INTERNET], [INTERNET, ("電話", 500)], ["550円", "追加：電話（+500円）", "消費税（+50円）"]),
        ([INTERNET, ("電話", 500)], [INTERNET], ["550円", "終了：電話（−500円）", "消費税（−50円）"]),
        ([INTERNET], [(INTERNET[0], 4100)], ["110円", "変更：インターネット 100Mコース（+100円）", "消費税（+10円）"]),
        ([("電話", 100), ("電話", 200)], [("電話", 300)], []),
        ([("番組誌", 100, 0)], [("番組誌", 200, 0)], ["100円", "変更：番組誌（+100円）"]),
    ],
)
def test_the_difference_is_explained_to_the_yen(
    portal: Portal, person: Person, client: PortalClient, before: list, after: list, told: list[str]
) -> None:
    text = reason(portal, person, client, before, after)
    assert all(part in text for part in told)
    signed = [int(n.replace(",", "").replace("−", "-")) for n in re.findall(r"（([+−][\d,]+)円）", text)]
    total = int(re.findall(r"[\d,]+", text)[0].replace(",", "")) if told else 0
    assert abs(sum(signed)) == total


def test_too_many_changes_are_not_listed(portal: Portal, person: Person, client: PortalClient) -> None:
    text = reason(portal, person, client, [INTERNET], [INTERNET, *((f"品{n}", 100) for n in range(4))])
    assert "440円" in text
    assert "品" not in text


def test_a_change_that_the_lines_do_not_explain_gets_no_reason(
    portal: Portal, person: Person, client: PortalClient, test_database: object
) -> None:
    """Issued figures win over lines: what does not add up to the yen is not said."""
    from mypage.billing.compare import compare
    from mypage.billing.service import find_bill
    from mypage.hooks.context import Principal

    add_bill(portal, person, month(1), [INTERNET])
    bill = add_bill(portal, person, month(0), [INTERNET, ("電話", 500)])
    principal = Principal(
        account_id=person.account_id,
        customer_id=person.customer_id,
        session_id=bill,
        scheme="",
        role="",
        name="",
        customer_number="",
        email="",
        permissions=frozenset(),
    )
    detail = portal.run(lambda tx: find_bill(tx, principal, bill, months=24))
    from dataclasses import replace

    crooked = replace(detail, before_lines=(*detail.before_lines, replace(detail.lines[0], amount=1)))
    sound, unsound = compare(detail), compare(crooked)
    assert sound is not None
    assert sound.changes
    assert unsound is not None
    assert unsound.difference == 550
    assert unsound.changes == ()


def test_a_card_that_came_after_the_payment_is_not_named(portal: Portal, person: Person, client: PortalClient) -> None:
    paid = add_bill(portal, person, month(2), [INTERNET])
    coming = add_bill(portal, person, month(0), [INTERNET], status="scheduled")
    transfer = add_bill(portal, person, month(1), [INTERNET], method="口座振替")
    add_card(portal, person, registered=datetime(2026, 11, 1, tzinfo=TOKYO))
    assert "4242" in client.get(f"/bills/{coming}").text
    assert "4242" not in client.get(f"/bills/{paid}").text
    assert "口座振替" in client.get(f"/bills/{transfer}").text
    assert "4242" not in client.get(f"/bills/{transfer}").text


# --- files


def table(raw: bytes, encoding: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode(encoding), newline="")))


@pytest.mark.req("ACTV-59")
def test_the_lines_of_all_months_as_a_table(portal: Portal, person: Person, client: PortalClient) -> None:
    add_bill(portal, person, month(1), [INTERNET, ("=1+1", 10)], number="N-1")
    add_bill(portal, person, month(0), [("番組誌", -100, 800, True)], number="N-2")
    answer = client.get("/bills/lines.csv")
    assert answer.raw.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.raw.headers["content-disposition"]
    assert answer.raw.content.startswith(b"\xef\xbb\xbf")
    header, *rows = table(answer.raw.content, "utf-8-sig")
    assert header[0] == "月"
    assert header[-1] == "金額（税抜）"
    assert rows == [
        ["2026-11", "N-2", "番組誌", "2026-11-01", "2026-11-28", "", "8%", "対象", "-100"],
        ["2026-10", "N-1", INTERNET[0], "2026-10-01", "2026-10-28", "", "10%", "", "4000"],
        ["2026-10", "N-1", "'=1+1", "2026-10-01", "2026-10-28", "", "10%", "", "10"],
    ]
    older = client.get("/bills/lines.csv?encoding=cp932")
    assert older.raw.headers["content-type"] == "text/csv; charset=Shift_JIS"
    assert table(older.raw.content, "cp932") == [header, *rows]
    client.get("/display?language=en")
    assert table(client.get("/bills/lines.csv").raw.content, "utf-8-sig")[0][0] == "Month"


def test_another_encoding_is_utf8(client: PortalClient) -> None:
    assert client.get("/bills/lines.csv?encoding=utf-7").raw.content.startswith(b"\xef\xbb\xbf")


@pytest.mark.req("ACTV-60", "ACTV-61")
def test_the_invoice_is_a_qualified_one_on_screen_and_on_paper(make_portal: MakePortal) -> None:
    settings = {"issuer_name": "改名後の会社", "issuer_address": "青森県青森市1-1", "issuer_phone": "017-000-0000"}
    portal = make_portal("actv", settings=settings)
    person = add_person(portal, "1000777")
    client = sign_in(portal, person)
    bill = add_bill(portal, person, month(0), [INTERNET, ("番組誌", 333, 800, True)], number="INV-1")
    listed = client.get("/invoices")
    assert listed.texts("//h1") == ["インボイス（適格請求書）"]
    assert f"/invoices/{bill}/pdf" in listed.all("//main//a/@href")
    sheet = client.get(f"/invoices/{bill}").text
    facts = ("適格請求書", "T1234567890123", "発行時の会社名", "青森県青森市1-1", "017-000-0000", "1000777", "INV-1")
    for text in (*facts, "4,000円", "400円", "333円", "26円", "4,759円"):
        assert text in sheet
    assert "改名後の会社" not in sheet
    answer = client.get(f"/invoices/{bill}/pdf")
    assert answer.raw.headers["content-type"] == "application/pdf"
    assert "INV-1.pdf" in answer.raw.headers["content-disposition"]
    printed = pdf_text(answer.raw.content)
    for text in (*facts, "4,759"):
        assert text in printed
    plain = pdf_text(client.get(f"/bills/{bill}/pdf").raw.content)
    assert "適格請求書" not in plain
    assert "請求書" in plain


@pytest.mark.req("ACTV-60")
def test_a_bill_without_registration_number_is_no_qualified_invoice(
    portal: Portal, person: Person, client: PortalClient
) -> None:
    bill = add_bill(portal, person, month(0), [INTERNET], registration_number="")
    assert client.get("/invoices").all("//tbody/tr") == []
    assert client.get(f"/invoices/{bill}").status == 404
    assert client.get(f"/invoices/{bill}/pdf").status == 404
    assert client.get(f"/bills/{bill}/pdf").status == 200
    assert client.get(f"/bills/{bill}").all("//main//a[contains(@href,'/invoices')]") == []


def test_figures_that_contradict_each_other_are_not_printed(
    portal: Portal, person: Person, client: PortalClient
) -> None:
    bill = add_bill(portal, person, month(0), [INTERNET], registration_number="T123")
    assert client.get(f"/invoices/{bill}/pdf").status == 503
    assert client.get(f"/bills/{bill}").status == 200


def test_files_come_in_the_readers_language_and_below_the_portals_path(make_portal: MakePortal) -> None:
    portal = make_portal("actv", prefix="/aomori")
    person = add_person(portal, kind="company")
    client = sign_in(portal, person)
    bill = add_bill(portal, person, month(0), [INTERNET], number="INV-9")
    assert client.get("/bills").all("//main//a[@download]/@href") == ["/aomori/bills/lines.csv"]
    japanese = pdf_text(client.get(f"/invoices/{bill}/pdf").raw.content)
    assert "御中" in japanese
    client.get("/display?language=en")
    english = pdf_text(client.get(f"/aomori/invoices/{bill}/pdf").raw.content)
    assert "November2026" in english
    assert "適格請求書" not in english.replace("QualifiedInvoice（適格請求書）", "")


# --- whose


@pytest.mark.req("ACTV-78")
def test_nobody_elses_bill_can_be_read(
    portal: Portal, person: Person, client: PortalClient, make_portal: MakePortal
) -> None:
    neighbour = add_bill(portal, add_person(portal, "1000002"), month(0), [("隣の品", 99)], number="SECRET-1")
    elsewhere = make_portal("actv")
    same_number = add_person(elsewhere, "1000001")
    foreign = add_bill(elsewhere, same_number, month(0), [("よその品", 98)], number="SECRET-2")
    for bill in (neighbour, foreign, "00000000-0000-0000-0000-000000000000", "1", "x" * 300, "..%2f..%2fetc"):
        for path in (f"/bills/{bill}", f"/bills/{bill}/pdf", f"/invoices/{bill}", f"/invoices/{bill}/pdf"):
            assert client.get(path).status == 404, path
    for path in ("/home", "/bills", "/invoices", "/bills/lines.csv"):
        raw = client.get(path).raw.text
        assert not any(secret in raw for secret in ("SECRET", "隣の品", "よその品", "108円", "107円"))


@pytest.mark.req("ACTV-78")
def test_bills_need_a_login_and_the_permission(portal: Portal, person: Person) -> None:
    bill = add_bill(portal, person, month(0), [INTERNET])
    limited = sign_in(portal, add_account(portal, person, "nothing"))
    paths = ("/home", "/bills", "/bills/lines.csv", "/invoices")
    for path in (*paths, *(f"/{kind}/{bill}{end}" for kind in ("bills", "invoices") for end in ("", "/pdf"))):
        assert portal.client().get(path).location.startswith("/login"), path
        assert limited.get(path).status == 403, path


# --- home


@pytest.mark.req("ACTV-27", "ACTV-28", "ACTV-30", "ACTV-56", "ACTV-82")
def test_home_has_header_functions_notices_and_telephone(portal: Portal, client: PortalClient) -> None:
    page = client.get("/home")
    assert "青森 太郎 様" in " ".join(page.texts("//header"))
    labels = ["ご契約内容参照", "ご請求明細", "インボイス（適格請求書）", "クレジットカード変更", "ID・パスワード変更"]
    assert page.texts("//*[@class='tile__title']") == labels
    assert page.all("//a[@class='tile']/@href")[:4] == ["/contract", "/bills", "/invoices", "/card"]
    assert "青森ケーブルテレビからのお知らせはありません。" in page.text
    assert "お知らせ情報をご覧になれます。" in page.text
    whole = " ".join(page.html.text_content().split())
    for text in ("お電話でのお問合せ", "0120-442-208", "受付時間 9:00~17:30", "TOP", "ログアウト"):
        assert text in whole


@pytest.mark.req("ACTV-77", "ACTV-84", "ACTV-85")
def test_home_offers_no_order_and_no_code(client: PortalClient) -> None:
    page = client.get("/home")
    whole = page.html.text_content()
    for word in ("お申し込み", "オプション購入", "解約", "住所変更", "認証コード"):
        assert word not in whole


@pytest.mark.req("ACTV-56", "ACTV-58")
def test_home_shows_bill_contract_and_notices(portal: Portal, person: Person, client: PortalClient) -> None:
    add_contract(portal, person, "C-1", [("テレビ", "基本コース", "active"), ("電話", "旧プラン", "terminated")])
    add_contract(portal, person, "C-0", [("テレビ", "昔のコース", "active")], status="terminated")
    bill = add_bill(portal, person, month(0), [INTERNET], status="scheduled")
    add_bill(portal, person, month(1), [INTERNET])
    for number in range(7):
        add_notice(portal, f"第{number}号", starts_at=NOON - timedelta(days=number))
    page = client.get("/home")
    assert page.texts("//section[@aria-labelledby='contracts']//dt") == ["テレビ"]
    assert "基本コース" in page.text
    assert "4,400円" in page.text
    assert page.all("//section[@aria-labelledby='bill']//a/@href") == [f"/bills/{bill}"]
    assert page.texts("//*[@class='notice__title']") == [f"第{n}号" for n in range(5)]
    assert page.all("//main//*[contains(@class,'callout')]") == []


def callouts(page: object) -> list[str]:
    return page.texts("//main//*[@class='callout__title'] | //main//*[contains(@class,'card--soft')]//li")


@pytest.mark.req("ACTV-56")
def test_home_says_what_needs_attention_the_most_pressing_first(make_portal: MakePortal) -> None:
    portal = make_portal("actv", extensions=PAYMENT)
    person = add_person(portal)
    client = sign_in(portal, person)
    add_bill(portal, person, month(0), [INTERNET], status="scheduled")
    unpaid = add_bill(portal, person, month(1), [INTERNET], status="unpaid")
    failed = add_bill(portal, person, month(5), [INTERNET], status="failed")
    old = add_notice(portal, "重要な工事", starts_at=NOON - timedelta(days=90), importance="important")
    for number in range(6):
        add_notice(portal, f"第{number}号", starts_at=NOON - timedelta(days=number))
    page = client.get("/home")
    links = page.all(
        "//main//*[contains(@class,'callout')]//a/@href | //main//*[contains(@class,'card--soft')]//a/@href"
    )
    assert links == [f"/bills/{failed}", f"/bills/{unpaid}", "/card", f"/notices/{old}"]
    client.get(f"/notices/{old}")
    assert f"/notices/{old}" not in client.get("/home").all("//main//a/@href")


@pytest.mark.parametrize(
    ("method", "expires", "said"),
    [
        ("クレジットカード", None, "登録されていません"),
        ("クレジットカード", (2026, 10), "有効期限が切れ"),
        ("クレジットカード", (2026, 11), "2026年11月"),
        ("クレジットカード", (2026, 12), ""),
        ("口座振替", None, ""),
        ("口座振替", (2026, 10), ""),
        ("", (2026, 10), "有効期限が切れ"),
        ("", None, ""),
    ],
)
def test_the_card_matters_only_to_who_pays_by_card(
    make_portal: MakePortal, method: str, expires: tuple[int, int] | None, said: str
) -> None:
    portal = make_portal("actv", extensions=PAYMENT)
    person = add_person(portal)
    add_bill(portal, person, month(0), [INTERNET], method=method)
    if expires:
        add_card(portal, person, expires=expires)
    found = callouts(sign_in(portal, person).get("/home"))
    assert [said in text for text in found] == ([True] if said else [])


@contextmanager
def counted() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_home_asks_the_database_five_times_however_much_there_is(
    portal: Portal, person: Person, client: PortalClient
) -> None:
    def statements(path: str) -> int:
        with counted() as seen:
            assert client.get(path).status == 200
        return len([s for s in seen if not s.startswith(("BEGIN", "SELECT enter_tenant", "SELECT pg_"))])

    few = statements("/home")
    add_card(portal, person)
    for back in range(14):
        bill = add_bill(portal, person, month(back), [INTERNET], status="unpaid")
        add_contract(portal, person, f"C-{back}", [("テレビ", f"コース{n}", "active") for n in range(4)])
        add_notice(portal, f"第{back}号", starts_at=NOON - timedelta(days=back), importance="urgent")
    assert statements("/home") == few == 5
    assert statements("/contract") == 3  # one more counts for the pages of the list
    assert statements("/bills") == 2
    assert statements("/notices") == 2
    assert statements(f"/bills/{bill}") <= 5


def test_the_menu_marks_where_one_is(portal: Portal, person: Person, client: PortalClient) -> None:
    bill = add_bill(portal, person, month(0), [INTERNET])
    current = "//nav//a[@aria-current='page']/@href"
    assert "/bills" in client.get(f"/bills/{bill}").all(current)
    assert "/invoices" in client.get(f"/invoices/{bill}").all(current)
    assert "/bills" not in client.get(f"/invoices/{bill}").all(current)
