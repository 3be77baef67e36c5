"""Applications on paper (申込書) that staff have noted: which run, noting one, and settling it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from mypage.audit.trail import record
from mypage.contracts.models import PaperApplication
from mypage.db.session import Tx
from mypage.lib.errors import DomainError, NotFound


class PaperRuns(DomainError):
    """One of this kind runs already about the same contract or login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What is noted: about a contract, or about one login of the customer. `until`: when it should be settled."""

    customer_id: uuid.UUID
    contract_id: uuid.UUID | None
    account_id: uuid.UUID | None
    kind: str
    since: date
    until: date | None
    note: str


def paper_running(tx: Tx, contract_id: uuid.UUID, kind: str) -> bool:
    """Whether an application on paper of that kind runs about a contract."""
    return kind in running_kinds(tx, contract_id)


def running_kinds(tx: Tx, contract_id: uuid.UUID) -> frozenset[str]:
    """The kinds of the applications on paper that run about a contract. One statement, over an index of those alone."""
    found = select(PaperApplication.kind).where(
        PaperApplication.tenant_id == tx.tenant,
        PaperApplication.contract_id == contract_id,
        PaperApplication.account_id.is_(None),
        PaperApplication.settled_at.is_(None),
    )
    return frozenset(tx.scalars(found))


def papers_of(tx: Tx, customer_id: uuid.UUID) -> Sequence[PaperApplication]:
    """What was noted about a customer: what runs first, then the newest."""
    wanted = (
        select(PaperApplication)
        .where(PaperApplication.tenant_id == tx.tenant, PaperApplication.customer_id == customer_id)
        .order_by(PaperApplication.settled_at.is_not(None), PaperApplication.since.desc(), PaperApplication.id)
        .limit(100)
    )
    return tx.scalars(wanted).all()


def running_papers(tx: Tx, customer_id: uuid.UUID) -> Sequence[PaperApplication]:
    """The applications on paper of a customer that run, the oldest first."""
    wanted = (
        select(PaperApplication)
        .where(
            PaperApplication.tenant_id == tx.tenant,
            PaperApplication.customer_id == customer_id,
            PaperApplication.settled_at.is_(None),
        )
        .order_by(PaperApplication.since, PaperApplication.id)
        .limit(100)
    )
    return tx.scalars(wanted).all()


def note_paper(tx: Tx, paper: Paper, *, by: uuid.UUID, reason: str) -> uuid.UUID:
    """Note that an application on paper runs. What it is about has to be the customer's. Raises PaperRuns."""
    row = PaperApplication(
        tenant_id=tx.tenant,
        id=uuid.uuid4(),
        customer_id=paper.customer_id,
        contract_id=paper.contract_id,
        account_id=paper.account_id,
        kind=paper.kind,
        since=paper.since,
        until=paper.until,
        note=paper.note,
        recorded_by=by,
        recorded_at=tx.now(),
    )
    try:
        with tx.begin_nested():
            tx.add(row)
            tx.flush()
    except IntegrityError as error:
        raise PaperRuns from error
    after = {"kind": paper.kind, "since": paper.since, "until": paper.until, "note": paper.note, "reason": reason}
    record(tx, "paper.noted", "paper_application", row.id, customer_id=paper.customer_id, after=after)
    return row.id


def settle_paper(
    tx: Tx, customer_id: uuid.UUID, paper_id: uuid.UUID, *, by: uuid.UUID, outcome: str, reason: str
) -> PaperApplication:
    """Note that an application on paper is settled: "done", "declined" or "withdrawn". Raises NotFound, once it is."""
    row = tx.scalars(
        select(PaperApplication)
        .where(
            PaperApplication.tenant_id == tx.tenant,
            PaperApplication.customer_id == customer_id,
            PaperApplication.id == paper_id,
            PaperApplication.settled_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    row.settled_by, row.settled_at, row.outcome = by, tx.now(), outcome
    tx.flush()
    after = {"kind": row.kind, "outcome": outcome, "reason": reason}
    record(tx, "paper.settled", "paper_application", row.id, customer_id=customer_id, after=after)
    return row
