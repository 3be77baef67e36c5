"""Loading the cards that pay, as sealed tokens of the payment company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mypage.db.staging import Target, copy_row
from mypage.imports import cleaning
from mypage.imports.chunk import Chunk, Item, Means, unknown_customer
from mypage.imports.records import Card
from mypage.imports.report import BadLine
from mypage.lib.crypto import DecryptError

NAME = "card"

_SHOWN = ("brand", "last4", "exp_month", "exp_year")
_TABLE = Target(
    "payment_method",
    ("id", "customer_id", "gateway", "token_sealed", *_SHOWN, "created_at"),
    found_by=("id",),
    updates=_SHOWN,
)
_STORED = (
    "SELECT customer_id, id, gateway, token_sealed, created_at, brand, last4, exp_month, exp_year"
    " FROM payment_method WHERE tenant_id = %s AND customer_id = ANY(%s) AND current"
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """`shown` are the values of `_SHOWN`."""

    customer: str
    customer_key: str
    gateway: str
    token: str
    shown: tuple[Any, ...]


def prepare(record: Card, _: Means) -> Prepared:
    """Check the texts. Raises BadLine."""
    if not record.token.isascii() or not record.token.isprintable():
        raise BadLine("token", "holds characters that no token has; give it as the payment company does")
    return Prepared(
        cleaning.one_line("customer", record.customer),
        cleaning.key_of("customer", record.customer),
        cleaning.required("gateway", record.gateway),
        record.token,
        (record.brand, cleaning.required("last4", record.last4), record.exp_month, record.exp_year),
    )


def natural_key(value: Prepared) -> tuple[str, str, str]:
    """The customer: one card pays."""
    return value.customer_key, "customer", f"the card of customer {value.customer}"


def load(chunk: Chunk, items: list[Item[Prepared]]) -> None:
    """Insert cards of customers that have none; update the expiry of the same card; refuse another."""
    customers = chunk.customers(item.value.customer_key for item in items)
    ids = [customer.id for customer in customers.values()]
    stored = {row[0]: row[1:] for row in chunk.select(_STORED, ids)}
    rows: list[str] = []
    for item in items:
        value = item.value
        customer = customers.get(value.customer_key)
        if customer is None:
            chunk.refuse(NAME, item.line, unknown_customer(value.customer))
            continue
        found = stored.get(customer.id)
        if found is None:
            chunk.count(NAME, "new")
            if not chunk.dry_run:
                rows.append(_new(chunk, value, customer.id))
        elif not _same_card(chunk, value, found):
            reason = f"customer {value.customer} has another card by now; it is changed by its holder, not by a feed"
            chunk.refuse(NAME, item.line, BadLine("token", reason))
        elif found[4:] == value.shown:
            chunk.count(NAME, "unchanged")
        else:
            rows.append(copy_row((found[0], customer.id, *found[1:3], *value.shown, found[3])))
            chunk.count(NAME, "updated")
    chunk.write(_TABLE, rows)


def _new(chunk: Chunk, value: Prepared, customer_id: UUID) -> str:
    row_id = next(chunk.ids)
    sealed = chunk.means.vault.seal(
        chunk.tx, value.token.encode(), table="payment_method", column="token_sealed", row=str(UUID(row_id))
    )
    return copy_row((row_id, customer_id, value.gateway, sealed, *value.shown, chunk.now))


def _same_card(chunk: Chunk, value: Prepared, found: tuple[Any, ...]) -> bool:
    row_id, gateway, sealed, *_ = found
    try:
        token = chunk.means.vault.open(chunk.tx, sealed, table="payment_method", column="token_sealed", row=str(row_id))
    except DecryptError:
        return False
    return bool(gateway == value.gateway and token == value.token.encode())
