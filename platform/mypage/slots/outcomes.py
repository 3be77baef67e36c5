"""What becomes of an application: done, turned down, or given back, in the unit in which its job ends."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from mypage.audit.trail import record
from mypage.contracts.reaching import ContractRef
from mypage.db.session import Tx
from mypage.hooks.provisioning import ProvisioningDone
from mypage.hooks.slots import Slots
from mypage.jobs.queue import enqueue
from mypage.orders.models import ProvisioningJob
from mypage.orders.outcomes import Declined, OutcomeMeans
from mypage.slots.following import follow_address
from mypage.slots.models import Slot, SlotApplication
from mypage.slots.names import give_back, leave_name, use_name
from mypage.slots.outcome_mail import tell_outcome
from mypage.slots.pieces import Bill, begin_piece, end_piece
from mypage.slots.reading import contract_of
from mypage.slots.values import address_of

CONCERNS = "slot"
"""By which jobs about applications are known."""
RELEASE, LANE = "slots.release", "provisioning"


class SlotOutcome:
    """The handler of applications (`orders.outcomes.Outcome`). What was called off or closed meanwhile stays so."""

    def done(self, tx: Tx, means: OutcomeMeans, job: ProvisioningJob, done: ProvisioningDone) -> None:
        """The place is as it was applied for, and charged so."""
        app = _waiting(tx, job.concerns_id)
        if app is None:
            return
        ref = contract_of(tx, app.contract_id)
        if ref.status == "terminated":
            # A feed ended it meanwhile; nobody is charged on a contract that is over, and the name stays its own.
            if app.local:
                use_name(tx, app.local, app.host)
                leave_name(tx, app.local, app.host)
            end_application(tx, app, "closed", "slot.closed", reason="", why="terminated")
            return
        slots = means.operator.slots[app.code]
        _carry_out(tx, means, slots, ref, app)
        end_application(tx, app, "done", "slot.done", reason="")
        tell_outcome(tx, means, slots, app)

    def failed(self, tx: Tx, means: OutcomeMeans, job: ProvisioningJob, declined: Declined) -> None:
        """The place stays as it is, and the name is free again."""
        app = _waiting(tx, job.concerns_id)
        if app is None:
            return
        if declined.returned:
            end_application(tx, app, "returned", "slot.returned", reason=declined.told, why=declined.problem)
        else:
            end_application(tx, app, "failed", "slot.failed", reason=declined.told, why=declined.problem)
        release_name(tx, app)
        tell_outcome(tx, means, means.operator.slots[app.code], app)


def locked_application(tx: Tx, application_id: uuid.UUID) -> SlotApplication | None:
    """The application, locked until the unit ends; lock its job before."""
    return tx.execute(
        select(SlotApplication)
        .where(SlotApplication.tenant_id == tx.tenant, SlotApplication.id == application_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def end_application(tx: Tx, app: SlotApplication, state: str, action: str, *, reason: str, why: str = "") -> None:
    """A locked application that waits has ended. `reason` is for the customer, `why` for the trail."""
    app.state, app.reason, app.ended_at = state, reason, tx.now()
    tx.flush()
    after = shown(app) | ({"reason": why} if why else {}) | ({"told": reason} if reason else {})
    record(tx, action, "slot_application", app.id, customer_id=app.customer_id, after=after)


def release_name(tx: Tx, app: SlotApplication) -> None:
    """Give back the name that was kept for an application, here and where it was reserved."""
    if app.local:
        give_back(tx, app.local, app.host)
        enqueue(tx, RELEASE, queue=LANE, application=str(app.id))


def shown(app: SlotApplication) -> dict[str, object]:
    """An application in the trail."""
    facts: dict[str, object] = {
        "application": app.number,
        "kind": app.code,
        "place": app.slot_number,
        "action": app.action,
        "state": app.state,
    }
    before, after = address_of(app.local_before, app.host_before), address_of(app.local, app.host)
    facts |= {"address_before": before} if before else {}
    facts |= {"address": after} if after else {}
    if app.options_before or app.options:
        facts |= {"options_before": " ".join(app.options_before), "options": " ".join(app.options)}
    return facts


def _waiting(tx: Tx, application_id: uuid.UUID | None) -> SlotApplication | None:
    app = locked_application(tx, application_id) if application_id else None
    return app if app is not None and app.state == "pending" else None


def _carry_out(tx: Tx, means: OutcomeMeans, slots: Slots, ref: ContractRef, app: SlotApplication) -> None:
    now = tx.now()
    slot = _used(tx, app)
    bill = Bill(means.operator, ref, app, app.filed_at if slots.billed_from == "applied" else now)
    if app.action != "change" or app.local:
        if slot is not None:
            slot.ended_at = max(now, slot.started_at)
            tx.flush()
            leave_name(tx, slot.local, slot.host)
        if app.local:
            _begin(tx, app)
    elif slot is not None:
        slot.options = list(app.options)
    tx.flush()
    if app.action == "add":
        begin_piece(tx, bill, slots.product)
    for option in slots.options:
        if option.code in app.options:
            begin_piece(tx, bill, option.product)
        else:
            end_piece(tx, bill, option.product)
    if app.action == "remove":
        end_piece(tx, bill, slots.product)
    if app.action == "change" and app.local:
        before, after = address_of(app.local_before, app.host_before), address_of(app.local, app.host)
        follow_address(tx, app.customer_id, before, after)


def _begin(tx: Tx, app: SlotApplication) -> None:
    use_name(tx, app.local, app.host)
    tx.add(
        Slot(
            tenant_id=tx.tenant,
            id=uuid.uuid4(),
            customer_id=app.customer_id,
            contract_id=app.contract_id,
            code=app.code,
            number=app.slot_number,
            local=app.local,
            host=app.host,
            options=list(app.options),
            started_at=tx.now(),
        )
    )
    tx.flush()


def _used(tx: Tx, app: SlotApplication) -> Slot | None:
    return tx.execute(
        select(Slot)
        .where(
            Slot.tenant_id == tx.tenant,
            Slot.contract_id == app.contract_id,
            Slot.code == app.code,
            Slot.number == app.slot_number,
            Slot.ended_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
