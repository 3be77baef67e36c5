"""Loading notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mypage.db.staging import Target, copy_row
from mypage.imports import cleaning
from mypage.imports.chunk import Chunk, Item, Means, unknown_customer
from mypage.imports.records import Notice
from mypage.imports.report import BadLine

NAME = "notice"

_STATED = ("title", "body", "title_en", "body_en", "importance", "starts_at", "ends_at")
_TABLE = Target(
    "notice",
    ("id", "key", "customer_id", *_STATED, "updated_at"),
    found_by=("key",),
    updates=("customer_id", *_STATED, "updated_at"),
)
_STORED = (
    "SELECT key, id, customer_id, title, body, title_en, body_en, importance, starts_at, ends_at"
    " FROM notice WHERE tenant_id = %s AND key = ANY(%s)"
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """`stated` are the values of `_STATED`; a notice without customer is for everybody."""

    key: str
    customer: str | None
    customer_key: str
    stated: tuple[Any, ...]


def prepare(record: Notice, _: Means) -> Prepared:
    """Check texts and instants. Raises BadLine."""
    if record.ends_at is not None and record.ends_at <= record.starts_at:
        raise BadLine("ends_at", "does not lie after starts_at")
    body = cleaning.many_lines("body", record.body)
    if not body:
        raise BadLine("body", "is blank; give a value")
    stated = (
        cleaning.required("title", record.title),
        body,
        cleaning.one_line("title_en", record.title_en),
        cleaning.many_lines("body_en", record.body_en),
        record.importance,
        cleaning.instant("starts_at", record.starts_at),
        cleaning.instant("ends_at", record.ends_at),
    )
    key = cleaning.senders_key("key", record.key)
    if record.customer is None:
        return Prepared(key, None, "", stated)
    customer = cleaning.one_line("customer", record.customer)
    return Prepared(key, customer, cleaning.key_of("customer", record.customer), stated)


def natural_key(value: Prepared) -> tuple[str, str, str]:
    """The sender's key."""
    return value.key, "key", f"notice {value.key}"


def load(chunk: Chunk, items: list[Item[Prepared]]) -> None:
    """Insert what is new, replace what is different."""
    customers = chunk.customers(item.value.customer_key for item in items if item.value.customer is not None)
    stored = {row[0]: row[1:] for row in chunk.select(_STORED, [item.value.key for item in items])}
    rows: list[str] = []
    for item in items:
        value = item.value
        customer = customers.get(value.customer_key) if value.customer is not None else None
        if value.customer is not None and customer is None:
            chunk.refuse(NAME, item.line, unknown_customer(value.customer))
            continue
        customer_id = customer.id if customer is not None else None
        found = stored.get(value.key)
        if found is not None and found[1:] == (customer_id, *value.stated):
            chunk.count(NAME, "unchanged")
            continue
        chunk.count(NAME, "new" if found is None else "updated")
        row_id = next(chunk.ids) if found is None else found[0]
        rows.append(copy_row((row_id, value.key, customer_id, *value.stated, chunk.now)))
    chunk.write(_TABLE, rows)
