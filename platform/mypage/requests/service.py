"""Requests: how they are filed, and what their customer and staff do with them.

The customer's and the staff's functions lock the request before anything else, and the work item after it: of two that
act at once exactly one wins, and the other raises `Overtaken`. Each leaves a step that the customer sees.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, func, select

from mypage.audit.trail import record
from mypage.auth.models import Customer
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.requests import REQUEST, RequestForm, RequestStep
from mypage.lib.errors import NotFound
from mypage.lib.tokens import readable
from mypage.operators.operator import Operator
from mypage.requests.content import ContentRow
from mypage.requests.errors import OpenAlready, Overtaken, TooMany
from mypage.requests.files import keep_files
from mypage.requests.models import OPEN_REQUESTS, Request, RequestEvent
from mypage.requests.telling import tell
from mypage.work.errors import Moved, WrongState
from mypage.work.models import WorkItem
from mypage.work.service import close_work, open_work, resume

LONGEST_ANSWER = 2000
MOST_A_DAY = 50
"""Requests that one customer can file within 24 hours: more are somebody's program, and each may bring files."""
_CLOSED: Mapping[RequestStep, str] = {
    "done": "request.done",
    "returned": "request.returned",
    "withdrawn": "request.withdrawn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A form that was filled in and checked. `besides`: the customer knows of an open one and files this as well."""

    form: RequestForm
    rows: Sequence[ContentRow]
    contract_id: uuid.UUID | None
    draft_id: uuid.UUID
    owner: bytes
    language: str
    besides: bool = False


def file_request(tx: Tx, vault: Vault, operator: Operator, principal: Principal, filing: Filing) -> Request:
    """Keep it, put it into the work queue, and tell the customer. Raises OpenAlready, TooMany, NotFound."""
    catalogue = operator.requests
    section = catalogue.section_of(filing.form.code) if catalogue else None
    if catalogue is None or section is None:
        raise NotFound
    # Two windows of one customer that file at once: the second sees what the first one filed.
    owner = select(Customer.id).where(Customer.tenant_id == tx.tenant, Customer.id == principal.customer_id)
    tx.execute(owner.with_for_update())
    if _filed_lately(tx, principal) >= MOST_A_DAY:
        raise TooMany
    warned = filing.form.warns_twice and not filing.besides
    if warned and open_request(tx, principal, filing.form, filing.contract_id) is not None:
        raise OpenAlready
    request = Request(
        tenant_id=tx.tenant,
        id=uuid.uuid4(),
        number=f"{catalogue.letter}-{tx.today():%y%m%d}-{readable(6)}",
        customer_id=principal.customer_id,
        contract_id=filing.contract_id,
        account_id=principal.account_id,
        form=filing.form.code,
        form_version=filing.form.version,
        section=section.code,
        title=filing.form.title,
        state="filed",
        content=[row.kept() for row in filing.rows],
        language=filing.language,
        filed_at=tx.now(),
    )
    tx.add(request)
    tx.flush()
    keep_files(tx, request.id, draft_id=filing.draft_id, owner=filing.owner)
    open_work(
        tx,
        kind=REQUEST,
        subject_id=request.id,
        customer_id=request.customer_id,
        reference=request.number,
        title=request.form,
        days=filing.form.days,
        closed=operator.desk.closed,
    )
    _step(tx, vault, operator, request, "filed", str(principal.account_id))
    record(
        tx,
        "request.filed",
        "request",
        request.id,
        customer_id=request.customer_id,
        after={"number": request.number, "form": request.form},
    )
    return request


def open_request(tx: Tx, principal: Principal, form: RequestForm, contract_id: uuid.UUID | None) -> str | None:
    """The number of an open request of the same form about the same contract, the newest; None when there is none."""
    about = Request.contract_id.is_(None) if contract_id is None else Request.contract_id == contract_id
    return tx.execute(
        select(Request.number)
        .where(
            Request.tenant_id == tx.tenant,
            Request.customer_id == principal.customer_id,
            Request.form == form.code,
            Request.closed_at.is_(None),
            about,
        )
        .order_by(Request.filed_at.desc())
        .limit(1)
    ).scalar_one_or_none()


def may_withdraw(operator: Operator, request: Request) -> bool:
    """Whether the customer may take it back as it stands."""
    form = operator.requests.forms.get(request.form) if operator.requests else None
    return form is not None and request.state in form.withdrawable and request.state in OPEN_REQUESTS


def withdraw(tx: Tx, vault: Vault, operator: Operator, principal: Principal, request_id: uuid.UUID) -> Request:
    """The customer takes it back. Raises NotFound, also for another customer's; Overtaken."""
    request = _own(tx, principal, request_id)
    if request.state == "withdrawn":
        return request
    if not may_withdraw(operator, request):
        raise Overtaken(request.state)
    _close(tx, vault, operator, request, "withdrawn", str(principal.account_id))
    close_work(tx, REQUEST, request.id, state="withdrawn", by="the customer")
    return request


def answer(
    tx: Tx, vault: Vault, operator: Operator, principal: Principal, request_id: uuid.UUID, *, question: str, text: str
) -> Request:
    """The customer answers the question whose step has the id `question`. Raises NotFound, Overtaken."""
    request = _own(tx, principal, request_id)
    asked = _last(tx, request.id, "asked")
    if asked is None or str(asked.id) != question:
        raise Overtaken(request.state)
    if request.state != "asked":
        answered = _last(tx, request.id, "answered")
        if answered is not None and answered.position > asked.position and answered.body == text:
            return request  # the second press of one button
        raise Overtaken(request.state)
    subject = select(WorkItem).where(
        WorkItem.tenant_id == tx.tenant, WorkItem.kind == REQUEST, WorkItem.subject_id == request.id
    )
    item = tx.scalars(subject.execution_options(populate_existing=True)).one()
    try:
        resume(tx, item.id, version=item.version, by="the customer", answer=text, closed=operator.desk.closed)
    except (Moved, WrongState) as late:
        raise Overtaken(request.state) from late
    request.state = "working"
    _step(tx, vault, operator, request, "answered", str(principal.account_id), text)
    return request


def lock_request(tx: Tx, request_id: uuid.UUID) -> Request:
    """The request, locked until the unit ends; for staff, who reach every customer's. Raises NotFound."""
    return _locked(tx, _one(tx, request_id))


def started(tx: Tx, vault: Vault, operator: Operator, request_id: uuid.UUID, *, by: str) -> None:
    """Somebody of the staff has it; the customer is told the first time. Harmless again. Raises NotFound."""
    request = lock_request(tx, request_id)
    if request.state != "filed":
        return
    request.state = "working"
    _step(tx, vault, operator, request, "working", by)


def asked(tx: Tx, vault: Vault, operator: Operator, request_id: uuid.UUID, *, by: str, question: str) -> bool:
    """Staff ask the customer; whether a mail goes. Raises NotFound, Overtaken."""
    request = _open(tx, request_id)
    request.state = "asked"
    return _step(tx, vault, operator, request, "asked", by, question, lines=question.splitlines())


def answered(tx: Tx, vault: Vault, operator: Operator, request_id: uuid.UUID, *, by: str, text: str) -> None:
    """Staff keep what the customer answered another way. Raises NotFound, Overtaken."""
    request = _open(tx, request_id)
    request.state = "working"
    _step(tx, vault, operator, request, "answered", by, text)


def complete(tx: Tx, vault: Vault, operator: Operator, request_id: uuid.UUID, *, by: str, told: str, note: str) -> None:
    """It is done; `told` is what the customer reads, `note` is for staff. Raises NotFound, Overtaken."""
    request = _open(tx, request_id)
    _close(tx, vault, operator, request, "done", by, told)
    close_work(tx, REQUEST, request.id, state="done", by=by, body=note)


def send_back(
    tx: Tx, vault: Vault, operator: Operator, request_id: uuid.UUID, *, by: str, code: str, told: str, note: str
) -> None:
    """It cannot be done as it is; `told` says why, `code` is the reason's. Raises NotFound, Overtaken."""
    request = _open(tx, request_id)
    _close(tx, vault, operator, request, "returned", by, told)
    close_work(tx, REQUEST, request.id, state="rejected", by=by, outcome=code, body=note)


def _close(
    tx: Tx, vault: Vault, operator: Operator, request: Request, step: RequestStep, by: str, told: str = ""
) -> None:
    before = request.state
    request.state, request.closed_at = step, tx.now()
    _step(tx, vault, operator, request, step, by, told, lines=told.splitlines())
    record(
        tx,
        _CLOSED[step],
        "request",
        request.id,
        customer_id=request.customer_id,
        before={"state": before},
        after={"number": request.number, "state": step},
    )


def _step(
    tx: Tx,
    vault: Vault,
    operator: Operator,
    request: Request,
    step: RequestStep,
    by: str,
    body: str = "",
    lines: Sequence[str] = (),
) -> bool:
    tx.flush()
    before = select(func.max(RequestEvent.position)).where(
        RequestEvent.tenant_id == tx.tenant, RequestEvent.request_id == request.id
    )
    tx.add(
        RequestEvent(
            tenant_id=tx.tenant,
            id=uuid.uuid4(),
            request_id=request.id,
            position=(tx.execute(before).scalar() or 0) + 1,
            at=tx.now(),
            step=step,
            author=by[:100],
            body=body.strip()[:LONGEST_ANSWER],
        )
    )
    tx.flush()
    return tell(tx, vault, operator, request, step, lines)


def _filed_lately(tx: Tx, principal: Principal) -> int:
    lately = select(func.count()).where(
        Request.tenant_id == tx.tenant,
        Request.customer_id == principal.customer_id,
        Request.filed_at > tx.now() - timedelta(days=1),
    )
    return tx.execute(lately).scalar_one()


def _open(tx: Tx, request_id: uuid.UUID) -> Request:
    request = lock_request(tx, request_id)
    if request.state not in OPEN_REQUESTS:
        raise Overtaken(request.state)
    return request


def _own(tx: Tx, principal: Principal, request_id: uuid.UUID) -> Request:
    return _locked(tx, _one(tx, request_id).where(Request.customer_id == principal.customer_id))


def _one(tx: Tx, request_id: uuid.UUID) -> Select[Request]:
    return select(Request).where(Request.tenant_id == tx.tenant, Request.id == request_id)


def _locked(tx: Tx, wanted: Select[Request]) -> Request:
    found = tx.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound
    return found


def _last(tx: Tx, request_id: uuid.UUID, step: RequestStep) -> RequestEvent | None:
    return tx.scalars(
        select(RequestEvent)
        .where(RequestEvent.tenant_id == tx.tenant, RequestEvent.request_id == request_id, RequestEvent.step == step)
        .order_by(RequestEvent.position.desc())
        .limit(1)
    ).one_or_none()
