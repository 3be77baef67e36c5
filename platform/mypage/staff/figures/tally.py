"""Counting what happened on a day, so that the page of figures reads a few rows however large a tenant is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from mypage.audit.models import AuditEntry
from mypage.db.session import Tx
from mypage.lib.clock import TOKYO
from mypage.orders.models import ORDER_STATES, ProductOrder
from mypage.staff.models import DailyFigure
from mypage.work.models import WorkItem

DAYS = 31
LOGINS, REFUSED, ORDERS, WORK = "logins", "logins.refused", "orders", "work"
NAMES = (LOGINS, REFUSED, ORDERS, WORK)
_COUNTED = "counted"
"""The figure that says that a day is over and all of it is counted."""
_ACTIONS = {"login.succeeded": LOGINS, "login.failed": REFUSED}


def tally(tx: Tx, _: int = 0) -> int:
    """Count today, and the days of the last month that are not counted for good; how often makes no difference."""
    today = tx.today()
    first = today - timedelta(days=DAYS - 1)
    over = set(
        tx.scalars(
            select(DailyFigure.day).where(
                DailyFigure.tenant_id == tx.tenant, DailyFigure.name == _COUNTED, DailyFigure.day >= first
            )
        )
    )
    for back in range(DAYS):
        day = today - timedelta(days=back)
        if day not in over:
            # Yesterday is counted once more: what began before midnight may be committed after it.
            _keep(tx, day, _counts(tx, day) | ({_COUNTED: 1} if back > 1 else {}))
    return 0


def day_begins(day: date) -> datetime:
    """The instant at which a day begins in Japan."""
    return datetime.combine(day, time(), TOKYO).astimezone(UTC)


def _counts(tx: Tx, day: date) -> dict[str, int]:
    begins, ends = day_begins(day), day_begins(day + timedelta(days=1))
    acts = tx.execute(
        select(AuditEntry.action, func.count())
        .where(
            AuditEntry.tenant_id == tx.tenant,
            AuditEntry.at >= begins,
            AuditEntry.at < ends,
            AuditEntry.action.in_(_ACTIONS),
        )
        .group_by(AuditEntry.action)
    )
    found = {_ACTIONS[action]: int(count) for action, count in acts}
    found[ORDERS] = int(
        tx.scalar(
            select(func.count()).where(
                ProductOrder.tenant_id == tx.tenant,
                ProductOrder.state.in_(ORDER_STATES),
                ProductOrder.placed_at >= begins,
                ProductOrder.placed_at < ends,
            )
        )
        or 0
    )
    found[WORK] = int(
        tx.scalar(
            select(func.count()).where(
                WorkItem.tenant_id == tx.tenant, WorkItem.created_at >= begins, WorkItem.created_at < ends
            )
        )
        or 0
    )
    return found


def _keep(tx: Tx, day: date, counts: Mapping[str, int]) -> None:
    rows = [{"tenant_id": tx.tenant, "day": day, "name": name, "value": value} for name, value in counts.items()]
    statement = insert(DailyFigure).values(rows)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "day", "name"], set_={"value": statement.excluded.value}
        )
    )
