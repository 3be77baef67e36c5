"""What order services give and take: who placed something, what ended, what is held."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mypage.hooks.context import Principal
from mypage.hooks.products import Product

Cause = Literal["customer", "account-deleted", "quota-fell", "staff", "feed"]
"""Why an order was placed; `models.CAUSES` lists the same words."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Who did it, for the order and its history (UCOM-174). `account_id` None: not a customer."""

    account_id: uuid.UUID | None
    scheme: str = ""
    role: str = ""

    @classmethod
    def by(cls, principal: Principal) -> Placed:
        """The signed-in account."""
        return cls(principal.account_id, principal.scheme, principal.role)


@dataclass(frozen=True, slots=True)
class Holding:
    """One purchase of a product. `holder_id` is the account of a product that accounts hold, else the contract."""

    id: uuid.UUID
    product: str
    holder_id: uuid.UUID
    account_id: uuid.UUID | None
    bought_at: datetime
    ended_at: datetime | None
    again: bool
    has_pin: bool

    @property
    def active(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Ended:
    """A purchase that ended, and the number of the order that says so."""

    product: Product
    subscription_id: uuid.UUID
    order_number: str
