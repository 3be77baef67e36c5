"""Loading purchases of products, running and ended, as an older system knows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from mypage.db.staging import Target, copy_row
from mypage.hooks.prices import TierPrice
from mypage.imports import cleaning
from mypage.imports.chunk import Chunk, Item, Means
from mypage.imports.holders import Holder, HolderRef, Holders, holder
from mypage.imports.records import Subscription
from mypage.imports.report import BadLine

NAME = "subscription"

_TABLE = Target(
    "subscription",
    ("id", "customer_id", "contract_id", "account_id", "holder_id", "product", "piece", "bought_at", "ended_at"),
    found_by=("id",),
    updates=("ended_at",),
)
_STORED = (
    "SELECT id, contract_id, holder_id, product, piece, bought_at, ended_at FROM subscription"
    " WHERE tenant_id = %s AND customer_id = ANY(%s)"
)
# A history may arrive in any order, so which purchase is a repetition is seen when all of a chunk are there.
_MARK_REPEATED = (
    "UPDATE subscription s SET again = true FROM subscription e WHERE s.tenant_id = %s AND e.tenant_id = %s"
    " AND s.customer_id = ANY(%s) AND e.customer_id = s.customer_id AND e.holder_id = s.holder_id"
    " AND e.product = s.product AND e.id <> s.id AND e.ended_at <= s.bought_at AND NOT s.again"
    " AND e.voided_at IS NULL"
)
_Piece = tuple[UUID, str, int]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A purchase as its line states it."""

    holder: Holder
    product: str
    piece: int
    bought_at: datetime
    ended_at: datetime | None


@dataclass(slots=True)
class _Stored:
    """A purchase that is there; without `id` it stands earlier in the same chunk."""

    id: UUID | str
    ended_at: datetime | None


def prepare(record: Subscription, means: Means) -> Prepared:
    """Check product, holder and days. Raises BadLine."""
    product = cleaning.required("product", record.product)
    cleaning.instant("bought_at", record.bought_at)
    cleaning.instant("ended_at", record.ended_at)
    cleaning.in_order("bought_at", record.bought_at, "ended_at", record.ended_at)
    held_by = holder(record.contract, record.scheme, record.login_id, means)
    _check_product(means, product, held_by, record.piece)
    return Prepared(held_by, product, record.piece, record.bought_at, record.ended_at)


def natural_key(value: Prepared) -> tuple[str, str, str]:
    """Contract, account, product, moment of purchase and piece."""
    key = f"{value.holder.text}\n{value.product}\n{value.bought_at.astimezone(UTC).isoformat()}\n{value.piece}"
    return key, "bought_at", f"this purchase of {value.product} for {value.holder.called}"


def load(chunk: Chunk, items: list[Item[Prepared]]) -> None:
    """Insert what is new; end what has an end now. Ends come before purchases, which may take their place."""
    holders = Holders(chunk, [item.value.holder for item in items])
    known: dict[tuple[Any, ...], _Stored] = {}
    held: dict[_Piece, datetime] = {}
    for row_id, contract_id, holder_id, product, piece, bought_at, ended_at in chunk.select(_STORED, holders.customers):
        known[contract_id, holder_id, product, piece, bought_at] = _Stored(row_id, ended_at)
        if ended_at is None:
            held[holder_id, product, piece] = bought_at
    new: list[tuple[Item[Prepared], HolderRef]] = []
    rows: list[str] = []
    for item in items:
        value = item.value
        try:
            found = holders.find(value.holder)
            stored = known.get((found.contract_id, found.id, value.product, value.piece, value.bought_at))
            if stored is None:
                new.append((item, found))
            elif _ends(value, stored):
                rows.append(_row(stored.id, found, value))
                held.pop((found.id, value.product, value.piece), None)
                chunk.count(NAME, "updated")
            else:
                chunk.count(NAME, "unchanged")
        except BadLine as error:
            chunk.refuse(NAME, item.line, error)
    touched = set()
    for item, found in new:
        value, piece = item.value, (found.id, item.value.product, item.value.piece)
        if value.ended_at is None and piece in held and found.id.int:
            since = held[piece].isoformat(sep=" ", timespec="minutes")
            chunk.refuse(NAME, item.line, BadLine("product", f"{value.product} is held already, since {since}"))
            continue
        if value.ended_at is None:
            held[piece] = value.bought_at
        rows.append(_row(next(chunk.ids), found, value))
        touched.add(found.customer_id)
        chunk.count(NAME, "new")
    if chunk.write(_TABLE, rows):
        chunk.cursor.execute(_MARK_REPEATED, (chunk.tenant, chunk.tenant, holders.customers))


def _check_product(means: Means, code: str, held_by: Holder, piece: int) -> None:
    if means.products is None:
        return
    product = means.products.get(code)
    if product is None:
        known = ", ".join(means.products) or "none"
        raise BadLine("product", f"{code!r} is no product here; there is {known}")
    if product.holder == "account" and held_by.login is None:
        raise BadLine("login_id", f"is missing; {code} is held by an account")
    if product.holder == "contract" and held_by.login is not None:
        raise BadLine("login_id", f"has no meaning; {code} is held by the contract")
    if isinstance(product.price, TierPrice) and piece >= len(product.price.totals):
        raise BadLine("piece", f"has no price; prices of {code} end at {len(product.price.totals) - 1} pieces")


def _ends(value: Prepared, stored: _Stored) -> bool:
    """Whether the line ends a purchase that lasts. Raises BadLine for another end of one that is over."""
    if value.ended_at is None or value.ended_at == stored.ended_at:
        return False
    if stored.ended_at is not None:
        since = stored.ended_at.isoformat(sep=" ", timespec="minutes")
        raise BadLine("ended_at", f"is another end than the one that is known, {since}; an end never changes")
    return True


def _row(row_id: UUID | str, found: HolderRef, value: Prepared) -> str:
    whose = (found.customer_id, found.contract_id, found.account_id, found.id)
    return copy_row((row_id, *whose, value.product, value.piece, value.bought_at, value.ended_at))
