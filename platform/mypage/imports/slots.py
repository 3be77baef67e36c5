"""Loading what is in the numbered places of contracts, such as mail accounts, as an older system knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from mypage.db.staging import Target, Words, copy_row
from mypage.hooks.slots import check_host
from mypage.imports import cleaning
from mypage.imports.chunk import Chunk, Item, Means, OwnedRef
from mypage.imports.records import Slot
from mypage.imports.report import BadLine

NAME = "slot"

_STATED = ("code", "number", "local", "host", "options", "blocked", "started_at", "ended_at")
_TABLE = Target(
    "slot", ("id", "customer_id", "contract_id", *_STATED), found_by=("id",), updates=("blocked", "ended_at")
)
_NAMES = Target(
    "slot_name",
    ("local_key", "host", "customer_id", "contract_id", "since", "used_at", "ended_at"),
    found_by=("local_key", "host"),
    updates=("used_at", "ended_at"),
)
_STORED = (
    "SELECT id, contract_id, code, number, local, host, options, blocked, started_at, ended_at FROM slot"
    " WHERE tenant_id = %s AND contract_id = ANY(%s)"
)
_OWNERS = "SELECT local_key, host, contract_id FROM slot_name WHERE tenant_id = %s AND local_key = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A place as its line states it."""

    contract: str
    contract_key: str
    code: str
    number: int
    local: str
    host: str
    options: tuple[str, ...]
    blocked: bool
    started_at: datetime
    ended_at: datetime | None

    @property
    def address(self) -> str:
        """The whole address."""
        return f"{self.local}@{self.host}"

    @property
    def name(self) -> tuple[str, str]:
        """By which whose it is is found."""
        return self.local.lower(), self.host


@dataclass(slots=True)
class _Known:
    """What the chunk's contracts have in their places, and whose the chunk's names are."""

    rows: dict[tuple[UUID, str, int, str, datetime], tuple[UUID, tuple[str, ...], bool, datetime | None]]
    used: dict[tuple[UUID, str, int], str]
    owners: dict[tuple[str, str], UUID]


def prepare(record: Slot, means: Means) -> Prepared:
    """Check the place, the address, options and days. Raises BadLine."""
    cleaning.instant("started_at", record.started_at)
    cleaning.instant("ended_at", record.ended_at)
    cleaning.in_order("started_at", record.started_at, "ended_at", record.ended_at)
    address = cleaning.mail_address("address", cleaning.required("address", record.address))
    local, _, host = address.rpartition("@")
    host = host.lower()
    try:
        check_host(host)
    except ValueError as error:
        raise BadLine("address", str(error)) from error
    _check_place(record, means)
    return Prepared(
        cleaning.one_line("contract", record.contract),
        cleaning.key_of("contract", record.contract),
        record.kind,
        record.number,
        local,
        host,
        tuple(sorted(set(record.options))),
        record.blocked,
        record.started_at,
        record.ended_at,
    )


def natural_key(value: Prepared) -> tuple[str, str, str]:
    """Contract, kind, number, address and the moment it began."""
    parts = (value.contract_key, value.code, value.number, value.address.lower())
    key = "\n".join(map(str, (*parts, value.started_at.astimezone(UTC).isoformat())))
    return key, "address", f"{value.address} in place {value.number} of contract {value.contract}"


