"""The end of contracts that staff have confirmed: at its day all of it ends, by itself."""

from __future__ import annotations

from sqlalchemy import Text, cast, select

from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.operators.operator import Operator
from mypage.staff.models import Approval
from mypage.terminations.closing import end_contract, reach

KIND = "termination"


def end_due(tx: Tx, limit: int, *, operator: Operator) -> int:
    """End up to `limit` contracts whose confirmed last day is over. Returns how many.

    A feed that has said another day meanwhile is right: such a contract is left to it.
    """
    contract_id, last_day = Approval.payload["contract_id"].astext, Approval.payload["last_day"].astext
    rows = tx.execute(
        select(Contract.id, Contract.ended_on)
        .join(Approval, (Approval.tenant_id == Contract.tenant_id) & (contract_id == cast(Contract.id, Text)))
        .where(
            Contract.tenant_id == tx.tenant,
            Approval.tenant_id == tx.tenant,
            Approval.kind == KIND,
            Approval.state == "done",
            Contract.status != "terminated",
            Contract.ended_on < tx.today(),
            last_day == cast(Contract.ended_on, Text),
        )
        .order_by(Contract.id)
        .limit(limit)
    ).all()
    for row in rows:
        ref = reach(tx, row.id)
        assert ref is not None
        end_contract(tx, operator, ref, row.ended_on)
    return len(rows)
