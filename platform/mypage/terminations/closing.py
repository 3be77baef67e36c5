"""What ends with a contract, in words before and in rows after: its options, services, addresses."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select, update

from mypage.audit.trail import record
from mypage.auth.models import Credential
from mypage.contracts.models import Contract, Resource, Service
from mypage.contracts.reaching import ContractRef, lock_contract
from mypage.db.session import Tx
from mypage.operators.operator import Operator
from mypage.orders.holdings import holdings, product_of
from mypage.orders.models import ProductOrder
from mypage.orders.placing import end
from mypage.orders.states import FINAL
from mypage.orders.values import Cause, Placed
from mypage.slots.models import Slot
from mypage.slots.names import leave_name
from mypage.slots.service import close_pending
from mypage.slots.values import address_of
from mypage.subaccounts.mailboxes import Held, Kind, end_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a contract has now and loses. Products with the login ID of the account that holds them, "" for none."""

    products: tuple[tuple[str, str], ...]
    services: tuple[str, ...]
    addresses: tuple[str, ...]
    orders: int
    ids: tuple[str, ...]
    """All of it by id: what was confirmed was exactly this."""
    codes: frozenset[str] = frozenset()
    """The products by their codes."""


def reach(tx: Tx, contract_id: uuid.UUID) -> ContractRef | None:
    """A contract of the tenant, also one that has ended."""
    row = tx.execute(
        select(Contract.id, Contract.number, Contract.plan, Contract.name, Contract.status, Contract.customer_id).where(
            Contract.tenant_id == tx.tenant, Contract.id == contract_id
        )
    ).one_or_none()
    return ContractRef(*row) if row else None


def what_ends(tx: Tx, operator: Operator | None, ref: ContractRef) -> Ending:
    """What the end would end. Changes nothing. Without an operator products have their codes as names."""
    active = [each for each in holdings(tx, ref) if each.active]
    logins = _logins(tx, [each.account_id for each in active if each.account_id])
    services = tx.execute(
        select(Service.name)
        .where(Service.tenant_id == tx.tenant, Service.contract_id == ref.id, Service.status != "terminated")
        .order_by(Service.position)
    ).scalars()
    rows, slots = _resources(tx, ref), _slots(tx, ref)
    orders = tx.execute(
        select(func.count()).where(
            ProductOrder.tenant_id == tx.tenant, ProductOrder.contract_id == ref.id, ProductOrder.state.not_in(FINAL)
        )
    ).scalar_one()
    return Ending(
        products=tuple(
            (
                product_of(operator, each).name if operator else each.product,
                logins.get(each.account_id, "") if each.account_id else "",
            )
            for each in active
        ),
        services=tuple(services),
        addresses=(*(held.value for held in rows if held.own), *(address_of(s.local, s.host) for s in slots)),
        orders=orders,
        ids=tuple(sorted([str(h.id) for h in active] + [str(h.id) for h in rows] + [str(s.id) for s in slots])),
        codes=frozenset(each.product for each in active),
    )


def set_last_day(tx: Tx, ref: ContractRef, last_day: date) -> None:
    """Nothing is sold on the contract after that day, and nothing charged after its month."""
    before = tx.execute(
        select(Contract.ended_on)
        .where(Contract.tenant_id == tx.tenant, Contract.id == ref.id)
        .with_for_update(key_share=True)
    ).scalar_one()
    if before == last_day:
        return
    tx.execute(
        update(Contract)
        .where(Contract.tenant_id == tx.tenant, Contract.id == ref.id)
        .values(ended_on=last_day, updated_at=tx.now())
    )
    told = {"contract": ref.number, "last_day": last_day.isoformat()}
    earlier = {"last_day": before.isoformat() if before else None}
    record(tx, "contract.ending_set", "contract", ref.id, customer_id=ref.customer_id, before=earlier, after=told)


def end_contract(
    tx: Tx,
    operator: Operator,
    ref: ContractRef,
    last_day: date,
    *,
    cause: Cause = "staff",
    staying: tuple[str, ...] = (),
) -> None:
    """End the contract with everything on it, now. Harmless for one that is terminated and has nothing left.

    Services whose names begin with one of `staying` are ended elsewhere and stay as they are. The customer's accounts
    stay: bills are still to be read. Other systems are told of all that they switched on.
    """
    lock_contract(tx, ref)
    # First, so that what is done at this moment is seen below, and ends too.
    close_pending(tx, operator, ref, cause=cause)
    status = select(Contract.status).where(Contract.tenant_id == tx.tenant, Contract.id == ref.id)
    active = [each for each in holdings(tx, ref) if each.active]
    addresses, slots = _resources(tx, ref), _slots(tx, ref)
    if tx.execute(status).scalar_one() == "terminated" and not (active or addresses or slots):
        return
    ended = [end(tx, operator, ref, each, placed=Placed(None), cause=cause).product.code for each in active]
    end_rows(tx, operator, ref, addresses)
    for slot in slots:
        slot.ended_at = max(tx.now(), slot.started_at)
        leave_name(tx, slot.local, slot.host)
    tx.flush()
    here = [Service.name.startswith(name, autoescape=True) for name in staying]
    tx.execute(
        update(Service)
        .where(
            Service.tenant_id == tx.tenant,
            Service.contract_id == ref.id,
            Service.status != "terminated",
            *(~each for each in here),
        )
        .values(status="terminated", ended_on=last_day)
        .execution_options(synchronize_session=False)
    )
    tx.execute(
        update(Contract)
        .where(Contract.tenant_id == tx.tenant, Contract.id == ref.id)
        .values(status="terminated", ended_on=last_day, updated_at=tx.now())
    )
    after = {
        "contract": ref.number,
        "last_day": last_day.isoformat(),
        "products": " ".join(ended),
        "addresses": " ".join(
            [held.value for held in addresses if held.own] + [address_of(slot.local, slot.host) for slot in slots]
        ),
    }
    record(tx, "contract.terminated", "contract", ref.id, customer_id=ref.customer_id, after=after)


def _resources(tx: Tx, ref: ContractRef) -> tuple[Held, ...]:
    rows = tx.execute(
        select(Resource.id, Resource.account_id, Resource.kind, Resource.value, Resource.own)
        .where(Resource.tenant_id == tx.tenant, Resource.contract_id == ref.id, Resource.ended_at.is_(None))
        .order_by(Resource.kind, Resource.value_key, Resource.id)
    )
    return tuple(Held(row.id, row.account_id, _kind(row.kind), row.value, row.own) for row in rows)


def _slots(tx: Tx, ref: ContractRef) -> Sequence[Slot]:
    used = select(Slot).where(Slot.tenant_id == tx.tenant, Slot.contract_id == ref.id, Slot.ended_at.is_(None))
    return tx.scalars(used.order_by(Slot.code, Slot.number).execution_options(populate_existing=True)).all()


def _kind(value: Any) -> Kind:
    return "web" if value == "web" else "mail"


def _logins(tx: Tx, accounts: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    if not accounts:
        return {}
    rows = tx.execute(
        select(Credential.account_id, func.min(Credential.login_id))
        .where(Credential.tenant_id == tx.tenant, Credential.account_id.in_(accounts))
        .group_by(Credential.account_id)
    )
    return {row[0]: row[1] for row in rows}
