"""P12: invoices printed as PDF against bare typst with the same sheet, per core."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from options import Options
from report import Row, median_ratio, medians
from typst import Compiler

from mypage.billing import documents
from mypage.billing.documents import InvoiceDocument, InvoiceLine, InvoicePrinter
from mypage.billing.tax import totals


def invoice(n: int) -> InvoiceDocument:
    """One of many different invoices, with five lines under two rates."""
    lines = tuple(
        InvoiceLine(
            description=f"見本サービス {m}",
            amount=1980 + m * n % 3000,
            rate_bp=800 if m == 4 else 1000,
            reduced=m == 4,
            period_from=date(2026, 10, 1),
            period_to=date(2026, 10, 31),
        )
        for m in range(5)
    )
    return InvoiceDocument(
        addressee=f"見本 {n}郎",
        customer_number=f"{n:08}",
        number=f"202611-{n:08}",
        issued_on=date(2026, 11, 10),
        month=date(2026, 11, 1),
        issuer="見本ケーブル株式会社",
        lines=lines,
        totals=totals(lines),
        registration_number="T1234567890123",
        issuer_phone="000-000-0000",
        issuer_address=("000-0000", "見本県見本市1-2"),
        payment_method="クレジットカード",
        due_on=date(2026, 11, 27),
        accent="#0a5f38",
    )


def run(options: Options) -> Iterable[Row]:
    """One row: PDFs per second of CPU, different documents each time."""
    printer = InvoicePrinter()
    home = Path(documents.__file__).parent
    bare = Compiler(
        input=str(home / "typst" / "invoice.typ"),
        root=str(home / "typst"),
        font_paths=[str(home.parent / "static" / "fonts")],
        ignore_system_fonts=True,
    )
    count = 30 * options.seconds
    number = iter(range(10_000_000))

    def floor() -> None:
        bare.compile(format="pdf", pdf_standards="ua-1", sys_inputs={"data": next(data)})

    def ours() -> None:
        printer.render(next(documents_))

    ready = [invoice(next(number)) for _ in range(count)]
    sheets = [json.dumps(documents._sheet(one), ensure_ascii=False) for one in ready]  # noqa: SLF001 - the same input
    rounds = []
    for turn in range(options.rounds + 1):
        # Another accent each time: nothing may be found ready from the round before.
        tint = f"#0a5f{turn:02x}"
        data = iter([sheet.replace("#0a5f38", tint) for sheet in sheets])
        one = {"floor": count / seconds(floor, count)}
        documents_ = iter([_tinted(each, f"#0b5f{turn:02x}") for each in ready])
        one["ours"] = count / seconds(ours, count)
        rounds.append(one)
    rounds = rounds[1:]
    found = medians(rounds)
    return [
        Row(
            goal="P12",
            what="invoices printed as PDF",
            unit="per CPU second",
            ours=found["ours"],
            floor=found["floor"],
            ratio=median_ratio(rounds, "ours", "floor"),
            reference="floor",
            better="at least",
            bound=0.8,
            parts={
                "typst": min(1.0, found["ours"] / found["floor"]),
                "ours": max(0.0, 1 - found["ours"] / found["floor"]),
            },
        )
    ]


def _tinted(one: InvoiceDocument, accent: str) -> InvoiceDocument:
    return InvoiceDocument(**{name: getattr(one, name) for name in one.__slots__} | {"accent": accent})


def seconds(work: Callable[[], None], count: int) -> float:
    """CPU seconds of this process."""
    started = time.process_time()
    for _ in range(count):
        work()
    return time.process_time() - started
