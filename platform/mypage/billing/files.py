"""A bill as the document to print."""

from __future__ import annotations

import re
from typing import Any

from mypage.billing.cards import paid_by_card
from mypage.billing.documents import LANGUAGES, InvoiceDocument, InvoiceKind, InvoiceLine
from mypage.billing.service import BillDetail, Line
from mypage.billing.tax import TaxMode
from mypage.hooks.portal import TenantSettings
from mypage.i18n import Translator

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_INK = "#1a1a1a"
_LINE_BREAKS = re.compile(r"\s*\n\s*")


def document_of(
    detail: BillDetail,
    *,
    kind: InvoiceKind,
    settings: TenantSettings,
    customer_number: str,
    company: bool,
    locale: str,
    accent: str,
    t: Translator,
) -> InvoiceDocument:
    """The sheet to print. Raises UnsoundInvoice when the issued figures contradict each other."""
    bill = detail.bill
    method = t("Credit card") if paid_by_card(bill.payment_method) else t(bill.payment_method)
    return InvoiceDocument(
        addressee=bill.addressee,
        customer_number=customer_number,
        number=bill.number,
        issued_on=bill.issued_on,
        month=bill.month,
        issuer=bill.issuer,
        lines=tuple(_line(line, t) for line in detail.lines),
        totals=detail.totals,
        kind=kind,
        registration_number=bill.registration_number,
        company=company,
        issuer_phone=settings.issuer_phone,
        issuer_address=tuple(_LINE_BREAKS.split(settings.issuer_address)) if settings.issuer_address else (),
        payment_method=method,
        due_on=bill.due_on,
        notes=(bill.note,) if bill.note else (),
        rounding=TaxMode(bill.tax_mode),
        accent=accent if _COLOUR.fullmatch(accent) else _INK,
        lang=locale if locale in LANGUAGES else LANGUAGES[0],
    )


def _line(line: Line, t: Translator) -> InvoiceLine:
    given: dict[str, Any] = {"period_text": t(line.period_text)} if line.period_text else {}
    return InvoiceLine(
        description=t(line.description),
        amount=line.amount,
        rate_bp=line.rate_bp,
        reduced=line.reduced,
        period_from=line.period_from,
        period_to=line.period_to,
        **given,
    )
