"""Cards of a feed that staff have to decide about: what waits already, and what was decided (UCOM-117, UCOM-120)."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mypage.billing.review_queue import REFERENCE
from mypage.db.staging import Target, copy_row
from mypage.hooks.desk import CARD_REVIEW
from mypage.imports import cleaning
from mypage.imports.chunk import Chunk, Means
from mypage.imports.records import Card
from mypage.imports.report import BadLine
from mypage.lib.card_numbers import holds_card_number
from mypage.lib.clock import tokyo_day
from mypage.lib.crypto import derive
from mypage.lib.tokens import length_prefixed
from mypage.work.due import business_day
from mypage.work.service import short_reference

_PURPOSE = "card review of a feed"
_TABLE = Target(
    "payment_review",
    ("id", "customer_id", "payment_method_id", "card_name", "state", "created_at"),
    found_by=("id",),
    updates=("card_name",),
)
_WORK = Target(
    "work_item",
    ("id", "kind", "subject_id", "reference", "title", "customer_id", "due_on", "created_at"),
    found_by=("kind", "subject_id"),
)
_WAITING = (
    "SELECT r.customer_id, r.id, r.card_name, r.created_at,"
    " m.id, m.gateway, m.token_sealed, m.created_at, m.brand, m.last4, m.exp_month, m.exp_year, m.unfixed_at"
    " FROM payment_review r JOIN payment_method m ON m.tenant_id = r.tenant_id AND m.id = r.payment_method_id"
    " WHERE r.tenant_id = %s AND r.customer_id = ANY(%s) AND r.state = 'waiting'"
)
_KNOWN = "SELECT id FROM payment_review WHERE tenant_id = %s AND id = ANY(%s)"
_Asked = tuple[UUID, str, str]
"""Customer, gateway and token of a line."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A card that waits: its review, the name on it, and the row of the card."""

    id: UUID
    holder: str
    since: datetime
    card: tuple[Any, ...]


class Reviews:
    """What is known of the cards in review that the lines of one chunk may touch.

    A rejected card leaves no token to compare with, so a review has an id that customer, gateway and token give under
    the master key: the line of a nightly feed does not bring back what staff have rejected.
    """

    def __init__(self, chunk: Chunk, customers: Iterable[UUID], asked: Sequence[_Asked]) -> None:
        """Reads them, in at most two statements. `asked` are the lines that want a review."""
        keyring = chunk.means.vault.keyring
        # The current key comes first: it names what is new. What earlier keys named is found again.
        names = [keyring.current, *sorted(keyring.master_keys.keys() - {keyring.current})]
        self._keys = [derive(keyring.master_keys[name], _PURPOSE, chunk.tenant) for name in names] if asked else []
        self.waiting = {
            customer: Waiting(review, holder, since, tuple(card))
            for customer, review, holder, since, *card in chunk.select(_WAITING, list(customers))
        }
        ids = [review for each in asked for review in self._ids(*each)]
        self._known = {row[0] for row in chunk.select(_KNOWN, ids)} if ids else set()

    def id_of(self, customer: UUID, gateway: str, token: str) -> UUID | None:
        """The id of a new review; None when this card was reviewed before."""
        ids = self._ids(customer, gateway, token)
        return None if self._known.intersection(ids) else ids[0]

    def _ids(self, customer: UUID, gateway: str, token: str) -> list[UUID]:
        message = length_prefixed(str(customer), gateway, token)
        return [UUID(bytes=hmac.digest(key, message, "sha256")[:16], version=4) for key in self._keys]


def stated_holder(record: Card, means: Means) -> str | None:
    """The name on a card that is to wait, None for one that pays: its name is kept nowhere. Raises BadLine."""
    holder = cleaning.one_line("holder", record.holder)
    if holds_card_number(holder):
        raise BadLine("holder", "holds the number of a card; give the name on it")
    if not record.review:
        return None
    if means.card_reviews is False:
        raise BadLine("review", "has no meaning here: no names on cards are compared; leave it out")
    if not holder:
        raise BadLine("holder", "is missing; staff compare it with the customer's name")
    return holder


def review_row(review: UUID | str, customer: UUID, card: UUID | str, holder: str, since: datetime) -> str:
    """A row for `write_reviews`."""
    return copy_row((review, customer, card, holder, "waiting", since))


def work_row(chunk: Chunk, review: UUID | str, customer: UUID, card: str) -> str:
    """A row for `write_reviews` that puts a new review into the work queue of staff; `card` says which it is."""
    review, day, desk = UUID(str(review)), tokyo_day(chunk.now), chunk.means.desk
    due = business_day(day, desk.rule(CARD_REVIEW).days, desk.closed)
    reference = short_reference(REFERENCE, day, review)
    return copy_row((next(chunk.ids), CARD_REVIEW, review, reference, card, customer, due, chunk.now))


def write_reviews(chunk: Chunk, rows: Sequence[str], work: Sequence[str]) -> None:
    """Let cards wait, or correct the name on those that do; after the cards themselves."""
    chunk.write(_TABLE, rows)
    chunk.write(_WORK, work)
