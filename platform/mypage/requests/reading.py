"""Requests as their customer and staff read them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.requests import REQUEST
from mypage.lib.errors import NotFound
from mypage.requests.content import ContentRow, rows_of
from mypage.requests.files import FileFacts, files_of_request
from mypage.requests.models import Request, RequestEvent
from mypage.work.models import WorkItem

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that happened to a request. `body` is a question, an answer or a reason."""

    id: uuid.UUID
    at: datetime
    step: str
    author: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A request with everything about it. `due_on` is the day until which staff act, None when it is closed."""

    id: uuid.UUID
    number: str
    customer_id: uuid.UUID
    form: str
    section: str
    title: str
    state: str
    filed_at: datetime
    closed_at: datetime | None
    contract_number: str
    rows: tuple[ContentRow, ...]
    steps: tuple[Step, ...]
    files: tuple[FileFacts, ...]
    due_on: date | None

    @property
    def question(self) -> Step | None:
        """What the customer has to answer now."""
        if self.state != "asked":
            return None
        return next((step for step in reversed(self.steps) if step.step == "asked"), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of a customer's list."""

    id: uuid.UUID
    number: str
    title: str
    state: str
    filed_at: datetime
    contract_number: str


@dataclass(frozen=True, slots=True)
class RequestList:
    """A page of a customer's requests, the newest first, and how many pages there are (at least one)."""

    requests: tuple[Listed, ...]
    page: int
    pages: int


def list_requests(tx: Tx, principal: Principal, *, page: int = 1, size: int = PAGE_SIZE) -> RequestList:
    """A page of the requests of the principal's customer. Raises NotFound for a page that does not exist."""
    rows = tx.execute(
        select(
            Request.id,
            Request.number,
            Request.title,
            Request.state,
            Request.filed_at,
            func.coalesce(Contract.number, "").label("contract_number"),
            func.count().over().label("total"),
        )
        .outerjoin(Contract, (Contract.tenant_id == Request.tenant_id) & (Contract.id == Request.contract_id))
        .where(Request.tenant_id == tx.tenant, Request.customer_id == principal.customer_id)
        .order_by(Request.filed_at.desc(), Request.id)
        .limit(size)
        .offset((page - 1) * size)
    ).all()
    if not rows and page > 1:
        raise NotFound
    found = tuple(
        Listed(
            id=row.id,
            number=row.number,
            title=row.title,
            state=row.state,
            filed_at=row.filed_at,
            contract_number=row.contract_number,
        )
        for row in rows
    )
    return RequestList(found, page, max(1, -(-rows[0].total // size)) if rows else 1)


def find_request(tx: Tx, principal: Principal, request_id: uuid.UUID) -> Filed:
    """One request of the principal's customer. Raises NotFound."""
    return _find(tx, request_id, principal.customer_id)


def request_for_staff(tx: Tx, request_id: uuid.UUID) -> Filed:
    """One request of whatever customer of the tenant. Raises NotFound."""
    return _find(tx, request_id, None)


def requests_for_staff(
    tx: Tx, forms: Sequence[str], *, since: datetime, until: datetime, limit: int
) -> tuple[tuple[Request, str], ...]:
    """Requests of some forms filed in a time, the oldest first, with the numbers of their contracts."""
    rows = tx.execute(
        select(Request, func.coalesce(Contract.number, ""))
        .outerjoin(Contract, (Contract.tenant_id == Request.tenant_id) & (Contract.id == Request.contract_id))
        .where(
            Request.tenant_id == tx.tenant,
            Request.form.in_(forms),
            Request.filed_at >= since,
            Request.filed_at < until,
        )
        .order_by(Request.filed_at, Request.id)
        .limit(limit)
    )
    return tuple((row[0], row[1]) for row in rows)


def _find(tx: Tx, request_id: uuid.UUID, customer_id: uuid.UUID | None) -> Filed:
    wanted = (
        select(Request, Contract.number.label("contract_number"), WorkItem.due_on, WorkItem.closed_at.label("settled"))
        .outerjoin(Contract, (Contract.tenant_id == Request.tenant_id) & (Contract.id == Request.contract_id))
        .outerjoin(
            WorkItem,
            (WorkItem.tenant_id == Request.tenant_id)
            & (WorkItem.kind == REQUEST)
            & (WorkItem.subject_id == Request.id),
        )
        .where(Request.tenant_id == tx.tenant, Request.id == request_id)
        .execution_options(populate_existing=True)
    )
    if customer_id is not None:
        wanted = wanted.where(Request.customer_id == customer_id)
    row = tx.execute(wanted).one_or_none()
    if row is None:
        raise NotFound
    request: Request = row.Request
    return Filed(
        id=request.id,
        number=request.number,
        customer_id=request.customer_id,
        form=request.form,
        section=request.section,
        title=request.title,
        state=request.state,
        filed_at=request.filed_at,
        closed_at=request.closed_at,
        contract_number=row.contract_number or "",
        rows=rows_of(request.content),
        steps=_steps(tx, request.id),
        files=files_of_request(tx, request.id),
        due_on=row.due_on if row.settled is None else None,
    )


def _steps(tx: Tx, request_id: uuid.UUID) -> tuple[Step, ...]:
    rows = tx.scalars(
        select(RequestEvent)
        .where(RequestEvent.tenant_id == tx.tenant, RequestEvent.request_id == request_id)
        .order_by(RequestEvent.position)
    )
    return tuple(Step(id=e.id, at=e.at, step=e.step, author=e.author, body=e.body) for e in rows)
