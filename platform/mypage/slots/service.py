"""Applying for something about a place, and calling that off. One application at a time waits about a place.

Locks are taken in one order everywhere: the contract, the job, the application, the name. What is done meanwhile does
not take the contract's lock; that two cannot be in one place, or have one name, the database sees to.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from mypage.audit.trail import record
from mypage.billing.tax import TaxMode
from mypage.contracts.reaching import ContractRef, lock_contract, reach_contract
from mypage.contracts.standing import contract_standing
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.desk import APPLICATION
from mypage.hooks.provisioning import ProvisioningAction
from mypage.hooks.slots import SlotAction
from mypage.lib.errors import NotFound
from mypage.operators.operator import Operator
from mypage.orders.outcomes import OutcomeMeans, Outcomes
from mypage.orders.provisioning import Concerns, locked_job, provision, withdraw_job
from mypage.orders.service import new_number
from mypage.slots.errors import (
    AlreadyProcessed,
    BadWish,
    Blocked,
    Ending,
    LimitReached,
    NotAsBefore,
    NotFree,
    NothingChanges,
    NotUsed,
    PriceChanged,
    TooOften,
)
from mypage.slots.models import SlotApplication
from mypage.slots.names import leave_name, names_of, take_name, use_name
from mypage.slots.outcomes import CONCERNS, SlotOutcome, end_application, locked_application, release_name, shown
from mypage.slots.prices import PricesAhead, prices_ahead, usage_after, usage_of
from mypage.slots.reading import application_by_operation, application_of, filed_since, overview, own_addresses
from mypage.slots.values import NO_OPTIONS, ApplicationRow, Reserved, SlotRow, SlotWish, address_of

MOST_NAMES = 100
"""Names that a contract can ever have: nobody else gets what it gave up, so that more would be kept from all others."""
MOST_A_DAY = 100
"""Applications of a contract within 24 hours."""
_DAY = timedelta(days=1)
_ACTIONS: dict[SlotAction, ProvisioningAction] = {"add": "start", "change": "change", "remove": "end"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An application that is possible now: the place as it is, its options afterwards, and the prices."""

    row: SlotRow
    options: frozenset[str]
    prices: PricesAhead


def check_wish(tx: Tx, operator: Operator, ref: ContractRef, wish: SlotWish, mode: TaxMode = TaxMode.DOWN) -> Checked:
    """What would be applied for, and at which prices; nothing is changed. Secrets need not be there yet.

    Raises NotFound for a place that there cannot be, and SlotRefused: LimitReached, NotFree, NotUsed, NothingChanges,
    BadWish, Blocked, Ending, NotAsBefore.
    """
    slots = wish.slots
    stands = contract_standing(tx, ref.id, stopping=())
    if stands in ("accepted", "terminated"):
        raise Ending
    rows = overview(tx, operator, ref, slots)
    if wish.action == "add" and (wish.number > slots.at_most or all(row.state != "free" for row in rows)):
        raise LimitReached
    if not 1 <= wish.number <= slots.at_most:
        raise NotFound
    row = rows[wish.number - 1]
    if row.blocked:
        raise Blocked
    if wish.action not in slots.actions:
        raise BadWish
    _check_place(row, wish)
    options = NO_OPTIONS if wish.action == "remove" else wish.options
    _check_content(row, wish, options)
    prices = prices_ahead(operator, usage_of(slots, rows), usage_after(slots, rows, wish), mode)
    return Checked(row=row, options=options, prices=prices)


def file_application(
    tx: Tx,
    vault: Vault,
    operator: Operator,
    principal: Principal,
    wish: SlotWish,
    reserved: Reserved | None,
    *,
    operation_id: uuid.UUID,
    language: str,
    consent_id: uuid.UUID | None = None,
    mode: TaxMode = TaxMode.DOWN,
) -> ApplicationRow:
    """Apply for it: by the end of this unit somebody is asked to do it. The same operation again finds what it filed.

    `reserved` is the name's host (`reserving.reserve`), None where no new name is wanted. A first password goes sealed
    to whoever does it, and nowhere else. Raises what `check_wish` raises, PriceChanged, NameTaken and TooOften: nothing
    has changed then, and the caller gives the reservation back.
    """
    ref = reach_contract(tx, principal)
    lock_contract(tx, ref)
    known = application_by_operation(tx, ref, operation_id)
    if known is not None:
        return known
    checked = check_wish(tx, operator, ref, wish, mode)
    if checked.prices.mark != wish.shown:
        raise PriceChanged
    _check_secret(wish)
    if filed_since(tx, ref, tx.now() - _DAY) >= MOST_A_DAY or (wish.local and names_of(tx, ref) >= MOST_NAMES):
        raise TooOften
    if wish.local is not None:
        if reserved is None or (reserved.local, reserved.id) != (wish.local, operation_id):
            raise ValueError("a new name has to be reserved for this operation first")
        take_name(tx, ref, wish.local, reserved.host)
    app = _row(tx, ref, principal, wish, checked, reserved, operation_id, consent_id, language)
    tx.add(app)
    tx.flush()
    record(tx, "slot.applied", "slot_application", app.id, customer_id=ref.customer_id, after=shown(app))
    job_id = provision(
        tx,
        customer_id=ref.customer_id,
        order_id=None,
        action=_ACTIONS[wish.action],
        product=wish.slots.product,
        subject=address_of(app.local_before, app.host_before) or address_of(app.local, app.host),
        vault=vault,
        desk=operator.desk,
        concerns=Concerns(
            what=CONCERNS, id=app.id, work=APPLICATION, details=_details(ref, app), secret=wish.secret or ""
        ),
        outcomes=Outcomes(OutcomeMeans(operator, vault), {CONCERNS: SlotOutcome()}),
    )
    app.job_id = job_id
    tx.flush()
    return application_of(tx, ref.customer_id, app.id)


