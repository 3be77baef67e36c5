"""Loading mail addresses and web spaces of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from mypage.db.staging import Target, copy_row
from mypage.imports import cleaning
from mypage.imports.chunk import Chunk, Item, Means
from mypage.imports.holders import Holder, HolderRef, Holders, holder
from mypage.imports.records import Resource
from mypage.imports.report import BadLine

NAME = "resource"

_STATED = ("kind", "value", "value_key", "own", "started_at", "ended_at")
_TABLE = Target(
    "resource",
    ("id", "customer_id", "contract_id", "account_id", *_STATED),
    found_by=("id",),
    updates=("ended_at",),
)
_STORED = (
    "SELECT id, account_id, kind, value, value_key, own, started_at, ended_at FROM resource"
    " WHERE tenant_id = %s AND (customer_id = ANY(%s) OR value_key = ANY(%s))"
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An address as its line states it."""

    holder: Holder
    kind: Literal["mail", "web"]
    value: str
    key: str
    own: bool
    started_at: datetime
    ended_at: datetime | None


class _Known:
    """The addresses that are there, those of the chunk's earlier lines too."""

    def __init__(self) -> None:
        """Empty."""
        self.rows: dict[tuple[UUID, str, str, datetime], tuple[UUID, bool, datetime | None]] = {}
        self.held: dict[tuple[UUID, str], str] = {}
        self.owners: dict[tuple[str, str], UUID] = {}

    def add(self, account: UUID, kind: str, value: str, key: str, own: bool, ended_at: datetime | None) -> None:
        """Note who has, or had, an address."""
        if own:
            self.owners[kind, key] = account
        if ended_at is None:
            self.held[account, kind] = value


def prepare(record: Resource, means: Means) -> Prepared:
    """Check address, account and days. Raises BadLine."""
    cleaning.instant("started_at", record.started_at)
    cleaning.instant("ended_at", record.ended_at)
    cleaning.in_order("started_at", record.started_at, "ended_at", record.ended_at)
    mail = record.kind == "mail"
    value = cleaning.required("value", record.value)
    if mail:
        value = cleaning.mail_address("value", value)
    if mail and means.mail_domain is not None:
        ours = value.rpartition("@")[2].lower() == means.mail_domain.lower()
        if ours != record.own:
            what = "is" if ours else "is not"
            raise BadLine("own", f"should be {str(ours).lower()}: the address {what} of {means.mail_domain}")
    held_by = holder(record.contract, record.scheme, record.login_id, means)
    key = value.lower()
    return Prepared(held_by, record.kind, value, key, record.own, record.started_at, record.ended_at)


def natural_key(value: Prepared) -> tuple[str, str, str]:
    """Account, kind, address and the moment it began."""
    key = f"{value.holder.text}\n{value.kind}\n{value.key}\n{value.started_at.astimezone(UTC).isoformat()}"
    return key, "value", f"{value.value} of {value.holder.called}"


def load(chunk: Chunk, items: list[Item[Prepared]]) -> None:
    """Insert what is new; end what has an end now. Ends come first: a new address may take the place of the old."""
    holders = Holders(chunk, [item.value.holder for item in items])
    known = _Known()
    stored = chunk.select(_STORED, holders.customers, [item.value.key for item in items])
    for row_id, account, kind, value, key, own, started_at, ended_at in stored:
        known.rows[account, kind, key, started_at] = (row_id, own, ended_at)
        known.add(account, kind, value, key, own, ended_at)
    rows: list[str] = []
    new: list[tuple[Item[Prepared], HolderRef]] = []
    for item in items:
        try:
            found = holders.find(item.value.holder)
            if row := _ended(chunk, known, item.value, found):
                rows.append(row)
            elif row is None:
                new.append((item, found))
        except BadLine as error:
            chunk.refuse(NAME, item.line, error)
    for item, found in new:
        try:
            _check_free(known, item.value, found)
        except BadLine as error:
            chunk.refuse(NAME, item.line, error)
            continue
        value = item.value
        known.add(found.id, value.kind, value.value, value.key, value.own, value.ended_at)
        rows.append(_row(next(chunk.ids), found, value))
        chunk.count(NAME, "new")
    chunk.write(_TABLE, rows)


def _ended(chunk: Chunk, known: _Known, value: Prepared, found: HolderRef) -> str | None:
    """The row that ends a stored address, "" when there is nothing to do, None when it is new. Raises BadLine."""
    stored = known.rows.get((found.id, value.kind, value.key, value.started_at))
    if stored is None:
        return None
    row_id, own, ended_at = stored
    if own != value.own:
        raise BadLine("own", f"{value.value} is stored with the other answer, which never changes")
    if value.ended_at is None or value.ended_at == ended_at:
        chunk.count(NAME, "unchanged")
        return ""
    if ended_at is not None:
        since = ended_at.isoformat(sep=" ", timespec="minutes")
        raise BadLine("ended_at", f"is another end than the one that is known, {since}; an end never changes")
    known.held.pop((found.id, value.kind), None)
    chunk.count(NAME, "updated")
    return _row(row_id, found, value)


def _check_free(known: _Known, value: Prepared, found: HolderRef) -> None:
    if not found.id.int:
        return
    if value.own and known.owners.get((value.kind, value.key), found.id) != found.id:
        raise BadLine("value", f"{value.value} is or was another account's; an own address is one account's for ever")
    if value.ended_at is None and (has := known.held.get((found.id, value.kind))) is not None:
        raise BadLine("value", f"the account has {has} already; end that first")


def _row(row_id: UUID | str, found: HolderRef, value: Prepared) -> str:
    whose = (found.customer_id, found.contract_id, found.id)
    return copy_row((row_id, *whose, value.kind, value.value, value.key, value.own, value.started_at, value.ended_at))
