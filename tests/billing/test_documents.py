from __future__ import annotations

import io
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from mypage.billing import documents
from mypage.billing.documents import (
    InvoiceDocument,
    InvoiceKind,
    InvoiceLine,
    InvoicePrinter,
    UnsoundInvoice,
    period_text,
)
from mypage.billing.glyphs import characters_of, showable
from mypage.billing.tax import InvoiceTotals, RateTotal, TaxMode, totals

FONTS = Path(documents.__file__).parent.parent / "static" / "fonts"
START, END = date(2026, 10, 21), date(2026, 11, 20)
LINES = (
    InvoiceLine(description="インターネット 100Mコース", amount=4300, rate_bp=1000, period_from=START, period_to=END),
    InvoiceLine(description="番組誌①", amount=1203, rate_bp=800, reduced=True, period_from=START, period_to=END),
    InvoiceLine(description="返金", amount=-500, rate_bp=1000, period_text="2026年10月分"),
)


@pytest.fixture(scope="module")
def printer() -> InvoicePrinter:
    return InvoicePrinter()


def document(lines: tuple[InvoiceLine, ...] = LINES) -> InvoiceDocument:
    return InvoiceDocument(
        addressee="髙﨑 花子",
        customer_number="0012345",
        number="2026-11-0012345",
        issued_on=date(2026, 11, 10),
        month=date(2026, 11, 1),
        issuer="㈱みほんケーブル",
        registration_number="T1234567890123",
        issuer_phone="0120-000-000",
        issuer_address=("見本県見本市1-2-3",),
        payment_method="クレジットカード",
        due_on=date(2026, 11, 27),
        lines=lines,
        totals=totals(lines),
    )


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def copied(pdf: bytes) -> str:
    """What a second reader of PDF files, independent of pypdf, finds; without the breaks that only the layout made."""
    done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    return re.sub(r"\s+", "", done.stdout.decode())


@pytest.mark.req("ACTV-60")
@pytest.mark.req("ACTV-61")
def test_the_sheet_carries_all_that_the_law_wants(printer: InvoicePrinter) -> None:
    text = "".join(pages(printer.render(document())))
    for wanted in (
        "適格請求書",
        "髙﨑 花子 様",
        "㈱みほんケーブル",
        "T1234567890123",
        "2026年11月10日",
        "2026/10/21〜11/20",
        "番組誌① ※",
        "※は軽減税率の対象です。",
        "10%対象",
        "8%対象 ※",
    ):
        assert wanted in text
    assert re.search(r"10%対象\s*3,800円\s*380円\s*4,180円", text)
    assert re.search(r"8%対象 ※\s*1,203円\s*96円\s*1,299円", text)
    assert re.search(r"合計\s*5,003円\s*476円\s*5,479円", text)
    assert re.search(r"5,479\s*円", text)
    assert "-500円" in text


def test_lines_stand_under_their_headings(printer: InvoicePrinter) -> None:
    grouped = replace(LINES[0], group="見本ハイツ")
    assert "その他" not in copied(printer.render(document()))
    assert re.search(
        "見本ハイツ.*インターネット.*その他.*番組誌", copied(printer.render(document((grouped, *LINES[1:]))))
    )


def test_japanese_can_be_copied(printer: InvoicePrinter) -> None:
    text = copied(printer.render(document()))
    for wanted in (
        "髙﨑花子様",
        "㈱みほんケーブル",
        "番組誌①※",
        "消費税額は、税率ごとに1回、1円未満を切り捨てています。",
    ):
        assert wanted in text


def test_the_file_is_tagged_and_says_what_it_is(printer: InvoicePrinter) -> None:
    reader = PdfReader(io.BytesIO(printer.render(document())))
    root: Any = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert str(root["/Lang"]).startswith("ja")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "適格請求書 2026-11-0012345"
    assert reader.metadata.author == "㈱みほんケーブル"
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == date(2026, 11, 10)
    [page] = reader.pages
    assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
    resources: Any = page["/Resources"]
    fonts = resources["/Font"].values()
    assert fonts
    assert all("BIZUDPGothic" in font.get_object()["/BaseFont"] for font in fonts)


def test_it_speaks_english_too(printer: InvoicePrinter) -> None:
    pdf = printer.render(replace(document(), lang="en", addressee="Hanako Aomori"))
    text = "".join(pages(pdf))
    assert str(PdfReader(io.BytesIO(pdf)).root_object["/Lang"]).startswith("en")
    for wanted in ("Qualified invoice", "Charges for November 2026.", "Nov 27, 2026", "-¥500", "Consumption tax"):
        assert wanted in text
    assert "様" not in text
    assert "5,479" in text


@pytest.mark.req("ACTV-61")
def test_many_lines_fill_numbered_pages(printer: InvoicePrinter) -> None:
    lines = tuple(
        InvoiceLine(description=f"回線{number:03d}", amount=1000 + number, rate_bp=1000, group=f"建物{number // 100}")
        for number in range(500)
    )
    texts = pages(printer.render(document(lines)))
    assert len(texts) > 10
    for number, text in enumerate(texts, 1):
        assert f"{number} / {len(texts)}" in text
        assert "2026-11-0012345" in text
        assert "髙﨑 花子 様" in text
    assert all("金額（税抜）" in text for text in texts[:-1])
    found = re.findall(r"回線(\d{3})\s*10%\s*([\d,]+)円", "\n".join(texts))
    assert [(int(number), int(amount.replace(",", ""))) for number, amount in found] == [
        (number, 1000 + number) for number in range(500)
    ]


