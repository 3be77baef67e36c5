"""Loading secrets of lines, such as 認証ID and 認証パスワード; stored sealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mypage.contracts.line_secrets import PLACE
from mypage.db.staging import Target, copy_row
from mypage.imports import cleaning
from mypage.imports.chunk import Chunk, Item, Means
from mypage.imports.records import LineSecret
from mypage.imports.report import BadLine
from mypage.lib.crypto import DecryptError

NAME = "line_secret"

_TABLE = Target(
    "line_secret",
    ("id", "customer_id", "contract_id", "label", "sealed", "updated_at"),
    found_by=("id",),
    updates=("customer_id", "sealed", "updated_at"),
)
_STORED = (
    "SELECT contract_id, label, id, customer_id, sealed FROM line_secret WHERE tenant_id = %s AND contract_id = ANY(%s)"
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A secret as its line states it."""

    contract: str
    contract_key: str
    label: str
    value: str = field(repr=False)


def prepare(record: LineSecret, _: Means) -> Prepared:
    """Check the texts. Raises BadLine, which never shows the value."""
    return Prepared(
        cleaning.one_line("contract", record.contract),
        cleaning.key_of("contract", record.contract),
        cleaning.required("label", record.label),
        cleaning.required("value", record.value),
    )


def natural_key(value: Prepared) -> tuple[str, str, str]:
    """Contract and label."""
    return f"{value.contract_key}\n{value.label}", "label", f"{value.label} of contract {value.contract}"


def load(chunk: Chunk, items: list[Item[Prepared]]) -> None:
    """Insert what is new; seal anew what differs."""
    contracts = chunk.contracts(item.value.contract_key for item in items)
    ids = [contract.id for contract in contracts.values()]
    stored: dict[tuple[UUID, str], Any] = {(row[0], row[1]): row[2:] for row in chunk.select(_STORED, ids)}
    rows: list[str] = []
    for item in items:
        value = item.value
        contract = contracts.get(value.contract_key)
        if contract is None:
            error = BadLine("contract", f"there is no contract {value.contract}; load contracts before their secrets")
            chunk.refuse(NAME, item.line, error)
            continue
        found = stored.get((contract.id, value.label))
        if found is not None and found[1] == contract.customer_id and _same(chunk, found, value):
            chunk.count(NAME, "unchanged")
            continue
        chunk.count(NAME, "new" if found is None else "updated")
        if not chunk.dry_run:
            row = str(UUID(str(found[0] if found else next(chunk.ids))))
            sealed = chunk.means.vault.seal(chunk.tx, value.value.encode(), row=row, **PLACE)
            rows.append(copy_row((row, contract.customer_id, contract.id, value.label, sealed, chunk.now)))
    chunk.write(_TABLE, rows)


def _same(chunk: Chunk, found: Any, value: Prepared) -> bool:
    row_id, _, sealed = found
    try:
        return chunk.means.vault.open(chunk.tx, sealed, row=str(row_id), **PLACE) == value.value.encode()
    except DecryptError:
        return False
