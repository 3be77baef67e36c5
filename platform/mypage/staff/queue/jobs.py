"""What has to be switched on or off by hand, what another system declined, and mails that went nowhere."""

from __future__ import annotations

from sqlalchemy import select

from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.hooks.permissions import OPTION_READ
from mypage.lib.errors import NotFound
from mypage.mail.models import MailMessage
from mypage.orders.by_hand import complete_by_hand, decline_by_hand, may_retry, retry_failed
from mypage.orders.models import ProductOrder, ProvisioningJob
from mypage.orders.provisioning import is_overtaken, waits_behind
from mypage.staff.mail_names import MAILS
from mypage.staff.permissions import HELP
from mypage.staff.queue.means import Act, Deciding, Kind, Line, Means, Subject
from mypage.staff.queue.telling import tell_customer
from mypage.work.models import WorkItem
from mypage.work.service import close_work

ACTIONS = {"start": "Switch on: %(product)s", "end": "Switch off: %(product)s", "change": "Change: %(product)s"}


def _complete(tx: Tx, deciding: Deciding) -> None:
    means = deciding.means
    complete_by_hand(tx, means.vault, deciding.item.subject_id, pin=deciding.pin, outcomes=means.outcomes)


def _decline(tx: Tx, deciding: Deciding) -> None:
    reason, outcomes = deciding.reason, deciding.means.outcomes
    code, told = (reason.code, reason.told) if reason else ("", "")
    decline_by_hand(tx, deciding.item.subject_id, code=code, reason=deciding.why, told=told, outcomes=outcomes)
    if _job(tx, deciding.item).concerns:
        return
    if deciding.reason is not None and deciding.reason.told:
        tell_customer(
            tx,
            deciding.means,
            deciding.customer,
            key=f"work-declined-{deciding.item.id}",
            title="We could not carry out what you ordered",
            texts=(deciding.reason.told,),
            permission=OPTION_READ,
        )


def _retry(tx: Tx, deciding: Deciding) -> None:
    retry_failed(tx, deciding.item.subject_id, deciding.means.operator.desk)


def _close(tx: Tx, deciding: Deciding) -> None:
    item = deciding.item
    close_work(tx, item.kind, item.subject_id, state="done", by=str(deciding.means.by), body=deciding.note)


COMPLETE = Act(
    name="complete",
    label="Complete",
    sure="“%(what)s” for %(customer)s is done: the order is completed, and the customer sees so.",
    said="Completed.",
    carry=_complete,
)
COMPLETE_WITH_PIN = Act(
    name="complete",
    label="Complete with the PIN",
    sure="“%(what)s” for %(customer)s is done: the order is completed, and its holder can see the PIN, not staff.",
    said="Completed.",
    carry=_complete,
    asks=frozenset({"pin"}),
)
DECLINE = Act(
    name="decline",
    label="Decline",
    sure="“%(what)s” for %(customer)s will not be done: the order fails for good; a purchase is void and is free.",
    said="Declined.",
    carry=_decline,
    asks=frozenset({"reason", "note"}),
    danger=True,
)
RETRY = Act(
    name="retry",
    label="Try again",
    sure="“%(what)s” for %(customer)s is asked for again.",
    said="It is tried again.",
    carry=_retry,
)
CLOSE = Act(
    name="close",
    label="Close",
    sure="This work about %(customer)s is closed: “%(what)s”. Nothing else changes, and nobody is told.",
    said="Closed.",
    carry=_close,
    asks=frozenset({"note"}),
)


def _title(stored: str, means: Means) -> str:
    action, _, product = stored.partition(" ")
    return means.t(ACTIONS.get(action, "%(product)s"), product=means.words(means.operator.called(product)))


def _job(tx: Tx, item: WorkItem) -> ProvisioningJob:
    job = tx.execute(
        select(ProvisioningJob).where(ProvisioningJob.tenant_id == tx.tenant, ProvisioningJob.id == item.subject_id)
    ).scalar_one_or_none()
    if job is None:
        raise NotFound
    return job


