"""The qualified invoice (適格請求書) as a tagged A4 PDF (ACTV-60, ACTV-61)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import cast

from babel.dates import format_date
from typst import Compiler

from mypage.billing.glyphs import characters_of, showable
from mypage.billing.tax import InvoiceTotals, RateTotal, TaxMode, rate_text, totals
from mypage.lib.money import format_yen, grouped

LANGUAGES = ("ja", "en")

_TEMPLATES = Path(__file__).parent / "typst"
_FONTS = Path(__file__).parent.parent / "static" / "fonts"
_FONT_FILES = ("BIZUDPGothic-Regular.ttf", "BIZUDPGothic-Bold.ttf")
_DAY = {"ja": "y年M月d日", "en": "MMM d, y"}
_OPENING = {
    "ja": "{month}分のご利用料金を、下記のとおりご請求申し上げます。",
    "en": "Charges for {month}.",
}
_MONTH = {"ja": "y年M月", "en": "MMMM y"}
_RUNNING_HEAD = 30

_REGISTRATION_NUMBER = re.compile(r"T[0-9]{13}")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


class InvoiceKind(StrEnum):
    """QUALIFIED is headed 適格請求書 and needs the issuer's registration number; PLAIN is headed 請求書."""

    QUALIFIED = "qualified"
    PLAIN = "plain"


