"""What is in the places of a contract, and what waits about them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import Row, Select, and_, func, or_, select

from mypage.contracts.models import Contract
from mypage.contracts.reaching import ContractRef
from mypage.contracts.standing import contract_standing
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.slots import Slots
from mypage.lib.errors import NotFound
from mypage.operators.operator import Operator
from mypage.orders.models import ProvisioningJob
from mypage.orders.provisioning import DESK
from mypage.slots.models import Slot, SlotApplication
from mypage.slots.values import ApplicationRow, SlotRow, address_of

TOLD_FOR = timedelta(days=90)
"""How long a place says that what was applied for about it was turned down."""


def overview(tx: Tx, operator: Operator, ref: ContractRef, slots: Slots) -> tuple[SlotRow, ...]:
    """Every place of the contract from 1 on, empty ones too. Three statements."""
    paper = contract_standing(tx, ref.id, stopping=stopping(operator, slots)) == "paper"
    # What waits is read first: whatever was done since has changed the places before these are read.
    pending, last = _applications(tx, ref, slots)
    used = {slot.number: slot for slot in tx.execute(_used(tx, ref, slots))}
    rows = []
    for number in range(1, slots.at_most + 1):
        slot, waits = used.get(number), pending.get(number)
        rows.append(
            SlotRow(
                number=number,
                address=address_of(slot.local, slot.host) if slot else None,
                options=frozenset(slot.options) if slot else frozenset(),
                state="pending" if waits else "used" if slot else "free",
                application=waits,
                last=last.get(number),
                blocked=paper or bool(slot and slot.blocked),
                slot_id=slot.id if slot else None,
            )
        )
    return tuple(rows)


def stopping(operator: Operator, slots: Slots) -> frozenset[str]:
    """The kinds of applications on paper during which nothing is applied for about these places."""
    named = (paper.code for paper in operator.desk.papers if slots.code in paper.blocks)
    return operator.desk.stopping().union(named)


def own_addresses(tx: Tx, ref: ContractRef) -> tuple[str, ...]:
    """The addresses that are in the places of a contract now, of all kinds, in the order of the places (OCN-99)."""
    found = (
        select(Slot.local, Slot.host)
        .where(Slot.tenant_id == tx.tenant, Slot.contract_id == ref.id, Slot.ended_at.is_(None))
        .order_by(Slot.code, Slot.number)
    )
    return tuple(address_of(row.local, row.host) for row in tx.execute(found))


def application_of(tx: Tx, customer_id: uuid.UUID, application_id: uuid.UUID) -> ApplicationRow:
    """One application. Raises NotFound, also for another customer's."""
    found = _rows(tx).where(SlotApplication.customer_id == customer_id, SlotApplication.id == application_id)
    row = tx.execute(found).one_or_none()
    if row is None:
        raise NotFound
    return _application(row)


def application_by_operation(tx: Tx, ref: ContractRef, operation_id: uuid.UUID) -> ApplicationRow | None:
    """What a post has filed already."""
    found = _rows(tx).where(
        SlotApplication.customer_id == ref.customer_id, SlotApplication.operation_id == operation_id
    )
    row = tx.execute(found).one_or_none()
    return _application(row) if row is not None else None


def filed_since(tx: Tx, ref: ContractRef, since: datetime) -> int:
    """How much was applied for about a contract since then, whatever became of it."""
    filed = select(func.count()).where(
        SlotApplication.tenant_id == tx.tenant,
        SlotApplication.contract_id == ref.id,
        SlotApplication.filed_at > since,
    )
    return tx.execute(filed).scalar_one()


def contract_of(tx: Tx, contract_id: uuid.UUID) -> ContractRef:
    """A contract of the tenant, whoever has it: for what is done by other systems and by staff. Raises NotFound."""
    row = tx.execute(
        select(Contract.id, Contract.number, Contract.plan, Contract.name, Contract.status, Contract.customer_id).where(
            Contract.tenant_id == tx.tenant, Contract.id == contract_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return ContractRef(row.id, row.number, row.plan, row.name, row.status, row.customer_id)


def reach_application(tx: Tx, principal: Principal, application_id: uuid.UUID) -> ApplicationRow:
    """An application of the principal's customer. Raises NotFound."""
    return application_of(tx, principal.customer_id, application_id)


def _used(tx: Tx, ref: ContractRef, slots: Slots) -> Select[uuid.UUID, int, str, str, list[str], bool]:
    return select(Slot.id, Slot.number, Slot.local, Slot.host, Slot.options, Slot.blocked).where(
        Slot.tenant_id == tx.tenant,
        Slot.contract_id == ref.id,
        Slot.code == slots.code,
        Slot.ended_at.is_(None),
    )


def _applications(
    tx: Tx, ref: ContractRef, slots: Slots
) -> tuple[dict[int, ApplicationRow], dict[int, ApplicationRow]]:
    """By place: what waits, and the last one where that was turned down and nothing waits."""
    newest = or_(SlotApplication.state == "pending", SlotApplication.filed_at > tx.now() - TOLD_FOR)
    found = (
        _rows(tx)
        .where(SlotApplication.contract_id == ref.id, SlotApplication.code == slots.code, newest)
        .order_by(SlotApplication.filed_at, SlotApplication.number)
    )
    pending: dict[int, ApplicationRow] = {}
    last: dict[int, ApplicationRow] = {}
    for row in map(_application, tx.execute(found)):
        last[row.slot_number] = row
        if row.state == "pending":
            pending[row.slot_number] = row
    return pending, {n: row for n, row in last.items() if row.state in ("failed", "returned") and n not in pending}


def _rows(tx: Tx) -> Select[SlotApplication, str | None, str | None, int | None]:
    return (
        select(SlotApplication, ProvisioningJob.state, ProvisioningJob.adapter, ProvisioningJob.attempts)
        .join(
            ProvisioningJob,
            and_(
                ProvisioningJob.tenant_id == SlotApplication.tenant_id,
                ProvisioningJob.id == SlotApplication.job_id,
            ),
            isouter=True,
        )
        .where(SlotApplication.tenant_id == tx.tenant)
        .execution_options(populate_existing=True)
    )


def _application(row: Row[SlotApplication, str | None, str | None, int | None]) -> ApplicationRow:
    app, state, adapter, attempts = row
    asked = adapter != DESK and bool(attempts)
    return ApplicationRow(
        id=app.id,
        number=app.number,
        code=app.code,
        slot_number=app.slot_number,
        action=app.action,  # type: ignore[arg-type]
        state=app.state,  # type: ignore[arg-type]
        address_before=address_of(app.local_before, app.host_before),
        options_before=frozenset(app.options_before),
        local=app.local,
        address=address_of(app.local, app.host),
        options=frozenset(app.options),
        price_before=app.price_before,
        price_after=app.price_after,
        filed_at=app.filed_at,
        ended_at=app.ended_at,
        reason=app.reason,
        told=tuple(app.told),
        cancellable=app.state == "pending" and state in ("waiting", "sent") and not asked,
    )
