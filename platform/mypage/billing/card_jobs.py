"""The worker asks about every card entry until it has ended: nothing depends on the customer coming back.

A job is enqueued with each step after which an answer may be missing, in the step's own unit. Most find their entry
ended and do nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mypage.billing.card import RECONCILE
from mypage.billing.card_entry import Entry, locked_entry
from mypage.billing.card_flow import ask
from mypage.billing.tenant_gateways import Gateways
from mypage.db.keys import Vault
from mypage.db.session import Actor, Database, Tx
from mypage.hooks.desk import USUAL, DeskPolicy
from mypage.jobs.tasks import BadJob, Job, TryAgain
from mypage.lib.errors import NotFound
from mypage.operators.tenants import Tenant

T = TypeVar("T")

SOON, LATER = 60.0, 1800.0
"""Seconds until the next question: while an answer is missing, and while only the customer is awaited."""


class CardReconciler:
    """The task `card.reconcile`; register it in the worker under `RECONCILE`."""

    def __init__(
        self,
        *,
        database: Database,
        gateways: Gateways,
        vault: Vault,
        tenant_of: Callable[[str], Awaitable[Tenant | None]],
        desk_of: Callable[[Tenant], DeskPolicy] = lambda _: USUAL,
    ) -> None:
        """`tenant_of` finds a tenant that is served, `desk_of` what its operator says about the work of staff."""
        self._database, self._gateways, self._vault = database, gateways, vault
        self._tenant_of, self._desk_of = tenant_of, desk_of

    async def __call__(self, job: Job) -> None:
        """Ask about one entry. Raises TryAgain while it has not ended, BadJob when the job names no entry."""
        try:
            entry_id = uuid.UUID(str(job.arguments["entry"]))
        except (KeyError, ValueError) as error:
            raise BadJob("the job names no card entry") from error
        tenant = await self._tenant_of(job.tenant)
        if tenant is None or not self._gateways.name_of(tenant):
            raise TryAgain(LATER, "the tenant is not served, or has no payment company just now")
        entry = await self._ask(tenant, entry_id, job.request_id)
        if entry is not None and not entry.final:
            waiting = entry.uncertain or entry.state == "created"
            raise TryAgain(SOON if waiting else LATER, "the card entry has not ended")

    async def _ask(self, tenant: Tenant, entry_id: uuid.UUID, request_id: str) -> Entry | None:
        actor = Actor("system", RECONCILE)

        async def units(work: Callable[[Tx], T], /) -> T:
            return await self._database.run(tenant.name, work, actor=actor, request_id=request_id)

        try:
            entry = await units(lambda tx: locked_entry(tx, entry_id))
        except NotFound:
            return None
        return await ask(units, self._gateways.of(tenant), self._vault, entry, self._desk_of(tenant))
