"""Jobs for the systems that switch services on and off: their rows, and what an answer makes of them.

Every function is one step inside one unit of work; the calls happen between the steps (`provisioning_jobs`). The row
is committed before the first call, and its id is the idempotency key of all of them.

    waiting → done, failed, withdrawn, or sent: the other system took it and reports later, or a person does it
    sent → done, failed, withdrawn (if a person was to do it)

What a person has to do, and what was declined for good, is in the work queue of staff as long as it is so. What is
about something else than an order (`concerns`) ends by the handler of the area that asked for it (`outcomes`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import Exists, bindparam, exists, select
from sqlalchemy.orm import aliased

from mypage.audit.trail import record
from mypage.auth.models import Customer
from mypage.contracts.models import Contract
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.desk import FAILURE, ORDER, USUAL, DeskPolicy
from mypage.hooks.provisioning import ProvisioningAction, ProvisioningDone, ProvisioningTask
from mypage.jobs.queue import enqueue
from mypage.lib.clock import tokyo_day
from mypage.lib.errors import NotFound
from mypage.lib.tokens import readable
from mypage.operators.models import TenantRecord
from mypage.orders.models import ProductOrder, ProvisioningJob
from mypage.orders.outcomes import Declined, Outcomes
from mypage.orders.service import on_provisioned, on_state
from mypage.work.service import close_work, open_kind, short_reference

PERFORM: Final = "provisioning.perform"
LANE: Final = "provisioning"
PORT: Final = "provisioning"
NULL: Final = "null"
DESK: Final = "desk"
FINAL: Final = frozenset({"done", "failed", "withdrawn"})
SECRET_PLACE: Final[Mapping[str, str]] = {"table": "provisioning_job", "column": "secret_sealed"}
_LONGEST_PROBLEM = 300

_LOCKED = (
    select(ProvisioningJob)
    .where(ProvisioningJob.tenant_id == bindparam("tenant"), ProvisioningJob.id == bindparam("job"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_NUMBERS = (
    select(Customer.number.label("customer"), ProductOrder.number.label("order"), Contract.number.label("contract"))
    .join(
        ProductOrder,
        (ProductOrder.tenant_id == Customer.tenant_id) & (ProductOrder.id == bindparam("order")),
        isouter=True,
    )
    .join(
        Contract,
        (Contract.tenant_id == ProductOrder.tenant_id) & (Contract.id == ProductOrder.contract_id),
        isouter=True,
    )
    .where(Customer.tenant_id == bindparam("tenant"), Customer.id == bindparam("customer"))
)
_DECLARED = select(TenantRecord.extensions).where(TenantRecord.name == bindparam("tenant"))


@dataclass(frozen=True, slots=True)
class Try:
    """A job that may be sent now, and how many times it was begun, this one included."""

    task: ProvisioningTask
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerns:
    """What a job is about: a kind that an outcome handler is known by, and the row's id.

    `work` is the kind of work that it is where a person does it. `details` and `secret` go to the other system; a
    `number` among the details is what people call the matter by.
    """

    what: str
    id: uuid.UUID | None
    work: str = ORDER
    details: Mapping[str, str] = field(default_factory=dict)
    secret: str = field(default="", repr=False)


_AN_ORDER = Concerns(what="", id=None)


@dataclass(frozen=True, slots=True)
class Behind:
    """A job that has to wait for an earlier one about the same thing."""


def provision(
    tx: Tx,
    *,
    customer_id: uuid.UUID,
    order_id: uuid.UUID | None,
    action: ProvisioningAction,
    product: str,
    subject: str,
    wants_pin: bool = False,
    vault: Vault | None = None,
    desk: DeskPolicy = USUAL,
    concerns: Concerns | None = None,
    outcomes: Outcomes | None = None,
) -> uuid.UUID:
    """Have another system do something, if this unit commits; flush the order's row before. Returns the job's id.

    A tenant that declares no adapter has nobody to ask: the job ends here, and with it the order. A PIN is then given
    here too, for which `vault` is needed; without one the worker does it. With the adapter `desk` a person does it,
    due when `desk` says. Otherwise the order goes on when the other system has answered.

    `concerns` is what it is about if that is no order: its area's handler is told of the end, at once by `outcomes`
    where nobody has to be asked, else by the worker. A secret is sealed here, for which `vault` is needed.
    """
    about = concerns or _AN_ORDER
    declared = tx.execute(_DECLARED, {"tenant": tx.tenant}).scalar_one_or_none() or {}
    adapter = dict(declared.get(PORT, {})).get("adapter", "") or NULL
    job = ProvisioningJob(
        tenant_id=tx.tenant,
        id=uuid.uuid4(),
        customer_id=customer_id,
        order_id=order_id,
        action=action,
        product=product,
        subject=subject,
        wants_pin=wants_pin,
        concerns=about.what,
        concerns_id=about.id,
        work=about.work,
        details=dict(about.details),
        adapter=adapter,
        state="waiting",
        attempts=0,
        created_at=tx.now(),
    )
    at_once = adapter == NULL and (vault is not None or not wants_pin) and (outcomes is not None or not about.what)
    if about.secret and not at_once:
        job.secret_sealed = _sealed(tx, vault, job, about.secret)
    tx.add(job)
    tx.flush()
    if at_once:
        _end(tx, job, ProvisioningDone(pin=new_pin() if wants_pin else ""), vault, outcomes)
        return job.id
    on_state(tx, job, "in_progress")
    if adapter == DESK:
        _await_person(tx, job, desk)
    else:
        enqueue(tx, PERFORM, queue=LANE, job=str(job.id))
    return job.id


def _sealed(tx: Tx, vault: Vault | None, job: ProvisioningJob, secret: str) -> bytes:
    if vault is None:
        raise TypeError("a secret cannot be sent without the vault")
    return vault.seal(tx, secret.encode(), row=str(job.id), **SECRET_PLACE)


def new_pin() -> str:
    """A random licence number of four groups of four, without signs that are taken for one another."""
    return "-".join(readable(4) for _ in range(4))


def begin_try(tx: Tx, job_id: uuid.UUID, vault: Vault | None = None) -> Try | Behind | None:
    """Count a try and say what is to be sent. None when the job has ended. `vault` opens a secret that goes along.

    What is asked first about one thing is done first: an end never overtakes a start that is still tried.
    """
    job = locked_job(tx, job_id)
    if job.state in FINAL:
        return None
    if waits_behind(tx, job):
        return Behind()
    job.attempts += 1
    tx.flush()
    numbers = tx.execute(_NUMBERS, {"tenant": tx.tenant, "customer": job.customer_id, "order": job.order_id}).one()
    task = ProvisioningTask(
        id=str(job.id),
        tenant=tx.tenant,
        action=job.action,  # type: ignore[arg-type]
        product=job.product,
        order_number=numbers.order or "",
        customer_number=numbers.customer,
        contract_number=numbers.contract or "",
        subject=job.subject,
        wanted_at=job.created_at,
        wants_pin=job.wants_pin,
        details=job.details,
        secret=_opened(tx, vault, job),
    )
    return Try(task, job.attempts)


def _opened(tx: Tx, vault: Vault | None, job: ProvisioningJob) -> str:
    if job.secret_sealed is None:
        return ""
    if vault is None:
        raise TypeError("a secret cannot be sent without the vault")
    return vault.open(tx, job.secret_sealed, row=str(job.id), **SECRET_PLACE).decode()


def note_sent(tx: Tx, job_id: uuid.UUID) -> None:
    """The other system has taken the job and reports later, unless its report came before its answer."""
    job = locked_job(tx, job_id)
    if job.state == "waiting":
        job.state, job.sent_at, job.problem = "sent", tx.now(), ""
        tx.flush()


def give_to_desk(tx: Tx, job_id: uuid.UUID, desk: DeskPolicy) -> None:
    """Have a person do a job that was begun while the tenant had another adapter, or retry one; it waits once."""
    job = locked_job(tx, job_id)
    if job.state not in FINAL:
        _await_person(tx, job, desk)


def note_problem(tx: Tx, job_id: uuid.UUID, problem: str) -> None:
    """A try did not get through; another follows."""
    job = locked_job(tx, job_id)
    if job.state not in FINAL:
        job.problem = _short(problem)
        tx.flush()


def note_done(
    tx: Tx, vault: Vault, job_id: uuid.UUID, done: ProvisioningDone, outcomes: Outcomes | None = None
) -> bool:
    """The other system has done it. False when the job had ended before; raises NotFound without such a job."""
    job = locked_job(tx, job_id)
    if job.state in FINAL:
        return False
    _end(tx, job, done, vault, outcomes)
    return True


def note_failed(
    tx: Tx, job_id: uuid.UUID, problem: str, desk: DeskPolicy = USUAL, outcomes: Outcomes | None = None
) -> bool:
    """It will not be done; staff find it in their queue. False when the job had ended before; raises NotFound."""
    job = locked_job(tx, job_id)
    if job.state in FINAL:
        return False
    fail_job(tx, job, problem, outcomes=outcomes)
    _open(tx, job, FAILURE, desk)
    return True


def fail_job(
    tx: Tx, job: ProvisioningJob, problem: str, *, declined: Declined | None = None, outcomes: Outcomes | None = None
) -> None:
    """A locked job that has not ended will not be done. `declined` is what the person said who says so."""
    said = declined or Declined(problem="")
    job.state, job.problem, job.done_at, job.secret_sealed = "failed", _short(problem), tx.now(), None
    tx.flush()
    record(
        tx,
        "provisioning.failed",
        "provisioning_job",
        job.id,
        customer_id=job.customer_id,
        after=_shown(job) | {"attempts": job.attempts, "problem": job.problem},
    )
    on_state(tx, job, "failed")
    if job.concerns:
        _told(outcomes).failed(tx, job, replace(said, problem=job.problem))
    close_work(tx, job.work, job.id, state="rejected", by=_actor(tx), outcome=said.code, body=job.problem)


def withdraw_job(tx: Tx, job: ProvisioningJob) -> bool:
    """A locked job is not wanted any more; whoever calls this tells what it was about. False when it is too late.

    Too late is when it has ended, or another system has been asked: that may be doing it.
    """
    if job.state in FINAL or (job.adapter != DESK and job.attempts > 0):
        return False
    job.state, job.done_at, job.secret_sealed = "withdrawn", tx.now(), None
    tx.flush()
    record(tx, "provisioning.withdrawn", "provisioning_job", job.id, customer_id=job.customer_id, after=_shown(job))
    close_work(tx, job.work, job.id, state="withdrawn", by=_actor(tx))
    return True


def locked_job(tx: Tx, job_id: uuid.UUID) -> ProvisioningJob:
    """The job, locked until the unit ends. Raises NotFound, also for one of another tenant."""
    job = tx.execute(_LOCKED, {"tenant": tx.tenant, "job": job_id}).scalar_one_or_none()
    if job is None:
        raise NotFound
    return job


def _end(
    tx: Tx, job: ProvisioningJob, done: ProvisioningDone, vault: Vault | None, outcomes: Outcomes | None = None
) -> None:
    job.state, job.reference, job.problem, job.done_at = "done", done.reference, "", tx.now()
    job.secret_sealed = None
    tx.flush()
    record(
        tx,
        "provisioning.done",
        "provisioning_job",
        job.id,
        customer_id=job.customer_id,
        after=_shown(job) | {"reference": job.reference},
    )
    kept = done if job.wants_pin else replace(done, pin="")
    on_provisioned(tx, job, kept, vault)
    if job.concerns:
        _told(outcomes).done(tx, job, kept)
    close_work(tx, job.work, job.id, state="done", by=_actor(tx))


def _told(outcomes: Outcomes | None) -> Outcomes:
    if outcomes is None:
        raise TypeError("a job about something else than an order cannot end without the outcome handlers")
    return outcomes


def _await_person(tx: Tx, job: ProvisioningJob, desk: DeskPolicy) -> None:
    job.adapter, job.state, job.sent_at, job.problem = DESK, "sent", tx.now(), ""
    tx.flush()
    _open(tx, job, job.work, desk)


def _open(tx: Tx, job: ProvisioningJob, kind: str, desk: DeskPolicy) -> None:
    order = select(ProductOrder.number).where(ProductOrder.tenant_id == tx.tenant, ProductOrder.id == job.order_id)
    number = tx.execute(order).scalar_one_or_none() if job.order_id else None
    open_kind(
        tx,
        desk,
        kind=kind,
        subject_id=job.id,
        customer_id=job.customer_id,
        reference=number or job.details.get("number") or short_reference("P", tokyo_day(job.created_at), job.id),
        title=f"{job.action} {job.product}",
    )


def _actor(tx: Tx) -> str:
    return tx.actor.ref or tx.actor.kind


def waits_behind(tx: Tx, job: ProvisioningJob) -> bool:
    """Whether something that was asked earlier about the same thing has not ended."""
    return bool(tx.execute(select(_earlier(job))).scalar_one())


def _earlier(job: ProvisioningJob) -> Exists:
    other = aliased(ProvisioningJob)
    return exists().where(
        other.tenant_id == job.tenant_id,
        other.customer_id == job.customer_id,
        other.product == job.product,
        other.subject == job.subject,
        other.state.in_(("waiting", "sent")),
        other.created_at < job.created_at,
    )


def is_overtaken(tx: Tx, job: ProvisioningJob) -> bool:
    """Whether something was asked later about the same thing, and has not failed: what was bought anew, say."""
    later = select(ProvisioningJob.id).where(
        ProvisioningJob.tenant_id == tx.tenant,
        ProvisioningJob.customer_id == job.customer_id,
        ProvisioningJob.product == job.product,
        ProvisioningJob.subject == job.subject,
        ProvisioningJob.state.not_in(("failed", "withdrawn")),
        ProvisioningJob.created_at > job.created_at,
    )
    return tx.execute(later.limit(1)).first() is not None


def _shown(job: ProvisioningJob) -> dict[str, object]:
    shown: dict[str, object] = {
        "action": job.action,
        "product": job.product,
        "subject": job.subject,
        "adapter": job.adapter,
        "order": str(job.order_id) if job.order_id else None,
    }
    return shown | ({"concerns": job.concerns, "concerns_id": str(job.concerns_id)} if job.concerns else {})


def _short(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:_LONGEST_PROBLEM]
