"""Loading single amounts for the bill of one month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from mypage.db.staging import Target, copy_row
from mypage.imports import cleaning
from mypage.imports.chunk import Chunk, Item, Means
from mypage.imports.holders import Holder, Holders, holder
from mypage.imports.records import Posting
from mypage.imports.report import BadLine

NAME = "posting"

_STATED = ("month", "description", "amount", "rate_bp", "reduced")
_TABLE = Target("posting", ("id", "contract_id", "key", *_STATED, "created_at"))
_STORED = (
    "SELECT key, contract_id, month, description, amount, rate_bp, reduced FROM posting"
    " WHERE tenant_id = %s AND key = ANY(%s)"
)
_BILLED = "SELECT month FROM billing_run WHERE tenant_id = %s AND month = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Prepared:
    """`stated` are the values of `_STATED`."""

    key: str
    holder: Holder
    month: date
    stated: tuple[Any, ...]


def prepare(record: Posting, means: Means) -> Prepared:
    """Check texts and month. Raises BadLine."""
    month = cleaning.month("month", record.month)
    description = cleaning.required("description", record.description)
    stated = (month, description, record.amount, record.rate_bp, record.reduced)
    return Prepared(cleaning.senders_key("key", record.key), holder(record.contract, None, None, means), month, stated)


def natural_key(value: Prepared) -> tuple[str, str, str]:
    """The sender's key."""
    return value.key, "key", f"posting {value.key}"


def load(chunk: Chunk, items: list[Item[Prepared]]) -> None:
    """Insert what is new; refuse what differs from what is stored, and months whose bills are being made or are out.

    A billing run enters its month under the lock of imports, so none can begin while a chunk looks.
    """
    holders = Holders(chunk, [item.value.holder for item in items])
    stored = {row[0]: row[1:] for row in chunk.select(_STORED, [item.value.key for item in items])}
    billed = {row[0] for row in chunk.select(_BILLED, list({item.value.month for item in items}))}
    rows: list[str] = []
    for item in items:
        value = item.value
        try:
            contract_id = holders.find(value.holder).contract_id
            found = stored.get(value.key)
            if found == (contract_id, *value.stated):
                chunk.count(NAME, "unchanged")
                continue
            if found is not None:
                raise BadLine("key", f"posting {value.key} is stored with other values; correct it by another posting")
            if value.month in billed:
                raise BadLine("month", f"the billing run of {value.month:%Y-%m} has begun; post it to a later month")
            rows.append(copy_row((next(chunk.ids), contract_id, value.key, *value.stated, chunk.now)))
            chunk.count(NAME, "new")
        except BadLine as error:
            chunk.refuse(NAME, item.line, error)
    chunk.write(_TABLE, rows)
