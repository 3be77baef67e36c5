"""Where other systems report what became of a task that they took. The signature alone says who posts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import structlog

from mypage.db.keys import Vault
from mypage.db.session import Actor, Tx
from mypage.hooks.desk import DeskPolicy
from mypage.hooks.provisioning import ProvisioningReport, ReportProblem, ReportRefused
from mypage.lib.errors import Missing, NotFound
from mypage.orders.outcomes import OutcomeHandlers, Outcomes
from mypage.orders.provisioning import locked_job, note_done, note_failed
from mypage.orders.provisioning_adapters import Provisioners
from mypage.web.replies import Reply, Told
from mypage.web.request import PortalRequest
from mypage.web.routing import signed_post

log = structlog.get_logger("mypage.provisioning")

_STATUS: Mapping[ReportProblem, int] = {"not expected": 404, "signature": 401, "time": 401, "body": 400}


@signed_post("/hooks/provisioning", name="provisioning-report", capability="provisioning")
async def provisioning_report(rq: PortalRequest) -> Reply:
    """Take a report: 200 once, 409 for a job that has ended (a report sent again changes nothing), 404 for no job.

    401 says that the signature or its time is wrong, 400 that a signed body cannot be understood.
    """
    try:
        adapter = rq.ports.get(Provisioners).of(rq.tenant)
        report = adapter.read_report(rq.headers, rq.body, rq.clock.now())
        job_id = uuid.UUID(report.id)
    except Missing:
        return Told({"error": "not expected"}, status=404)
    except ReportRefused as refused:
        return Told({"error": refused.problem}, status=_STATUS[refused.problem])
    except ValueError:
        return Told({"error": "no such job"}, status=404)
    outcomes = rq.ports.get(OutcomeHandlers).of(rq.operator, rq.ports.get(Vault))
    try:
        taken = await rq.run(lambda tx: _take(tx, outcomes, job_id, report, rq.operator.desk))
    except NotFound:
        return Told({"error": "no such job"}, status=404)
    except ReportRefused as refused:
        return Told({"error": refused.problem}, status=_STATUS[refused.problem])
    return Told({"state": "taken"}) if taken else Told({"error": "the job has ended"}, status=409)


def _take(tx: Tx, outcomes: Outcomes, job_id: uuid.UUID, report: ProvisioningReport, desk: DeskPolicy) -> bool:
    tx.act_as(Actor("system", "provisioning report"))
    if report.done is None:
        failed = note_failed(tx, job_id, report.problem or "the other system reports a failure", desk, outcomes)
        if failed:
            log.error("provisioning failed", provisioning_job=str(job_id))
        return failed
    if locked_job(tx, job_id).wants_pin and not report.done.pin:
        raise ReportRefused("body")
    return note_done(tx, outcomes.means.vault, job_id, report.done, outcomes)
