"""The filtered trail as a file, made row by row where the rows are: however long it is, it costs no memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mypage.db.session import Tx
from mypage.db.streaming import Sink, copy_out
from mypage.db.tabular import csv_cell
from mypage.i18n import Catalogue
from mypage.lib.tabular import CsvEncoding, CsvStream
from mypage.staff.trail.filters import Filters

Format = Literal["csv", "jsonl"]

_COLUMNS: Mapping[str, str] = {
    "at": "Time in Japan",
    "action": "Action",
    "actor_kind": "Kind of actor",
    "actor": "Actor",
    "name": "Name of staff",
    "as_whom": "Seen as",
    "number": "Customer number",
    "object_type": "Kind of thing",
    "object_id": "Number of the thing",
    "before": "Before",
    "after": "After",
    "request_id": "Request",
    "id": "Entry",
}
_ROWS = """
    SELECT e.id AS entry_id, e.at AS moment, e.before AS was, e.after AS became,
           to_char(e.at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD HH24:MI:SS.US') AS at,
           e.action, e.actor_kind, e.actor, coalesce(m.name, '') AS name, e.as_whom, coalesce(c.number, '') AS number,
           e.object_type, e.object_id, coalesce(e.before::text, '') AS before, coalesce(e.after::text, '') AS after,
           e.request_id, e.id::text AS id
    FROM audit_entry AS e
    LEFT JOIN customer AS c ON c.tenant_id = %(tenant)s AND c.id = e.customer_id
    LEFT JOIN staff_member AS m ON m.tenant_id = %(tenant)s AND e.actor_kind = 'staff' AND m.id::text = e.actor
    WHERE e.tenant_id = %(tenant)s AND e.at >= %(since)s AND e.at < %(until)s
      AND (%(kind)s = '' OR e.actor_kind = %(kind)s)
      AND (%(staff)s = '' OR e.actor = %(staff)s)
      AND (%(all_actions)s OR e.action = ANY(%(actions)s))
      AND NOT e.action = ANY(%(other_than)s)
      AND (%(all_customers)s OR e.customer_id = %(customer)s)
      AND (%(object)s = '' OR e.object_id = %(object)s)
      AND (%(object)s = '' OR %(of_account)s OR e.object_type <> 'account')
"""
_CSV = f"""
SELECT concat({", ',', ".join(csv_cell(f"x.{name}") for name in _COLUMNS)}, E'\\r\\n')
FROM ({_ROWS}) AS x ORDER BY x.moment, x.entry_id
"""
_JSONL = f"""
SELECT json_build_object(
    'at', x.moment, 'action', x.action, 'actor_kind', x.actor_kind, 'actor', x.actor, 'name', x.name,
    'as_whom', x.as_whom, 'customer', x.number, 'object_type', x.object_type, 'object_id', x.object_id,
    'before', x.was, 'after', x.became, 'request_id', x.request_id, 'id', x.id
)::text || E'\\n'
FROM ({_ROWS}) AS x ORDER BY x.moment, x.entry_id
"""


def head(t: Catalogue, kind: Format) -> bytes:
    """The start of the file: a line of column names for a table, nothing for JSON Lines."""
    return b"".join(CsvStream([t(label) for label in _COLUMNS.values()], ())) if kind == "csv" else b""


def media_type(kind: Format) -> str:
    """The header value of the file."""
    return CsvEncoding.UTF8.media_type if kind == "csv" else "application/jsonl; charset=utf-8"


def copy_trail(tx: Tx, filters: Filters, kind: Format, sink: Sink) -> None:
    """The entries, oldest first. Cells of the table are safe from being taken for formulas. Raises DatabaseDown."""
    values: dict[str, Any] = {
        "tenant": tx.tenant,
        "since": filters.since,
        "until": filters.until,
        "kind": filters.kind,
        "staff": filters.staff_id,
        "all_actions": not filters.actions,
        "actions": list(filters.actions),
        "other_than": list(filters.other_than),
        "all_customers": filters.customer_id is None,
        "customer": filters.customer_id,
        "object": filters.object_id,
        "of_account": filters.of_account,
    }
    copy_out(tx, _CSV if kind == "csv" else _JSONL, values, sink)
