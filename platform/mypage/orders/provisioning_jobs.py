"""The worker carries jobs to the other systems: one unit, one call, one unit. Nothing depends on one call's answer.

The same id is sent until there is an answer, also after a worker was killed in the middle, and for a job that was
taken and never reported. After `MOST_TRIES` it is given up, and staff find it in their queue.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from mypage.db.keys import Vault
from mypage.db.session import Actor, Database, Tx
from mypage.hooks.desk import USUAL, DeskPolicy
from mypage.hooks.provisioning import (
    ProvisioningAdapter,
    ProvisioningDone,
    ProvisioningFailed,
    ProvisioningTask,
    ProvisioningUnavailable,
)
from mypage.jobs.retries import backoff
from mypage.jobs.tasks import BadJob, Job, TryAgain
from mypage.lib.errors import Missing, NotFound
from mypage.operators.tenants import Tenant
from mypage.orders.outcomes import Outcomes
from mypage.orders.provisioning import (
    PERFORM,
    Behind,
    Try,
    begin_try,
    give_to_desk,
    note_done,
    note_failed,
    note_problem,
    note_sent,
)
from mypage.orders.provisioning_adapters import DeskAdapter, Provisioners

log = structlog.get_logger("mypage.provisioning")

T = TypeVar("T")

MOST_TRIES = 20
"""About half a day with the waits between them."""
LONGEST_CALL = 30.0
QUEUED_BEHIND = 30.0
REPORT_WAIT = 6 * 3600.0
NOT_SERVED = 1800.0


@dataclass(frozen=True, slots=True)
class _Ending:
    """What the end of a job needs."""

    desk: DeskPolicy
    outcomes: Outcomes | None


class Provisioner:
    """The task `provisioning.perform`; register it in the worker under `PERFORM`."""

    def __init__(
        self,
        *,
        database: Database,
        provisioners: Provisioners,
        vault: Vault,
        tenant_of: Callable[[str], Awaitable[Tenant | None]],
        desk_of: Callable[[Tenant], DeskPolicy] = lambda _: USUAL,
        outcomes_of: Callable[[Tenant], Outcomes | None] = lambda _: None,
        most_tries: int = MOST_TRIES,
        longest: float = LONGEST_CALL,
    ) -> None:
        """`tenant_of` finds a tenant that is served, `desk_of` what its operator says about the work of staff.

        `outcomes_of` are the areas that are told of the end of what is about no order. `longest` is how many seconds
        a call may take.
        """
        self._database, self._provisioners, self._vault = database, provisioners, vault
        self._tenant_of, self._desk_of, self._most, self._longest = tenant_of, desk_of, most_tries, longest
        self._outcomes_of = outcomes_of

    async def __call__(self, job: Job) -> None:
        """Send one job. Raises TryAgain while it has not ended, BadJob when the arguments name none."""
        try:
            job_id = uuid.UUID(str(job.arguments["job"]))
        except (KeyError, ValueError) as error:
            raise BadJob("there is no id of a provisioning job") from error
        tenant = await self._tenant_of(job.tenant)
        if tenant is None:
            raise TryAgain(NOT_SERVED, "the tenant is not served just now")
        adapter, end = self._adapter(tenant), _Ending(self._desk_of(tenant), self._outcomes_of(tenant))
        try:
            if isinstance(adapter, DeskAdapter):
                await self._unit(job, lambda tx: give_to_desk(tx, job_id, end.desk))
                return
            tried = await self._unit(job, lambda tx: begin_try(tx, job_id, self._vault))
        except NotFound:
            return
        if isinstance(tried, Behind):
            raise TryAgain(QUEUED_BEHIND, "an earlier job about the same thing has not ended")
        if tried is None:
            return
        try:
            done = await self._call(adapter, tried.task)
        except ProvisioningFailed as error:
            await self._give_up(job, job_id, str(error), end)
        except ProvisioningUnavailable as error:
            await self._missed(job, job_id, tried, str(error), end)
        else:
            await self._answered(job, job_id, tried, done, end)

    async def _answered(
        self, job: Job, job_id: uuid.UUID, tried: Try, done: ProvisioningDone | None, end: _Ending
    ) -> None:
        if done is not None:
            await self._unit(job, lambda tx: note_done(tx, self._vault, job_id, done, end.outcomes))
            return
        if tried.attempts >= self._most:
            await self._give_up(job, job_id, "taken, and never reported", end)
            return
        await self._unit(job, lambda tx: note_sent(tx, job_id))
        raise TryAgain(REPORT_WAIT, "taken; the report is awaited")

    async def _missed(self, job: Job, job_id: uuid.UUID, tried: Try, problem: str, end: _Ending) -> None:
        if tried.attempts >= self._most:
            await self._give_up(job, job_id, problem, end)
            return
        await self._unit(job, lambda tx: note_problem(tx, job_id, problem))
        raise TryAgain(backoff(tried.attempts), problem)

    async def _give_up(self, job: Job, job_id: uuid.UUID, problem: str, end: _Ending) -> None:
        if await self._unit(job, lambda tx: note_failed(tx, job_id, problem, end.desk, end.outcomes)):
            # Why stands in the trail: the other side's words may name people.
            log.error("provisioning failed", provisioning_job=str(job_id))

    def _adapter(self, tenant: Tenant) -> ProvisioningAdapter:
        try:
            return self._provisioners.of(tenant)
        except Missing as error:
            raise TryAgain(NOT_SERVED, str(error)) from error

    async def _call(self, adapter: ProvisioningAdapter, task: ProvisioningTask) -> ProvisioningDone | None:
        """Within the time, and with no errors but the two of the port."""
        try:
            async with asyncio.timeout(self._longest):
                return await adapter.perform(task)
        except (ProvisioningFailed, ProvisioningUnavailable):
            raise
        except TimeoutError as error:
            raise ProvisioningUnavailable(f"no answer within {self._longest:g} s") from error
        except Exception as error:
            log.exception("the adapter raised what its port does not name", adapter=type(adapter).__name__)
            raise ProvisioningUnavailable(f"the adapter raised {type(error).__name__}") from error

    async def _unit(self, job: Job, work: Callable[[Tx], T]) -> T:
        actor = Actor("system", PERFORM)
        return await self._database.run(job.tenant, work, actor=actor, request_id=job.request_id)
