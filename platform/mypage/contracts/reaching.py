"""Which contract of a customer something is done to, and the lock under which it changes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import or_, select

from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.lib.errors import NotFound


@dataclass(frozen=True, slots=True)
class ContractRef:
    """What others need to know of a contract. `plan` is the operator's code for what decides about options.

    `ending`: its end was accepted online, so nothing is bought or changed on it any more.
    """

    id: uuid.UUID
    number: str
    plan: str
    name: str
    status: str
    customer_id: uuid.UUID
    ending: bool = False


def reach_contract(tx: Tx, principal: Principal, wanted: uuid.UUID | None = None) -> ContractRef:
    """The first living contract of the principal's customer, or the wanted one of them. One statement.

    Raises NotFound: there is none, its last day is over, or it is another customer's.
    """
    found = (
        select(
            Contract.id,
            Contract.number,
            Contract.plan,
            Contract.name,
            Contract.status,
            Contract.customer_id,
            Contract.ending_accepted_at.is_not(None).label("ending"),
        )
        .where(
            Contract.tenant_id == tx.tenant,
            Contract.customer_id == principal.customer_id,
            Contract.status != "terminated",
            or_(Contract.ended_on.is_(None), Contract.ended_on >= tx.today()),
        )
        .order_by(Contract.number_key, Contract.id)
        .limit(1)
    )
    if wanted is not None:
        found = found.where(Contract.id == wanted)
    row = tx.execute(found).one_or_none()
    if row is None:
        raise NotFound
    return ContractRef(row.id, row.number, row.plan, row.name, row.status, row.customer_id, row.ending)


def lock_contract(tx: Tx, ref: ContractRef) -> None:
    """Wait until nobody else changes what belongs to the contract, and keep others waiting until this unit ends.

    Every change of a customer's accounts, addresses or purchases takes this lock before it reads what it decides by.
    """
    wanted = select(Contract.id).where(Contract.tenant_id == tx.tenant, Contract.id == ref.id)
    # Rows that only point to the contract are written by those who do not wait: nobody holds what they need meanwhile.
    tx.execute(wanted.with_for_update(key_share=True))
