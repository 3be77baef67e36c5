"""Loading cards as sealed tokens of the payment company: those that pay, and those that wait for staff (UCOM-117)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mypage.billing.brands import brand_name
from mypage.db.staging import Target, copy_row
from mypage.imports import cleaning
from mypage.imports.card_reviews import Reviews, review_row, stated_holder, work_row, write_reviews
from mypage.imports.chunk import Chunk, CustomerRef, Item, Means, unknown_customer
from mypage.imports.records import Card
from mypage.imports.report import BadLine, Outcome
from mypage.lib.crypto import DecryptError

NAME = "card"

_SHOWN = ("brand", "last4", "exp_month", "exp_year")
_TABLE = Target(
    "payment_method",
    ("id", "customer_id", "gateway", "token_sealed", *_SHOWN, "current", "created_at", "unfixed_at"),
    found_by=("id",),
    updates=(*_SHOWN, "unfixed_at"),
)
_STORED = (
    "SELECT customer_id, id, gateway, token_sealed, created_at, brand, last4, exp_month, exp_year, unfixed_at"
    " FROM payment_method WHERE tenant_id = %s AND customer_id = ANY(%s) AND current"
)
_Found = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """`shown` are the values of `_SHOWN`. `holder` is the name on a card that waits for staff; None: it pays.

    `fixed`: whether it can pay; None leaves what was said before.
    """

    customer: str
    customer_key: str
    gateway: str
    token: str
    shown: tuple[Any, ...]
    holder: str | None
    fixed: bool | None


def prepare(record: Card, means: Means) -> Prepared:
    """Check the texts, and that cards are reviewed here. Raises BadLine."""
    if not record.token.isascii() or not record.token.isprintable():
        raise BadLine("token", "holds characters that no token has; give it as the payment company does")
    return Prepared(
        cleaning.one_line("customer", record.customer),
        cleaning.key_of("customer", record.customer),
        cleaning.required("gateway", record.gateway),
        record.token,
        (record.brand, cleaning.required("last4", record.last4), record.exp_month, record.exp_year),
        stated_holder(record, means),
        record.fixed,
    )


def natural_key(value: Prepared) -> tuple[str, str, str]:
    """The customer: one card pays, and one may wait."""
    if value.holder is not None:
        return f"{value.customer_key}\nreview", "customer", f"the card in review of customer {value.customer}"
    return value.customer_key, "customer", f"the card of customer {value.customer}"


def load(chunk: Chunk, items: list[Item[Prepared]]) -> None:
    """Insert cards that are new; update the expiry of the same card; refuse what people have decided otherwise."""
    customers = chunk.customers(item.value.customer_key for item in items)
    ids = [customer.id for customer in customers.values()]
    stored = {row[0]: row[1:] for row in chunk.select(_STORED, ids)}
    asked = [
        (customers[item.value.customer_key].id, item.value.gateway, item.value.token)
        for item in items
        if item.value.holder is not None and item.value.customer_key in customers
    ]
    work = _Work(chunk, stored, Reviews(chunk, ids, asked))
    for item in items:
        try:
            customer = customers.get(item.value.customer_key)
            if customer is None:
                raise unknown_customer(item.value.customer)
            chunk.count(NAME, work.take(item.value, customer))
        except BadLine as error:
            chunk.refuse(NAME, item.line, error)
    chunk.write(_TABLE, work.cards)
    write_reviews(chunk, work.waiting, work.work)


@dataclass(slots=True)
class _Work:
    """The rows that a chunk writes, in the making."""

    chunk: Chunk
    stored: dict[UUID, _Found]
    reviews: Reviews
    cards: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    work: list[str] = field(default_factory=list)
    added: set[tuple[str, str, str]] = field(default_factory=set)

    def take(self, value: Prepared, customer: CustomerRef) -> Outcome:
        """What becomes of a line. Raises BadLine."""
        pays = self.stored.get(customer.id)
        if pays is not None and _same_card(self.chunk, value, pays):
            # A card in force stays so, however it got there: by this feed, or by staff.
            return self._renew(value, customer, pays, current=True)
        waits = self.reviews.waiting.get(customer.id)
        known = waits is not None and _same_card(self.chunk, value, waits.card)
        if value.holder is None:
            if pays is not None:
                reason = (
                    f"customer {value.customer} has another card by now; it is changed by its holder, not by a feed"
                )
                raise BadLine("token", reason)
            if known:
                raise BadLine("review", f"is left out, but the card of customer {value.customer} waits for staff")
            return self._add(value, customer, next(self.chunk.ids))
        if waits is not None and known:
            outcome = self._renew(value, customer, waits.card, current=False)
            if waits.holder == value.holder:
                return outcome
            self.waiting.append(review_row(waits.id, customer.id, waits.card[0], value.holder, waits.since))
            return "updated"
        card_id = self.reviews.id_of(customer.id, value.gateway, value.token)
        if card_id is None:
            return "unchanged"
        if waits is not None:
            raise BadLine("token", f"another card of customer {value.customer} waits for staff; let them decide first")
        return self._add(value, customer, str(card_id))

    def _renew(self, value: Prepared, customer: CustomerRef, found: _Found, *, current: bool) -> Outcome:
        *shown, unfixed = found[4:]
        stated = unfixed if value.fixed is None else None if value.fixed else unfixed or self.chunk.now
        if (*shown, unfixed) == (*value.shown, stated):
            return "unchanged"
        self.cards.append(copy_row((found[0], customer.id, *found[1:3], *value.shown, current, found[3], stated)))
        return "updated"

    def _add(self, value: Prepared, customer: CustomerRef, row_id: str) -> Outcome:
        chunk, place = self.chunk, (value.customer_key, value.gateway, value.token)
        if place in self.added:
            raise BadLine("token", f"is that of the other card of customer {value.customer} in this file")
        self.added.add(place)
        if chunk.dry_run:
            return "new"
        row = str(UUID(row_id))
        sealed = chunk.means.vault.seal(
            chunk.tx, value.token.encode(), table="payment_method", column="token_sealed", row=row
        )
        current = value.holder is None
        unfixed = chunk.now if value.fixed is False else None
        stated = (row, customer.id, value.gateway, sealed, *value.shown, current, chunk.now, unfixed)
        self.cards.append(copy_row(stated))
        if value.holder is not None:
            self.waiting.append(review_row(row, customer.id, row, value.holder, chunk.now))
            self.work.append(work_row(chunk, row, customer.id, _named(value)))
        return "new"


def _named(value: Prepared) -> str:
    brand, last4, *_ = value.shown
    return f"{brand_name(brand)} **** {last4}"


def _same_card(chunk: Chunk, value: Prepared, found: _Found) -> bool:
    row_id, gateway, sealed, *_ = found
    try:
        token = chunk.means.vault.open(chunk.tx, sealed, table="payment_method", column="token_sealed", row=str(row_id))
    except DecryptError:
        return False
    return bool(gateway == value.gateway and token == value.token.encode())
