"""The queue with many thousands of items: every list is found by an index, and reads no more than it shows."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql

from mypage.auth.models import Customer
from mypage.db.session import Tx
from mypage.staff.queue.listing import NOBODY, PAGE_SIZE, Wanted, count_open, list_work, page_statement
from mypage.work.models import WorkItem

CLOSED, OPEN = 10_000, 1_000
FILL = """
INSERT INTO work_item (tenant_id, id, kind, subject_id, reference, title, customer_id, state, assignee_id, due_on,
  created_at, closed_at)
SELECT :tenant, gen_random_uuid(), (ARRAY['card_review', 'order', 'failure'])[1 + n % 3], gen_random_uuid(),
  'W-' || n, 'x', :customer, CASE WHEN n > :closed THEN CASE n % 3 WHEN 0 THEN 'taken' ELSE 'open' END ELSE 'done' END,
  CASE WHEN n > :closed AND n % 3 > 0 THEN NULL ELSE CAST(:staff AS uuid) END, DATE '2026-11-01' + n % 40,
  TIMESTAMPTZ '2026-01-01' + n * INTERVAL '1 minute', CASE WHEN n > :closed THEN NULL
  ELSE TIMESTAMPTZ '2026-02-01' + n * INTERVAL '1 minute' END
FROM generate_series(1, :all) n
"""


def fill(tx: Tx, *, closed: int = CLOSED, opened: int = OPEN) -> uuid.UUID:
    """Very many items of one customer; the id of who has some of them."""
    customer, staff = uuid.uuid4(), uuid.uuid4()
    tx.add(Customer(tenant_id=tx.tenant, id=customer, number="1000001", number_key="1000001", name="青森 太郎"))
    tx.flush()
    values = {"tenant": tx.tenant, "customer": customer, "staff": staff, "closed": closed, "all": closed + opened}
    tx.execute(text(FILL), values)
    return staff


def plan_of(tx: Tx, statement: Any) -> dict[str, Any]:
    """The plan of a statement, with the rows that each node really touched."""
    compiled = statement.compile(dialect=postgresql.psycopg.dialect(), compile_kwargs={"render_postcompile": True})
    found = tx.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}", compiled.params).scalar_one()
    return dict((json.loads(found) if isinstance(found, str) else found)[0]["Plan"])


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in nodes(child))]


LISTS = {
    "open": Wanted(),
    "nobody": Wanted(who=NOBODY),
    "overdue": Wanted(due="overdue"),
    "closed": Wanted(state="closed"),
    "cards": Wanted(kinds=("card_review",)),
}


def test_a_list_reads_its_index_and_not_the_table(tx: Tx, figure: Callable[[str], None]) -> None:
    fill(tx)
    # Rows that are not committed have no statistics: what is shown is that no list needs more than its index.
    tx.execute(text("SET LOCAL enable_sort = off"))
    tx.execute(text("SET LOCAL enable_bitmapscan = off"))
    told = []
    for name, wanted in LISTS.items():
        plan = nodes(plan_of(tx, page_statement(tx, wanted, PAGE_SIZE + 1)))
        used = [node for node in plan if node.get("Relation Name") == "work_item"]
        assert all(re.search("Index|Bitmap", node["Node Type"]) for node in used), (name, used)
        names = {node.get("Index Name") for node in plan}
        assert names & {"work_item_open_idx", "work_item_closed_idx"}, (name, names)
        read = max(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in used)
        assert read <= OPEN, (name, read)
        told.append(f"{name} {read:.0f}")
    figure(f"queue of {CLOSED + OPEN:,} items: rows read for a page of {PAGE_SIZE}: {', '.join(told)}")


def test_pages_by_key_meet_every_item_once(tx: Tx) -> None:
    staff = fill(tx, closed=130, opened=130)
    for wanted, count in (
        ({}, 130),
        ({"sort": "newest"}, 130),
        ({"state": "closed"}, 130),
        ({"who": str(staff)}, None),
        ({"text": "w-1"}, None),
    ):
        seen: list[uuid.UUID] = []
        after = ""
        while True:
            page = list_work(tx, Wanted(after=after, **wanted), limit=20)  # type: ignore[arg-type]
            seen += [row.id for row in page.rows]
            after = page.after
            if not after:
                break
        assert len(seen) == len(set(seen))
        assert count is None or len(seen) == count, wanted
        assert seen


def test_what_is_overdue_leads_and_is_counted(tx: Tx) -> None:
    fill(tx, closed=50, opened=120)
    counts, today = count_open(tx), tx.today()
    days = list(
        tx.scalars(select(WorkItem.due_on).where(WorkItem.tenant_id == tx.tenant, WorkItem.closed_at.is_(None)))
    )
    assert counts.all == len(days) == 120
    assert counts.overdue == sum(day < today for day in days) > 0
    assert counts.today == sum(day == today for day in days) > 0
    assert 0 < counts.unassigned < 120
    shown = [row.due_on for row in list_work(tx, Wanted(), limit=200).rows]
    assert shown == sorted(days)
    assert shown[0] == date(2026, 11, 1)
