"""The figures of a tenant, read: by day, open work by kind and age, and payments that failed by month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import case, func, select

from mypage.billing.models import Invoice
from mypage.db.session import Tx
from mypage.lib.months import add_months
from mypage.staff.figures.tally import DAYS, LOGINS, ORDERS, REFUSED, WORK, day_begins
from mypage.staff.models import DailyFigure
from mypage.work.models import WorkItem

AGES = (0, 1, 3, 7)
"""Days since work came: today, up to 2 days, up to 6, a week and more. The first days of each group."""
MONTHS = 12
BAD_STATES = ("failed", "unpaid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What happened on a day in Japan."""

    day: date
    logins: int
    refused: int
    orders: int
    work: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open work of one kind: how many pieces of each group of AGES."""

    kind: str
    ages: tuple[int, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.ages)


@dataclass(frozen=True, slots=True)
class Unpaid:
    """Bills of a month whose payment failed, and those that nobody has paid; `yen` of both, tax included."""

    month: date
    failed: int
    unpaid: int
    yen: int


def days_of(tx: Tx) -> tuple[Day, ...]:
    """The last 31 days, today first; a day that nobody has counted yet has zeros."""
    today = tx.today()
    first = today - timedelta(days=DAYS - 1)
    rows = tx.execute(
        select(DailyFigure.day, DailyFigure.name, DailyFigure.value).where(
            DailyFigure.tenant_id == tx.tenant, DailyFigure.day >= first, DailyFigure.day <= today
        )
    )
    found = {(row.day, row.name): row.value for row in rows}
    days = [today - timedelta(days=back) for back in range(DAYS)]
    return tuple(
        Day(
            day=day,
            logins=found.get((day, LOGINS), 0),
            refused=found.get((day, REFUSED), 0),
            orders=found.get((day, ORDERS), 0),
            work=found.get((day, WORK), 0),
        )
        for day in days
    )


def waiting_of(tx: Tx) -> tuple[Waiting, ...]:
    """Open work by kind, the kind with most of it first."""
    today = tx.today()
    bounds = [day_begins(today - timedelta(days=age - 1)) if age else None for age in AGES]
    group = case(
        *[(WorkItem.created_at < bound, place) for place, bound in reversed(list(enumerate(bounds))) if bound],
        else_=0,
    )
    rows = tx.execute(
        select(WorkItem.kind, group.label("age"), func.count().label("pieces"))
        .where(WorkItem.tenant_id == tx.tenant, WorkItem.closed_at.is_(None))
        .group_by(WorkItem.kind, group)
    )
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row.kind, [0] * len(AGES))[row.age] += row.pieces
    return tuple(sorted((Waiting(kind, tuple(ages)) for kind, ages in found.items()), key=lambda w: (-w.total, w.kind)))


def unpaid_of(tx: Tx) -> tuple[Unpaid, ...]:
    """The last twelve months that have such bills, the newest first."""
    first = add_months(tx.today().replace(day=1), 1 - MONTHS)
    failed, unpaid = (func.count().filter(Invoice.status == state) for state in BAD_STATES)
    rows = tx.execute(
        select(Invoice.month, failed.label("failed"), unpaid.label("unpaid"), func.sum(Invoice.total).label("yen"))
        .where(Invoice.tenant_id == tx.tenant, Invoice.status.in_(BAD_STATES), Invoice.month >= first)
        .group_by(Invoice.month)
        .order_by(Invoice.month.desc())
    )
    return tuple(Unpaid(row.month, row.failed, row.unpaid, int(row.yen)) for row in rows)