def cancel(tx: Tx, operator: Operator, principal: Principal, application_id: uuid.UUID) -> ApplicationRow:
    """Call an application off: the place is as it was (OCN-71). Of this and its being done exactly one happens.

    Raises NotFound, also for another customer's, and AlreadyProcessed with what became of it.
    """
    found = application_of(tx, principal.customer_id, application_id)
    if found.code not in operator.slots:
        raise NotFound
    app = _locked(tx, found.id)
    job = locked_job(tx, app.job_id) if app.job_id else None
    if app.state != "pending" or job is None or not withdraw_job(tx, job):
        raise AlreadyProcessed(application_of(tx, principal.customer_id, application_id))
    end_application(tx, app, "cancelled", "slot.cancelled", reason="")
    release_name(tx, app)
    return application_of(tx, principal.customer_id, application_id)


def close_pending(tx: Tx, operator: Operator, ref: ContractRef, *, cause: str) -> int:
    """Close what waits about all places of a contract, because it ends (OCN-150); how many there were.

    `cause` is a word for the trail. Take the contract's lock before. What another system is doing already is closed
    here all the same; its name is never given to anybody else.
    """
    if not operator.slots:
        return 0
    waiting = select(SlotApplication.id).where(
        SlotApplication.tenant_id == tx.tenant,
        SlotApplication.contract_id == ref.id,
        SlotApplication.state == "pending",
    )
    closed = 0
    for application_id in list(tx.scalars(waiting.order_by(SlotApplication.id))):
        app = _locked(tx, application_id)
        if app.state != "pending":
            continue
        late = app.job_id is not None and not withdraw_job(tx, locked_job(tx, app.job_id))
        end_application(tx, app, "closed", "slot.closed", reason="", why=cause)
        if not late:
            release_name(tx, app)
        elif app.local:
            use_name(tx, app.local, app.host)
            leave_name(tx, app.local, app.host)
        closed += 1
    return closed


def _locked(tx: Tx, application_id: uuid.UUID) -> SlotApplication:
    """An application, after its job: in this order whoever ends the job takes them too."""
    job_id = tx.execute(
        select(SlotApplication.job_id).where(
            SlotApplication.tenant_id == tx.tenant, SlotApplication.id == application_id
        )
    ).scalar_one()
    if job_id is not None:
        locked_job(tx, job_id)
    app = locked_application(tx, application_id)
    if app is None:
        raise NotFound
    return app


def _check_place(row: SlotRow, wish: SlotWish) -> None:
    if wish.action == "add":
        if row.state != "free":
            raise NotFree
    elif row.state != "used":
        raise NotUsed
    if wish.had is not None and wish.had != row.options:
        # What was agreed to, or needed no agreement, was worked out from what the place had then (OCN-91).
        raise NotAsBefore


def _check_content(row: SlotRow, wish: SlotWish, options: frozenset[str]) -> None:
    if not options <= {option.code for option in wish.slots.options}:
        raise BadWish
    if wish.action == "remove":
        if wish.local is not None or wish.secret is not None:
            raise BadWish
        return
    if wish.action == "add" and wish.local is None:
        raise BadWish
    if wish.local is not None and wish.slots.local.broken(wish.local):
        raise BadWish
    if wish.action == "change" and (wish.local == row.local or (wish.local is None and options == row.options)):
        raise NothingChanges


def _check_secret(wish: SlotWish) -> None:
    wanted = wish.local is not None and wish.slots.secret is not None
    if wanted != bool(wish.secret):
        raise BadWish


def _row(
    tx: Tx,
    ref: ContractRef,
    principal: Principal,
    wish: SlotWish,
    checked: Checked,
    reserved: Reserved | None,
    operation_id: uuid.UUID,
    consent_id: uuid.UUID | None,
    language: str,
) -> SlotApplication:
    row = checked.row
    host_before = (row.address or "").partition("@")[2]
    return SlotApplication(
        tenant_id=tx.tenant,
        id=uuid.uuid4(),
        number=new_number(tx),
        customer_id=ref.customer_id,
        contract_id=ref.id,
        code=wish.slots.code,
        slot_number=wish.number,
        action=wish.action,
        state="pending",
        local_before=row.local,
        host_before=host_before,
        options_before=sorted(row.options),
        local=wish.local or "",
        host=reserved.host if reserved and wish.local is not None else "",
        options=sorted(checked.options),
        price_before=checked.prices.before.net,
        price_after=checked.prices.after.net,
        operation_id=operation_id,
        consent_id=consent_id,
        told=_own(tx, ref, wish),
        language=language,
        filed_at=tx.now(),
        filed_by=principal.account_id,
        filed_scheme=principal.scheme,
        filed_role=principal.role,
        reason="",
    )


def _own(tx: Tx, ref: ContractRef, wish: SlotWish) -> list[str]:
    """Of the addresses that were posted, the customer's (OCN-102)."""
    own = own_addresses(tx, ref)
    return [address for address in own if address in wish.tell]


def _details(ref: ContractRef, app: SlotApplication) -> dict[str, str]:
    return {
        "number": app.number,
        "kind": app.code,
        "place": str(app.slot_number),
        "contract": ref.number,
        "address_before": address_of(app.local_before, app.host_before),
        "address": address_of(app.local, app.host),
        "options_before": " ".join(app.options_before),
        "options": " ".join(app.options),
    }
