"""The end of a contract for other systems: one of them may carry it out, and reports that it is arranged."""

from __future__ import annotations

import uuid
from typing import Final

from sqlalchemy import select

from mypage.contracts.reaching import ContractRef
from mypage.db.session import Tx
from mypage.hooks.provisioning import ProvisioningDone
from mypage.operators.models import TenantRecord
from mypage.operators.operator import Operator
from mypage.orders.models import ProvisioningJob
from mypage.orders.outcomes import Declined, OutcomeMeans
from mypage.orders.provisioning import DESK, NULL, PORT, Concerns, provision
from mypage.terminations.arranging import arrange
from mypage.terminations.models import EndingRow

CONCERNS: Final = "termination"


def ask_other_system(tx: Tx, operator: Operator, row: EndingRow, ref: ContractRef) -> None:
    """Ask the tenant's other system for the end, if it has one; staff find it in their queue in any case."""
    extensions = tx.execute(select(TenantRecord.extensions).where(TenantRecord.name == tx.tenant)).scalar_one_or_none()
    if dict((extensions or {}).get(PORT, {})).get("adapter", "") in ("", NULL, DESK):
        return
    details = {"number": row.number, "contract": ref.number, "wanted_on": row.wanted_on.isoformat()}
    provision(
        tx,
        customer_id=row.customer_id,
        order_id=None,
        action="end",
        product=CONCERNS,
        subject=ref.number,
        desk=operator.desk,
        concerns=Concerns(what=CONCERNS, id=row.id, details=details),
    )


class TerminationOutcome:
    """What is made of the other system's answer. What it declines waits for staff, as it did before."""

    def done(self, tx: Tx, means: OutcomeMeans, job: ProvisioningJob, done: ProvisioningDone) -> None:
        """It is arranged there, so that staff have nothing to do any more."""
        assert job.concerns_id is not None
        arrange(tx, means.operator, uuid.UUID(str(job.concerns_id)), by=job.adapter)

    def failed(self, tx: Tx, means: OutcomeMeans, job: ProvisioningJob, declined: Declined) -> None:
        """The work item of the termination is still open, and what was declined is another one."""
