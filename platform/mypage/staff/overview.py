"""The console's first page: how much work there is, one's own, what waits for a second person, and the search."""

from __future__ import annotations

from sqlalchemy import func, select

from mypage.db.session import Tx
from mypage.staff.models import Approval
from mypage.staff.pages import DeskPage
from mypage.staff.permissions import APPROVE, QUEUE_WORK, ROLE_WORDS
from mypage.staff.queue.listing import NOBODY, Wanted, count_open, list_work
from mypage.staff.queue.pages import Stat
from mypage.staff.queue.views import work_rows
from mypage.staff.search.forms import search_form
from mypage.web.request import PortalRequest

OWN_SHOWN = 10
"""Lines of one's own work; the queue has the rest."""


def desk_page(rq: PortalRequest, tx: Tx) -> DeskPage:
    """What is to be done at the tenant that is worked for, in its unit of work."""
    me = str(rq.principal.account_id)
    works = rq.principal.may(QUEUE_WORK)
    own = list_work(tx, Wanted(who=me), limit=OWN_SHOWN) if works else None
    return DeskPage(
        portal=rq.desk.called(rq.locale),
        role=rq.t(ROLE_WORDS[rq.desk.role]),
        stats=_stats(rq, tx),
        form=search_form(None, t=rq.t),
        rows=work_rows(rq, tx, own.rows) if own is not None else None,
        more_url=rq.href("queue", who=me) if own is not None and own.after else "",
        approvals=_to_confirm(rq, tx) if rq.principal.may(APPROVE) else 0,
    )


def _stats(rq: PortalRequest, tx: Tx) -> tuple[Stat, ...]:
    counts = count_open(tx)
    return (
        Stat(label=rq.t("Overdue"), count=counts.overdue, url=rq.href("queue", due="overdue"), current=False),
        Stat(label=rq.t("Due today"), count=counts.today, url=rq.href("queue", due="today"), current=False),
        Stat(label=rq.t("Taken by nobody"), count=counts.unassigned, url=rq.href("queue", who=NOBODY), current=False),
        Stat(label=rq.t("All open work"), count=counts.all, url=rq.href("queue"), current=False),
    )


def _to_confirm(rq: PortalRequest, tx: Tx) -> int:
    """How many proposals of others wait."""
    waiting = select(func.count()).where(
        Approval.tenant_id == tx.tenant,
        Approval.state == "waiting",
        Approval.expires_at > tx.now(),
        Approval.proposed_by != rq.principal.account_id,
    )
    return tx.scalar(waiting) or 0