def _lines(tx: Tx, job: ProvisioningJob, what: str) -> tuple[Line, ...]:
    order = tx.execute(
        select(ProductOrder, Contract.number)
        .join(Contract, (Contract.tenant_id == ProductOrder.tenant_id) & (Contract.id == ProductOrder.contract_id))
        .where(ProductOrder.tenant_id == tx.tenant, ProductOrder.id == job.order_id)
    ).one_or_none()
    lines = [Line(label="What to do", value=what), Line(label="For", value=job.subject)]
    if order is not None:
        lines += [
            Line(label="Order number", value=order.ProductOrder.number),
            Line(label="Contract", value=order.number),
            Line(label="Ordered by", value=order.ProductOrder.placed_login or "–"),
            Line(label="Ordered at", value=order.ProductOrder.placed_at),
            Line(label="Effective from", value=order.ProductOrder.effective_on),
        ]
    else:
        lines.append(Line(label="Asked for", value=job.created_at))
    return tuple(lines)


def _order_subject(tx: Tx, item: WorkItem, means: Means) -> Subject:
    job, what = _job(tx, item), _title(item.title, means)
    lines = _lines(tx, job, what)
    if job.state in ("done", "failed"):
        return Subject(what=what, lines=lines)
    if waits_behind(tx, job):
        hint = "Something that was ordered earlier about the same thing has to be done first."
        return Subject(what=what, lines=lines, acts=(DECLINE,), hint=hint)
    complete = COMPLETE_WITH_PIN if job.wants_pin else COMPLETE
    return Subject(what=what, lines=lines, acts=(complete, DECLINE), hint="Do it in your own system, then complete it.")


def _failure_subject(tx: Tx, item: WorkItem, means: Means) -> Subject:
    job, what = _job(tx, item), _title(item.title, means)
    lines = (
        *_lines(tx, job, what),
        Line(label="Problem", value=job.problem or "–"),
        Line(label="Tries", value=job.attempts),
    )
    if may_retry(job) and is_overtaken(tx, job):
        hint = "The same was asked for again later. Look at how it stands now, then close this."
        return Subject(what=what, lines=lines, acts=(CLOSE,), hint=hint)
    if may_retry(job):
        return Subject(what=what, lines=lines, acts=(RETRY, CLOSE), hint="The other system declined for good.")
    hint = "The purchase is void and costs nothing. Tell the customer, who can order it anew."
    return Subject(what=what, lines=lines, acts=(CLOSE,), hint=hint)


def _mail_subject(tx: Tx, item: WorkItem, means: Means) -> Subject:
    mail = tx.execute(
        select(MailMessage).where(MailMessage.tenant_id == tx.tenant, MailMessage.id == item.subject_id)
    ).scalar_one_or_none()
    what = _mail_title(item.title, means)
    if mail is None:
        return Subject(what=what, acts=(CLOSE,), hint="The mail is not kept any more.")
    lines = (
        Line(label="Mail", value=what),
        Line(label="Mail address", value=mail.recipient),
        Line(label="Problem", value=mail.last_error or "–"),
        Line(label="Tries", value=mail.tries),
        Line(label="Written", value=mail.created_at),
    )
    return Subject(
        what=what,
        lines=lines,
        acts=(CLOSE,),
        hint="Find out the right address, and send the mail again or tell the customer.",
        page=("Mails to the customer", "customer-mails", HELP),
    )


def _mail_title(stored: str, means: Means) -> str:
    return means.t(MAILS[stored]) if stored in MAILS else stored


ORDERS = Kind(label="Work by hand", title=_title, subject=_order_subject, notice_permission=OPTION_READ)
FAILURES = Kind(
    label="Declined by another system", title=_title, subject=_failure_subject, notice_permission=OPTION_READ
)
UNDELIVERED = Kind(label="Mail not delivered", title=_mail_title, subject=_mail_subject)