class UnsoundInvoice(ValueError):
    """The document contradicts itself or lacks what the law wants on it, and must not leave the house."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """A line in yen without tax. `period_text` stands instead of the dates; `group` is a heading above the line."""

    description: str
    amount: int
    rate_bp: int
    reduced: bool = False
    period_from: date | None = None
    period_to: date | None = None
    period_text: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDocument:
    """Everything on the sheet. `month` is any day of the billed month, `accent` a colour such as `#0a5f38`.

    The addressee gets 様, a company 御中 (Japanese only). `totals` are the sums as issued; with `rounding` given they
    are worked out again from the lines, without it only the sums are checked and the sheet is silent about rounding.
    Raises UnsoundInvoice if the figures disagree or the registration number is missing or malformed.
    """

    addressee: str
    customer_number: str
    number: str
    issued_on: date
    month: date
    issuer: str
    lines: tuple[InvoiceLine, ...]
    totals: InvoiceTotals
    kind: InvoiceKind = InvoiceKind.QUALIFIED
    registration_number: str = ""
    company: bool = False
    issuer_phone: str = ""
    issuer_address: tuple[str, ...] = ()
    payment_method: str = ""
    due_on: date | None = None
    notes: tuple[str, ...] = ()
    rounding: TaxMode | None = TaxMode.DOWN
    accent: str = "#1a1a1a"
    lang: str = "ja"

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            raise UnsoundInvoice(f"no invoice in the language {self.lang!r}")
        if not _COLOUR.fullmatch(self.accent):
            raise UnsoundInvoice(f"not a colour: {self.accent!r}")
        if self.registration_number and not _REGISTRATION_NUMBER.fullmatch(self.registration_number):
            raise UnsoundInvoice("a registration number is T and 13 digits")
        if self.kind is InvoiceKind.QUALIFIED and not self.registration_number:
            raise UnsoundInvoice("a qualified invoice needs the registration number of its issuer")
        self._check_figures()

    def _check_figures(self) -> None:
        expected = totals(self.lines, self.rounding or TaxMode.DOWN)
        if self.rounding is not None and self.totals != expected:
            raise UnsoundInvoice("the totals are not those of the lines")
        nets = {(rate.rate_bp, rate.reduced): rate.net for rate in self.totals.rates}
        if len(nets) != len(self.totals.rates) or nets != {(r.rate_bp, r.reduced): r.net for r in expected.rates}:
            raise UnsoundInvoice("the net amounts per rate are not the sums of the lines")


class InvoicePrinter:
    """Makes the PDF. Build one and keep it: it holds the fonts. `render` may be called from any thread."""

    def __init__(self) -> None:
        self._known = frozenset.intersection(*(characters_of(_FONTS / name) for name in _FONT_FILES))
        self._lock = Lock()
        self._compiler = Compiler(
            input=str(_TEMPLATES / "invoice.typ"),
            root=str(_TEMPLATES),
            font_paths=[str(_FONTS)],
            ignore_system_fonts=True,
        )

    def render(self, doc: InvoiceDocument) -> bytes:
        """The document as PDF/UA-1, the same bytes for the same document; a character without a glyph shows as `〓`."""
        data = json.dumps(_shown(_sheet(doc), self._known), ensure_ascii=False)
        with self._lock:
            pdf = self._compiler.compile(format="pdf", pdf_standards="ua-1", sys_inputs={"data": data})
        return cast(bytes, pdf)


def _sheet(doc: InvoiceDocument) -> dict[str, object]:
    addressee = _addressee(doc)
    return {
        "lang": doc.lang,
        "kind": doc.kind.value,
        "accent": doc.accent,
        "addressee": addressee,
        "short_addressee": _short(addressee),
        "customer_number": doc.customer_number,
        "number": doc.number,
        "issued": _day(doc.issued_on, doc.lang),
        "issued_on": {"year": doc.issued_on.year, "month": doc.issued_on.month, "day": doc.issued_on.day},
        "issuer": doc.issuer,
        "short_issuer": _short(doc.issuer),
        "registration": doc.registration_number,
        "issuer_phone": doc.issuer_phone,
        "issuer_address": list(doc.issuer_address),
        "opening": _OPENING[doc.lang].format(month=format_date(doc.month, _MONTH[doc.lang], locale=doc.lang)),
        "total": _large(doc.totals.gross, doc.lang),
        "method": doc.payment_method,
        "due": _day(doc.due_on, doc.lang) if doc.due_on else "",
        "lines": [_line(line, doc.lang) for line in doc.lines],
        "rates": [
            {"name": _rate_name(rate.rate_bp, rate.reduced, doc.lang), **_sums(rate, doc.lang)}
            for rate in doc.totals.rates
        ],
        "sum": _sums(doc.totals, doc.lang),
        "rounding": doc.rounding.value if doc.rounding else "",
        "notes": list(doc.notes),
    }


def _line(line: InvoiceLine, lang: str) -> dict[str, object]:
    return {
        "description": line.description,
        "period": line.period_text or period_text(line.period_from, line.period_to),
        "rate": rate_text(line.rate_bp),
        "reduced": line.reduced,
        "amount": format_yen(line.amount, lang),
        "group": line.group,
    }


def period_text(start: date | None, end: date | None) -> str:
    """`2026/10/21〜11/20`, the year again when it changes; one date alone, or nothing, if that is all."""
    if start is None or end is None or start == end:
        only = start or end
        return _slashed(only) if only else ""
    last = f"{end.month}/{end.day}" if start.year == end.year else _slashed(end)
    return f"{_slashed(start)}〜{last}"


def _slashed(day: date) -> str:
    return f"{day.year}/{day.month}/{day.day}"


def _day(day: date, lang: str) -> str:
    return format_date(day, _DAY[lang], locale=lang)


def _addressee(doc: InvoiceDocument) -> str:
    if doc.lang != "ja":
        return doc.addressee
    return f"{doc.addressee} {'御中' if doc.company else '様'}"


def _short(name: str) -> str:
    return name if len(name) <= _RUNNING_HEAD else f"{name[: _RUNNING_HEAD - 1]}…"


def _large(amount: int, lang: str) -> tuple[str, str, str]:
    """Sign, figure and unit of the total apart, because they are set in different sizes."""
    sign = "-" if amount < 0 else ""
    return (sign, grouped(abs(amount)), "円") if lang == "ja" else (f"{sign}¥", grouped(abs(amount)), "")


def _rate_name(rate_bp: int, reduced: bool, lang: str) -> str:
    if lang == "ja":
        return f"{rate_text(rate_bp)}対象{' ※' if reduced else ''}"
    return f"{rate_text(rate_bp)}{' ※' if reduced else ''}"


def _sums(part: RateTotal | InvoiceTotals, lang: str) -> dict[str, str]:
    return {"net": format_yen(part.net, lang), "tax": format_yen(part.tax, lang), "gross": format_yen(part.gross, lang)}


def _shown(value: object, known: frozenset[int]) -> object:
    """The value with every string in it made showable."""
    match value:
        case str():
            return showable(value, known)
        case dict():
            return {key: _shown(part, known) for key, part in value.items()}
        case list() | tuple():
            return [_shown(part, known) for part in value]
        case _:
            return value
