"""The worker's part of the trail: every minute what has settled is sealed, and the head goes to the log."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog

from mypage.audit.chain import BATCH, anything_waits, seal
from mypage.db.keys import Vault
from mypage.db.session import Actor, Database, Tx
from mypage.jobs.queue import enqueue
from mypage.jobs.tasks import Job
from mypage.server.registry import LiveRegistry

log = structlog.get_logger("mypage.trail")

T = TypeVar("T")
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
            await self._unit(name, request_id, _ask)

    async def tenant(self, job: Job) -> None:
        """Seal in small units until nothing waits; a head that stands in a log cannot be cut off unseen."""
        entries = 0
        while True:
            sealed = await self._unit(job.tenant, job.request_id, partial(seal, vault=self._vault))
            entries += sealed.entries
            if sealed.entries < BATCH:
                break
        if entries:
            log.info("trail sealed", entries=entries, head=str(sealed.head))

    async def _unit(self, tenant: str, request_id: str, work: Callable[[Tx], T]) -> T:
        return await self._database.run(tenant, work, actor=Actor("system", SEAL), request_id=request_id)


def _ask(tx: Tx) -> None:
    if anything_waits(tx):
        enqueue(tx, SEAL_TENANT)
