"""Where a contract stands between its beginning and its end: what its holder may still do hangs on it.

A contract is `preparing`, `active` or `suspended` as the feed says; `paper` while an application on paper that stops
changes runs about it; `accepted` once its holder has asked online for its end, which nobody takes back; `terminated`
when that is done (OCN-168). What comes later in this list hides what comes before.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from sqlalchemy import ColumnElement, exists, select

from mypage.contracts.models import Contract, PaperApplication
from mypage.db.session import Tx
from mypage.hooks.contracts import Standing
from mypage.lib.errors import NotFound


class Stands(Protocol):
    """What is read of a contract for this."""

    @property
    def status(self) -> str: ...

    @property
    def ending_accepted_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Stood:
    """One contract of a customer and where it stands."""

    id: uuid.UUID
    standing: Standing


def standing_of(row: Stands, *, paper: bool = False) -> Standing:
    """Where a contract stands; `paper`: an application on paper that stops changes runs about it."""
    if row.status == "terminated":
        return "terminated"
    if row.ending_accepted_at is not None:
        return "accepted"
    return "paper" if paper else cast("Standing", row.status)


def contract_standing(tx: Tx, contract_id: uuid.UUID, *, stopping: Collection[str]) -> Standing:
    """Where one contract stands; `stopping` is `operator.desk.stopping()`. One statement. Raises NotFound."""
    wanted = select(Contract.status, Contract.ending_accepted_at, paper_runs(tx, stopping).label("paper")).where(
        Contract.tenant_id == tx.tenant, Contract.id == contract_id
    )
    row = tx.execute(wanted).one_or_none()
    if row is None:
        raise NotFound
    return standing_of(row, paper=row.paper)


def standings(tx: Tx, customer_id: uuid.UUID, *, stopping: Collection[str]) -> tuple[Stood, ...]:
    """All contracts of a customer, by number. One statement."""
    wanted = (
        select(Contract.id, Contract.status, Contract.ending_accepted_at, paper_runs(tx, stopping).label("paper"))
        .where(Contract.tenant_id == tx.tenant, Contract.customer_id == customer_id)
        .order_by(Contract.number_key, Contract.id)
    )
    return tuple(Stood(row.id, standing_of(row, paper=row.paper)) for row in tx.execute(wanted))


def paper_runs(tx: Tx, stopping: Collection[str]) -> ColumnElement[bool]:
    """Whether an application on paper of one of these kinds runs about the contract of an enclosing statement."""
    running = select(PaperApplication.id).where(
        PaperApplication.tenant_id == tx.tenant,
        PaperApplication.contract_id == Contract.id,
        PaperApplication.account_id.is_(None),
        PaperApplication.settled_at.is_(None),
        PaperApplication.kind.in_(sorted(stopping)),
    )
    return exists(running.correlate(Contract))
