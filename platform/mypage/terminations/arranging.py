"""From an accepted end to a terminated contract: arranged by staff or another system, done on its day."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from mypage.audit.trail import record
from mypage.contracts.reaching import lock_contract
from mypage.db.session import Tx
from mypage.hooks.desk import TERMINATION as WORK
from mypage.lib.errors import NotFound
from mypage.operators.operator import Operator
from mypage.terminations.closing import end_contract, reach
from mypage.terminations.models import EndingRow
from mypage.work.service import close_work


def arrange(tx: Tx, operator: Operator, row_id: uuid.UUID, *, by: str, note: str = "") -> bool:
    """All that has to be done elsewhere is done: the contract ends on its day, at once when that has come.

    Returns whether it has ended now. `by` is a staff member's id or what else arranged it. Again it changes nothing.
    Raises NotFound.
    """
    row = _locked(tx, row_id)
    if row.state == "accepted":
        row.state, row.arranged_at = "arranged", tx.now()
        tx.flush()
        after = {"number": row.number, "wanted_on": row.wanted_on.isoformat()}
        record(tx, "termination.arranged", "termination", row.id, customer_id=row.customer_id, after=after)
        close_work(tx, WORK, row.id, state="done", by=by, body=note)
    if row.state == "arranged" and row.wanted_on <= tx.today():
        _finish(tx, operator, row)
    return row.state == "done"


def end_arranged(tx: Tx, limit: int, *, operator: Operator) -> int:
    """End up to `limit` contracts whose arranged day has come. Returns how many."""
    due = tx.scalars(
        select(EndingRow.id)
        .where(
            EndingRow.tenant_id == tx.tenant,
            EndingRow.state == "arranged",
            EndingRow.wanted_on <= tx.today(),
        )
        .order_by(EndingRow.wanted_on, EndingRow.id)
        .limit(limit)
    ).all()
    return sum(arrange(tx, operator, row_id, by="system") for row_id in due)


def _finish(tx: Tx, operator: Operator, row: EndingRow) -> None:
    ref = reach(tx, row.contract_id)
    assert ref is not None
    rules = operator.termination
    end_contract(tx, operator, ref, row.wanted_on, cause="customer", staying=rules.staying_services if rules else ())
    row.state, row.done_at = "done", tx.now()
    tx.flush()
    after = {"number": row.number, "contract": ref.number}
    record(tx, "termination.done", "termination", row.id, customer_id=row.customer_id, after=after)


def _locked(tx: Tx, row_id: uuid.UUID) -> EndingRow:
    """The row as it is once nobody else changes its contract. Raises NotFound."""
    one = select(EndingRow).where(EndingRow.tenant_id == tx.tenant, EndingRow.id == row_id)
    row = tx.scalars(one).one_or_none()
    ref = reach(tx, row.contract_id) if row is not None else None
    if ref is None:
        raise NotFound
    lock_contract(tx, ref)
    return tx.scalars(one.with_for_update().execution_options(populate_existing=True)).one()
