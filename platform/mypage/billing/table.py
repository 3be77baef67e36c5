"""The lines of all bills as one CSV file, made row by row where the rows are: a million lines cost no memory (P8)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mypage.billing.service import first_month
from mypage.db.session import Tx
from mypage.db.streaming import Sink, copy_out
from mypage.db.tabular import csv_cell, without_selectors
from mypage.hooks.context import Principal
from mypage.i18n import Catalogue
from mypage.lib.tabular import CsvEncoding, CsvStream, encodable

# One text per bill: a row less to send and to receive for every line. OFFSET 0 keeps the planner from making the bill's
# own cells again for each of its lines.
_LINES = f"""
SELECT (
    SELECT string_agg(concat(
        bill.cells,
        {csv_cell("line.description")}, ',', line.period_from, ',', line.period_to, ',',
        CASE WHEN line.period_text = '' THEN '' ELSE {csv_cell("line.period_text")} END, ',',
        CASE line.rate_bp WHEN 1000 THEN '10%%,' WHEN 800 THEN '8%%,' ELSE concat(
            line.rate_bp / 100,
            CASE WHEN line.rate_bp %% 100 = 0 THEN ''
                 ELSE '.' || rtrim(lpad((line.rate_bp %% 100)::text, 2, '0'), '0') END,
            '%%,'
        ) END,
        CASE WHEN line.reduced THEN %(reduced)s ELSE '' END, ',', line.amount, E'\\r\\n'
    ), '')
    FROM (
        SELECT {{description}} AS description, {{period_text}} AS period_text, period_from, period_to, rate_bp, reduced,
               amount
        FROM invoice_line WHERE tenant_id = %(tenant)s AND invoice_id = bill.id ORDER BY position
    ) AS line
)
FROM (
    SELECT id, concat(to_char(month, 'YYYY-MM,'), {csv_cell("shown")}, ',') AS cells
    FROM (
        SELECT id, month, issued_on, number, {{number}} AS shown
        FROM invoice WHERE tenant_id = %(tenant)s AND customer_id = %(customer)s AND month >= %(since)s
    ) AS issued
    ORDER BY month DESC, issued_on DESC, number DESC OFFSET 0
) AS bill
"""
_TRANSLATED = "CASE WHEN {0} = '' THEN '' ELSE coalesce(%(texts)s::jsonb ->> {0}, {0}) END"


def _query(encoding: CsvEncoding) -> str:
    def shown(text: str) -> str:
        return without_selectors(text) if encoding is CsvEncoding.CP932 else text

    return _LINES.format(
        number=shown("number"),
        description=shown(_TRANSLATED.format("description")),
        period_text=shown(_TRANSLATED.format("period_text")),
    )


_QUERIES: Mapping[CsvEncoding, str] = {encoding: _query(encoding) for encoding in CsvEncoding}


def table_head(t: Catalogue, encoding: CsvEncoding) -> bytes:
    """The start of the file: the columns in the reader's language."""
    header = (
        t("Month"),
        t("Invoice number"),
        t("Service"),
        t("Used from"),
        t("Used until"),
        t("Period of use"),
        t("Tax rate"),
        t("Reduced tax rate"),
        t("Amount (before tax)"),
    )
    return b"".join(CsvStream(header, (), encoding=encoding))


def copy_table(tx: Tx, principal: Principal, sink: Sink, *, months: int, t: Catalogue, encoding: CsvEncoding) -> None:
    """One row per line of the bills of the last `months` months, newest bill first.

    The operator's texts are in the reader's language; the bytes are those of `CsvStream`. Raises DatabaseDown.
    """

    async def encoded(block: bytes) -> None:
        if encoding is not CsvEncoding.UTF8:
            block = encodable(block.decode(), encoding)[0].encode(encoding)
        await sink(block)

    values = {
        "tenant": tx.tenant,
        "customer": principal.customer_id,
        "since": first_month(tx.today(), months),
        "texts": json.dumps({text: said for text, said in t.messages.items() if text != said}, ensure_ascii=False),
        "reduced": _cell(t("yes")),
    }
    copy_out(tx, _QUERIES[encoding], values, encoded)


def _cell(text: str) -> str:
    """The one cell of a row as the file has it."""
    return b"".join(CsvStream((text,), ())).decode("utf-8-sig").removesuffix("\r\n")
