"""The worker's part of the trail: every minute what has settled is sealed, and the head goes to the log."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import partial

import structlog

from mypage.audit.chain import BATCH, Sealed, anything_waits, seal
from mypage.db.keys import Vault
from mypage.db.session import Actor, Database, Tx
from mypage.jobs.queue import enqueue
from mypage.jobs.tasks import Job
from mypage.server.registry import LiveRegistry

log = structlog.get_logger("mypage.trail")

SEAL, SEAL_TENANT = "trail.seal", "trail.seal.tenant"


class Sealer:
    """The periodic `trail.seal`, which asks for one job per tenant, and that job."""

    def __init__(self, database: Database, registry: LiveRegistry, vault: Vault) -> None:
        """The vault opens the keys that seals are made with."""
        self._database, self._registry, self._vault = database, registry, vault

    async def fan_out(self, due: datetime) -> None:
        """Enqueue `trail.seal.tenant` for every tenant in which something waits."""
        request_id = f"{SEAL}-{due:%Y%m%d%H%M}-{uuid.uuid4().hex[:8]}"
        for name in self._registry.current.tenants:
            await self._database.run(name, _ask, actor=Actor("system", SEAL), request_id=request_id)

    async def tenant(self, job: Job) -> None:
        """Seal in small units until nothing waits; a head that stands in a log cannot be cut off unseen."""
        entries = 0
        while True:
            sealed = await self._portion(job)
            entries += sealed.entries
            if sealed.entries < BATCH:
                break
        if entries:
            log.info("trail sealed", entries=entries, head=str(sealed.head))

    async def _portion(self, job: Job) -> Sealed:
        work = partial(seal, vault=self._vault)
        return await self._database.run(job.tenant, work, actor=Actor("system", SEAL), request_id=job.request_id)


def _ask(tx: Tx) -> None:
    if anything_waits(tx):
        enqueue(tx, SEAL_TENANT)