def load(chunk: Chunk, items: list[Item[Prepared]]) -> None:
    """Insert what is new; end what has an end now. Ends come first: a new address may take the place of the old."""
    contracts = chunk.contracts(item.value.contract_key for item in items)
    known = _known(chunk, contracts, items)
    rows: list[str] = []
    names: dict[tuple[str, str], str] = {}
    new: list[tuple[Item[Prepared], OwnedRef]] = []
    for item in items:
        value = item.value
        try:
            contract = contracts.get(value.contract_key)
            if contract is None:
                raise BadLine("contract", f"there is no contract {value.contract}; load the contracts first")
            row_id = _changed(chunk, known, value, contract)
            if row_id is None:
                new.append((item, contract))
            elif row_id:
                rows.append(_row(row_id, contract, value))
                names[value.name] = _name(contract, value)
        except BadLine as error:
            chunk.refuse(NAME, item.line, error)
    for item, contract in new:
        value = item.value
        try:
            _check_free(known, value, contract)
        except BadLine as error:
            chunk.refuse(NAME, item.line, error)
            continue
        known.owners[value.name] = contract.id
        if value.ended_at is None:
            known.used[contract.id, value.code, value.number] = value.address
        rows.append(_row(next(chunk.ids), contract, value))
        if value.ended_at is None or value.name not in names:
            names[value.name] = _name(contract, value)
        chunk.count(NAME, "new")
    chunk.write(_NAMES, list(names.values()))
    chunk.write(_TABLE, rows)


def _check_place(record: Slot, means: Means) -> None:
    if means.slots is None:
        return
    slots = means.slots.get(record.kind)
    if slots is None:
        known = ", ".join(means.slots) or "none"
        raise BadLine("kind", f"{record.kind!r} is no kind of places here; there is {known}")
    if record.number > slots.at_most:
        raise BadLine("number", f"is {record.number}; there are {slots.at_most} places of {record.kind}")
    if strange := sorted(set(record.options) - {option.code for option in slots.options}):
        raise BadLine("options", f"has {strange[0]!r}, which {record.kind} does not have")


def _known(chunk: Chunk, contracts: dict[str, OwnedRef], items: list[Item[Prepared]]) -> _Known:
    known = _Known({}, {}, {})
    ids = [contract.id for contract in contracts.values()]
    for row_id, contract, code, number, local, host, options, blocked, started, ended in chunk.select(_STORED, ids):
        address = f"{local}@{host}"
        known.rows[contract, code, number, address.lower(), started] = (row_id, tuple(options), blocked, ended)
        if ended is None:
            known.used[contract, code, number] = address
    for local_key, host, contract in chunk.select(_OWNERS, [item.value.name[0] for item in items]):
        known.owners[local_key, host] = contract
    return known


def _changed(chunk: Chunk, known: _Known, value: Prepared, contract: OwnedRef) -> UUID | str | None:
    """The row that gets an end or a block, "" when there is nothing to do, None when it is new. Raises BadLine."""
    stored = known.rows.get((contract.id, value.code, value.number, value.address.lower(), value.started_at))
    if stored is None:
        return None
    row_id, _, blocked, ended_at = stored
    if ended_at is not None and value.ended_at not in (None, ended_at):
        since = ended_at.isoformat(sep=" ", timespec="minutes")
        raise BadLine("ended_at", f"is another end than the one that is known, {since}; an end never changes")
    if ended_at is not None or (value.ended_at is None and value.blocked == blocked):
        chunk.count(NAME, "unchanged")
        return ""
    if value.ended_at is not None:
        known.used.pop((contract.id, value.code, value.number), None)
    chunk.count(NAME, "updated")
    return row_id


def _check_free(known: _Known, value: Prepared, contract: OwnedRef) -> None:
    if not contract.id.int:
        return
    if known.owners.get(value.name, contract.id) != contract.id:
        raise BadLine("address", f"{value.address} is or was another contract's; an address is one contract's for ever")
    has = known.used.get((contract.id, value.code, value.number))
    if value.ended_at is None and has is not None:
        raise BadLine("number", f"place {value.number} has {has} already; end that first")


def _row(row_id: UUID | str, contract: OwnedRef, value: Prepared) -> str:
    stated: tuple[Any, ...] = (value.code, value.number, value.local, value.host, Words(value.options), value.blocked)
    return copy_row((row_id, contract.customer_id, contract.id, *stated, value.started_at, value.ended_at))


def _name(contract: OwnedRef, value: Prepared) -> str:
    since = value.started_at
    return copy_row((*value.name, contract.customer_id, contract.id, since, since, value.ended_at))