HOSTILE = [
    '#panic("x")',
    "*bold* _it_ $x^2$",
    "\\u{41} \\ \"'",
    "= heading",
    "// gone /* gone */",
    "@ref <label> `raw` ~ --- ...",
    "{{ 7*7 }} ${x} %s",
    "https://example.jp/?a=b&c",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_markup_in_a_name_is_only_text(printer: InvoicePrinter, name: str) -> None:
    lines = (InvoiceLine(description=name, amount=1, rate_bp=1000, period_text=name, group=name),)
    doc = replace(document(lines), addressee=name, issuer=name, payment_method=name, notes=(name,), number=name)
    text = copied(printer.render(doc))
    assert text.count(name.replace(" ", "")) >= 7


def test_long_names_wrap_inside_the_sheet(printer: InvoicePrinter) -> None:
    name = "とても長い名前の建物" * 12
    serial = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" * 6
    doc = replace(document((InvoiceLine(description=serial, amount=1, rate_bp=1000),)), addressee=name, company=True)
    pdf = printer.render(doc)
    text = copied(pdf)
    assert f"{name}御中" in text
    assert serial in text
    right_edges = boxes(pdf)
    assert max(right_edges) <= 595 - 54


def boxes(pdf: bytes) -> list[float]:
    done = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True)
    return [float(edge) for edge in re.findall(r'xMax="([\d.]+)"', done.stdout.decode())]


@pytest.mark.parametrize(
    "name", ["😀", "\x00\x07\x1b", "\ud800", "العربية 한국", "", "\u202eevil", "\U000e0100", "が\u3099"]
)
def test_characters_without_a_glyph_do_not_stop_the_bill(printer: InvoicePrinter, name: str) -> None:
    lines = (InvoiceLine(description=name, amount=1, rate_bp=1000, group=name),)
    assert "適格請求書" in copied(printer.render(replace(document(lines), addressee=name, issuer=name, notes=(name,))))


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_can_be_printed(printer: InvoicePrinter, text: str) -> None:
    lines = (InvoiceLine(description=text, amount=1, rate_bp=1000, period_text=text),)
    assert printer.render(replace(document(lines), addressee=text, customer_number=text)).startswith(b"%PDF")


def test_what_has_no_glyph_is_marked_and_the_rest_kept() -> None:
    known = characters_of(FONTS / "BIZUDPGothic-Regular.ttf")
    assert len(known) > 11_000
    assert showable("髙﨑①㈱𠮷 😀 か\u3099\n神", known) == "髙﨑①㈱吉 〓 が 神"


def test_two_threads_print_their_own_invoices(printer: InvoicePrinter) -> None:
    def one(number: int) -> bool:
        return f"お客{number:04d} 様" in "".join(
            pages(printer.render(replace(document(), addressee=f"お客{number:04d}")))
        )

    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(one, range(12)))


def test_the_same_invoice_gives_the_same_file(printer: InvoicePrinter) -> None:
    assert printer.render(document()) == InvoicePrinter().render(document())


def test_without_a_registration_number_it_is_a_plain_invoice(printer: InvoicePrinter) -> None:
    text = copied(printer.render(replace(document(), kind=InvoiceKind.PLAIN, registration_number="")))
    assert "適格" not in text
    assert "登録番号" not in text


@pytest.mark.req("ACTV-61")
@pytest.mark.parametrize(
    "change",
    [
        {"registration_number": ""},
        {"registration_number": "T123"},
        {"registration_number": "T１２３４５６７８９０１２３"},
        {"totals": totals(LINES[:2])},
        {"totals": InvoiceTotals((*totals(LINES).rates, RateTotal(0, False, 0, 0)))},
        {"totals": InvoiceTotals((RateTotal(1000, False, 3800, 381), RateTotal(800, True, 1203, 96)))},
        {"rounding": TaxMode.UP},
        {"accent": "red"},
        {"lang": "fr"},
    ],
)
def test_an_unsound_invoice_cannot_be_made(change: dict[str, object]) -> None:
    with pytest.raises(UnsoundInvoice):
        replace(document(), **change)  # type: ignore[arg-type]


def test_an_invoice_from_elsewhere_may_have_rounded_in_its_own_way(printer: InvoicePrinter) -> None:
    issued = InvoiceTotals((RateTotal(1000, False, 3800, 380), RateTotal(800, True, 1203, 97)))
    text = copied(printer.render(replace(document(), totals=issued, rounding=None)))
    assert "97円" in text
    assert "1円未満" not in text


def test_periods_are_short_and_clear() -> None:
    assert period_text(date(2026, 10, 21), date(2026, 11, 20)) == "2026/10/21〜11/20"
    assert period_text(date(2026, 12, 21), date(2027, 1, 20)) == "2026/12/21〜2027/1/20"
    assert period_text(date(2026, 12, 21), date(2026, 12, 21)) == period_text(date(2026, 12, 21), None) == "2026/12/21"
    assert period_text(None, None) == ""
