"""Loading issued invoices: amounts are reckoned here, and never change afterwards."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from mypage.billing.tax import InvoiceTotals, TaxableLine, TaxMode, totals
from mypage.db.staging import Target, copy_row
from mypage.imports import cleaning
from mypage.imports.chunk import Chunk, CustomerRef, Item, Means, unknown_customer
from mypage.imports.records import DeclaredTotals, Invoice, InvoiceLine
from mypage.imports.report import BadLine

NAME = "invoice"

LineRow = tuple[str, date | None, date | None, str, int, bool, int]

_MUTABLE = ("due_on", "status", "payment_method")
_AMOUNTS = ("net", "tax", "total")
_ISSUED = ("month", "issued_on", "tax_mode", "note")
_PARTIES = ("addressee", "issuer", "registration_number")
_TABLE = Target(
    "invoice",
    ("id", "customer_id", "number", *_ISSUED, *_AMOUNTS, *_MUTABLE, *_PARTIES, "created_at"),
    found_by=("number",),
    updates=_MUTABLE,
)
_NAMED = ("description", "period_from", "period_to", "period_text", "rate_bp", "reduced", "amount")
_LINES = Target("invoice_line", ("id", "invoice_id", "position", *_NAMED))
_TAXES = Target("invoice_tax", ("id", "invoice_id", "rate_bp", "reduced", "net", "tax"))
_STORED = (
    "SELECT number, id, customer_id, addressee, month, issued_on, tax_mode, note, net, tax, total,"
    " due_on, status, payment_method FROM invoice WHERE tenant_id = %s AND number = ANY(%s)"
)
_STORED_LINES = (
    "SELECT invoice_id, description, period_from, period_to, period_text, rate_bp, reduced, amount"
    " FROM invoice_line WHERE tenant_id = %s AND invoice_id = ANY(%s) ORDER BY invoice_id, position"
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """`issued`, `amounts` and `mutable` are the values of the columns of these names.

    `line_rows` and `tax_rows` are for COPY, without the ids. They are made here because this runs while the database
    works.
    """

    number: str
    customer: str
    customer_key: str
    addressee: str | None
    issued: tuple[Any, ...]
    amounts: tuple[int, int, int]
    mutable: tuple[Any, ...]
    lines: tuple[LineRow, ...]
    line_rows: tuple[str, ...]
    tax_rows: tuple[str, ...]
    states_tax_mode: bool


@dataclass(slots=True)
class _Rows:
    """What a chunk writes."""

    invoices: list[str]
    lines: list[str]
    taxes: list[str]


def prepare(record: Invoice, means: Means) -> Prepared:
    """Check texts and days, reckon the tax, compare with the declared totals. Raises BadLine."""
    mode = TaxMode(record.tax_mode or means.settings.tax_mode)
    reckoned = totals([TaxableLine(line.amount, line.rate_percent * 100, line.reduced) for line in record.lines], mode)
    _check(reckoned, record.totals, mode)
    lines = tuple(_line(f"lines[{place}].", line) for place, line in enumerate(record.lines))
    return Prepared(
        number=cleaning.required("number", record.number),
        customer=cleaning.one_line("customer", record.customer),
        customer_key=cleaning.key_of("customer", record.customer),
        addressee=cleaning.required("addressee", record.addressee) if record.addressee is not None else None,
        issued=(
            cleaning.month("month", record.month),
            cleaning.day("issued_on", record.issued_on),
            mode.value,
            cleaning.many_lines("note", record.note),
        ),
        amounts=(reckoned.net, reckoned.tax, reckoned.gross),
        mutable=(
            cleaning.day("due_on", record.due_on),
            record.status,
            cleaning.one_line("payment_method", record.payment_method),
        ),
        lines=lines,
        line_rows=tuple(copy_row((position, *line)) for position, line in enumerate(lines, 1)),
        tax_rows=tuple(copy_row((rate.rate_bp, rate.reduced, rate.net, rate.tax)) for rate in reckoned.rates),
        states_tax_mode=record.tax_mode is not None,
    )


def natural_key(value: Prepared) -> tuple[str, str, str]:
    """The invoice number."""
    return value.number, "number", f"invoice {value.number}"


def load(chunk: Chunk, items: list[Item[Prepared]]) -> None:
    """Insert what is new; of an issued invoice update only due day, status and way of payment."""
    customers = chunk.customers(item.value.customer_key for item in items)
    stored = {row[0]: row[1:] for row in chunk.select(_STORED, [item.value.number for item in items])}
    lines: defaultdict[UUID, list[LineRow]] = defaultdict(list)
    for row in chunk.select(_STORED_LINES, [found[0] for found in stored.values()]) if stored else ():
        lines[row[0]].append(row[1:])
    rows = _Rows([], [], [])
    for item in items:
        value = item.value
        customer = customers.get(value.customer_key)
        found = stored.get(value.number)
        if customer is None:
            chunk.refuse(NAME, item.line, unknown_customer(value.customer))
        elif found is None:
            _add(chunk, rows, value, customer)
            chunk.count(NAME, "new")
        elif other := _difference(value, customer, found, lines[found[0]]):
            reason = f"invoice {value.number} is already issued with {other}; only {', '.join(_MUTABLE)} may change"
            chunk.refuse(NAME, item.line, BadLine("number", reason))
        elif found[-3:] == value.mutable:
            chunk.count(NAME, "unchanged")
        else:
            rows.invoices.append(_row(chunk, value, customer, found[0], found[2]))
            chunk.count(NAME, "updated")
    chunk.write(_TABLE, rows.invoices)
    chunk.write(_LINES, rows.lines)
    chunk.write(_TAXES, rows.taxes)


def _add(chunk: Chunk, rows: _Rows, value: Prepared, customer: CustomerRef) -> None:
    row_id = next(chunk.ids)
    rows.invoices.append(_row(chunk, value, customer, row_id, value.addressee or customer.name))
    rows.lines.extend(f"{next(chunk.ids)}\t{row_id}\t{line}" for line in value.line_rows)
    rows.taxes.extend(f"{next(chunk.ids)}\t{row_id}\t{tax}" for tax in value.tax_rows)


def _row(chunk: Chunk, value: Prepared, customer: CustomerRef, row_id: UUID | str, addressee: str) -> str:
    issuer = chunk.means.settings
    fixed = (row_id, customer.id, value.number, *value.issued, *value.amounts, *value.mutable)
    return copy_row((*fixed, addressee, issuer.issuer_name, issuer.registration_number, chunk.now))


def _difference(value: Prepared, customer: CustomerRef, found: tuple[Any, ...], lines: list[LineRow]) -> str:
    """What of an issued invoice the line would change, in words; "" when nothing."""
    stored_issued, stored_amounts = found[3:7], found[7:10]
    month, issued_on, mode, note = value.issued
    # A default that changed in the settings since must not make every older invoice a bad line.
    mode = mode if value.states_tax_mode else stored_issued[2]
    if found[1] != customer.id:
        return "another customer"
    if tuple(stored_amounts) != value.amounts:
        return "other amounts"
    if tuple(lines) != value.lines:
        return "other lines"
    if tuple(stored_issued) != (month, issued_on, mode, note):
        return "another month, day of issue, tax_mode or note"
    if value.addressee is not None and found[2] != value.addressee:
        return "another addressee"
    return ""


def _check(reckoned: InvoiceTotals, declared: DeclaredTotals | None, mode: TaxMode) -> None:
    if declared is None:
        return
    ours = {"net": reckoned.net, "tax": reckoned.tax, "total": reckoned.gross}
    for name, amount in ours.items():
        said = getattr(declared, name)
        if said != amount:
            reason = f"is {said} in the file, but the lines give {amount} (tax once per rate, fractions {mode.value})"
            raise BadLine(f"totals.{name}", reason)


def _line(path: str, line: InvoiceLine) -> LineRow:
    cleaning.in_order(f"{path}period_from", line.period_from, f"{path}period_to", line.period_to)
    return (
        cleaning.required(f"{path}description", line.description),
        cleaning.day(f"{path}period_from", line.period_from),
        cleaning.day(f"{path}period_to", line.period_to),
        cleaning.one_line(f"{path}period_text", line.period_text),
        line.rate_percent * 100,
        line.reduced,
        line.amount,
    )
