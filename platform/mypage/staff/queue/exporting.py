"""A list of work as a file that a spreadsheet opens safely."""

from __future__ import annotations

from mypage.audit.trail import record
from mypage.db.session import Tx
from mypage.lib.clock import TOKYO
from mypage.lib.tabular import Cell, CsvStream
from mypage.staff.names import names_of
from mypage.staff.queue.kinds import KINDS
from mypage.staff.queue.listing import Row, list_work
from mypage.staff.queue.views import STATE_WORDS, means_of, wanted_of
from mypage.web.replies import Download
from mypage.web.request import PortalRequest

MOST_ROWS = 10_000
HEADER = (
    "Number",
    "Kind",
    "Work",
    "Customer number",
    "Customer",
    "Came in",
    "Due",
    "Status",
    "Assigned to",
    "Closed",
    "Reason",
)


def export_file(rq: PortalRequest, tx: Tx, kinds: tuple[str, ...]) -> Download:
    """Up to MOST_ROWS lines in the order of the page, with the page's filters; the trail says who took them."""
    wanted = wanted_of({**rq.query, "after": ""}, kinds)
    rows = list_work(tx, wanted, limit=MOST_ROWS).rows
    names = names_of(tx, {row.assignee_id for row in rows if row.assignee_id is not None})
    means, t = means_of(rq), rq.t
    kinds_seen = {name: t(kind.label) for name, kind in KINDS.items()}

    def cells(row: Row) -> tuple[Cell, ...]:
        kind = KINDS.get(row.kind)
        return (
            row.reference,
            kinds_seen.get(row.kind, row.kind),
            kind.title(row.title, means) if kind else row.title,
            row.customer_number,
            row.customer_name,
            row.created_at.astimezone(TOKYO).replace(tzinfo=None),
            row.due_on,
            t(STATE_WORDS[row.state]),
            names.get(row.assignee_id, "") if row.assignee_id else "",
            row.closed_at.astimezone(TOKYO).replace(tzinfo=None) if row.closed_at else None,
            row.outcome,
        )

    stream = CsvStream([t(name) for name in HEADER], [cells(row) for row in rows])
    content = b"".join(stream)
    record(tx, "work.exported", "work_item", "", after={"rows": len(rows), "filters": str(dict(rq.query))[:500]})
    return Download(content, stream.media_type, filename=f"{t('Work queue')}-{tx.today():%Y%m%d}.csv")
