"""What staff do by hand in place of another system (the adapter `desk`), and what they make of failures.

The same steps as for a report of another system: the order, what was bought, and the trail cannot tell the difference.
"""

from __future__ import annotations

import uuid
from typing import Final

from sqlalchemy import select

from mypage.audit.trail import record
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.desk import FAILURE, DeskPolicy
from mypage.hooks.provisioning import ProvisioningDone
from mypage.orders.errors import BadPin, EarlierFirst, JobEnded, NoRetry
from mypage.orders.models import ProductOrder, ProvisioningJob
from mypage.orders.outcomes import Declined, Outcomes
from mypage.orders.provisioning import (
    FINAL,
    fail_job,
    is_overtaken,
    locked_job,
    note_done,
    provision,
    waits_behind,
)
from mypage.work.service import close_work

LONGEST_PIN: Final = 200


def complete_by_hand(
    tx: Tx, vault: Vault, job_id: uuid.UUID, *, pin: str = "", outcomes: Outcomes | None = None
) -> None:
    """It was done: the order is completed, and a licence's PIN is sealed for its holder.

    Raises NotFound, JobEnded, EarlierFirst while something asked earlier about the same thing is not done, and BadPin
    when one is wanted and this is none.
    """
    job = _open_job(tx, job_id)
    if waits_behind(tx, job):
        raise EarlierFirst
    pin = pin.strip()
    if job.wants_pin and not (0 < len(pin) <= LONGEST_PIN and pin.isprintable()):
        raise BadPin
    note_done(tx, vault, job_id, ProvisioningDone(pin=pin), outcomes)


def decline_by_hand(
    tx: Tx,
    job_id: uuid.UUID,
    *,
    code: str,
    reason: str,
    told: str = "",
    returned: bool = False,
    outcomes: Outcomes | None = None,
) -> None:
    """It will not be done: the order has failed, and what an `add` order bought is void. Raises NotFound, JobEnded.

    `told` is what the customer may read, and `returned` gives it back to be put right, where the job is about something
    whose area tells customers.
    """
    declined = Declined(problem=reason, code=code, told=told, returned=returned)
    fail_job(tx, _open_job(tx, job_id), reason, declined=declined, outcomes=outcomes)


def may_retry(job: ProvisioningJob) -> bool:
    """Whether what failed can be asked for again: not a start, whose purchase is void; it has to be bought anew.

    Nor what is about something else than an order: its area was told that it failed, and its secret is wiped.
    """
    return job.state == "failed" and not job.concerns and (job.action != "start" or job.order_id is None)


def retry_failed(tx: Tx, job_id: uuid.UUID, desk: DeskPolicy) -> None:
    """Ask for it again by a job of its own; the order, if there is one, is carried out again.

    Raises NotFound, and NoRetry for what `may_retry` does not let pass, is overtaken, or staff have settled, also a
    moment ago; upon that the unit must not be committed.
    """
    failed = locked_job(tx, job_id)
    # To end now what failed to end then would switch off what the customer has bought anew meanwhile.
    if not may_retry(failed) or is_overtaken(tx, failed):
        raise NoRetry
    if failed.order_id is not None:
        _take_up(tx, failed.order_id)
    # The job stays failed, so that its work is open is all that tells a second press of one person from the first.
    if not close_work(tx, FAILURE, failed.id, state="done", by=tx.actor.ref or tx.actor.kind, outcome="retried"):
        raise NoRetry
    provision(
        tx,
        customer_id=failed.customer_id,
        order_id=failed.order_id,
        action=failed.action,  # type: ignore[arg-type]
        product=failed.product,
        subject=failed.subject,
        wants_pin=failed.wants_pin,
        desk=desk,
    )


def _open_job(tx: Tx, job_id: uuid.UUID) -> ProvisioningJob:
    job = locked_job(tx, job_id)
    if job.state in FINAL:
        raise JobEnded(job.state)
    return job


def _take_up(tx: Tx, order_id: uuid.UUID) -> None:
    """The one way back from a failed order: an end that was declined is wanted all the same."""
    order = tx.execute(
        select(ProductOrder)
        .where(ProductOrder.tenant_id == tx.tenant, ProductOrder.id == order_id, ProductOrder.state == "failed")
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if order is None:
        return
    order.state = "acknowledged"
    tx.flush()
    record(
        tx,
        "order.taken_up",
        "product_order",
        order.id,
        customer_id=order.customer_id,
        after={"order": order.number, "product": order.product},
    )
