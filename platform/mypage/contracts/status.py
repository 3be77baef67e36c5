"""How things stand for a customer: what is registered about them and their first contract. One statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select

from mypage.auth.models import Customer
from mypage.contracts.models import Contract
from mypage.db.reads import Read
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.home import HomeField

_FIND = Read(
    select(
        Customer.number,
        Customer.name,
        Customer.kana,
        Customer.postal_code,
        Customer.address,
        Customer.phone,
        Customer.email,
        Contract.number.label("contract_number"),
        Contract.name.label("contract_name"),
        Contract.status,
        Contract.ending_accepted_at,
        Contract.details,
    )
    .outerjoin(Contract, (Contract.tenant_id == Customer.tenant_id) & (Contract.customer_id == Customer.id))
    .where(Customer.tenant_id == bindparam("tenant"), Customer.id == bindparam("customer"))
    .order_by(Contract.status == "terminated", Contract.number_key, Contract.id)
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is registered; texts are empty where nothing is. `details` are those of the contract, by their labels.

    `ending`: the end of the contract is certain and not done yet.
    """

    fields: Mapping[HomeField, str]
    details: Mapping[str, str] = field(default_factory=dict)
    ending: bool = False


def status_of(tx: Tx, principal: Principal) -> Status:
    """What is registered about the principal's customer and the first contract, the living ones before the others."""
    row = tx.row(_FIND, tenant=tx.tenant, customer=principal.customer_id)
    assert row is not None, "who is signed in has a customer"
    return Status(
        fields={
            "number": row.number,
            "name": row.name,
            "kana": row.kana,
            "postal-code": row.postal_code,
            "address": row.address,
            "phone": row.phone,
            "email": row.email,
            "contract": row.contract_name or "",
            "contract-number": row.contract_number or "",
        },
        details={str(label): str(value) for label, value in row.details or ()},
        ending=row.ending_accepted_at is not None and row.status != "terminated",
    )
