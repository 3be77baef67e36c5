"""The customer that a page of the console is about."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from mypage.auth.models import Customer
from mypage.db.session import Tx
from mypage.lib.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFacts:
    """Who it is and how to reach them, as stored; `kind` is person or company."""

    id: uuid.UUID
    number: str
    name: str
    kana: str
    email: str
    phone: str
    postal_code: str
    address: str
    kind: str
    language: str


_SHOWN = (
    Customer.id,
    Customer.number,
    Customer.name,
    Customer.kana,
    Customer.email,
    Customer.phone,
    Customer.postal_code,
    Customer.address,
    Customer.kind,
    Customer.language,
)


def find_customer(tx: Tx, customer_id: uuid.UUID) -> CustomerFacts:
    """The customer of this tenant. Raises NotFound: missing and another tenant's are the same."""
    wanted = select(*_SHOWN).where(Customer.tenant_id == tx.tenant, Customer.id == customer_id)
    found = tx.execute(wanted).mappings().one_or_none()
    if found is None:
        raise NotFound
    return CustomerFacts(**found)
