"""The card that pays for a customer, as it may be shown."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select

from mypage.billing.models import PaymentMethod
from mypage.db.reads import Later, Read, one_or_none
from mypage.db.session import Tx
from mypage.db.wire import Row
from mypage.hooks.context import Principal
from mypage.lib.clock import tokyo_day

_CARD = Read(
    select(
        PaymentMethod.brand,
        PaymentMethod.last4,
        PaymentMethod.exp_month,
        PaymentMethod.exp_year,
        PaymentMethod.created_at,
        PaymentMethod.unfixed_at,
    ).where(
        PaymentMethod.tenant_id == bindparam("tenant"),
        PaymentMethod.customer_id == bindparam("customer"),
        PaymentMethod.current,
    )
)


@dataclass(frozen=True, slots=True)
class Card:
    """The card in use, without its token. It is valid until the last day of its month."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    registered_on: date | None = None
    unfixed: bool = False
    """The operator says that it cannot pay."""

    @property
    def expires(self) -> date:
        """The first day of the month in which it expires."""
        return date(self.exp_year, self.exp_month, 1)

    def expired(self, today: date) -> bool:
        """Whether its last month is over."""
        return self.expires < today.replace(day=1)

    def expiring(self, today: date) -> bool:
        """Whether this is its last month."""
        return self.expires == today.replace(day=1)


def card_later(tx: Tx, principal: Principal) -> Later[Card | None]:
    """The card that pays for the principal's customer."""
    return tx.later(_CARD, _card, tenant=tx.tenant, customer=principal.customer_id)


def card_of(tx: Tx, customer_id: uuid.UUID) -> Card | None:
    """The card that pays for any customer, for staff."""
    return tx.later(_CARD, _card, tenant=tx.tenant, customer=customer_id).get()


def current_card(tx: Tx, principal: Principal) -> Card | None:
    """The card that pays for the principal's customer."""
    return card_later(tx, principal).get()


def _card(rows: list[Row]) -> Card | None:
    row = one_or_none(rows)
    if row is None:
        return None
    return Card(
        row.brand, row.last4, row.exp_month, row.exp_year, tokyo_day(row.created_at), row.unfixed_at is not None
    )


def paid_by_card(method: str) -> bool:
    """Whether the words for a way of paying mean a card; the feed knows only words."""
    return "カード" in method or "card" in method.casefold()
