"""The worker has the payment company forget cards that were rejected, or gave way to newer ones."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable

from mypage.billing.card_entry import locked_entry
from mypage.billing.review_queue import DISCARD
from mypage.billing.tenant_gateways import Gateways
from mypage.db.session import Actor, Database
from mypage.hooks.payment import GatewayError, GatewayRefused
from mypage.jobs.retries import backoff
from mypage.jobs.tasks import BadJob, Job, TryAgain
from mypage.lib.errors import Missing, NotFound
from mypage.operators.tenants import Tenant

NOT_SERVED = 1800.0


class CardDiscarder:
    """The task `card.discard`; register it in the worker under `DISCARD`."""

    def __init__(
        self, *, database: Database, gateways: Gateways, tenant_of: Callable[[str], Awaitable[Tenant | None]]
    ) -> None:
        """`tenant_of` finds a tenant that is served."""
        self._database, self._gateways, self._tenant_of = database, gateways, tenant_of

    async def __call__(self, job: Job) -> None:
        """Discard the card of one entry; once it is gone there, again is harmless. Raises TryAgain, BadJob."""
        try:
            entry_id = uuid.UUID(str(job.arguments["entry"]))
        except (KeyError, ValueError) as error:
            raise BadJob("the job names no card entry") from error
        tenant = await self._tenant_of(job.tenant)
        if tenant is None:
            raise TryAgain(NOT_SERVED, "the tenant is not served just now")
        actor = Actor("system", DISCARD)
        try:
            entry = await self._database.run(
                job.tenant, lambda tx: locked_entry(tx, entry_id), actor=actor, request_id=job.request_id
            )
        except NotFound:
            return
        if entry.reference is None:
            return
        if entry.gateway != self._gateways.name_of(tenant):
            raise BadJob("the tenant has another payment company now")
        try:
            await self._gateways.of(tenant).discard(entry.reference)
        except Missing as error:
            raise TryAgain(NOT_SERVED, str(error)) from error
        except GatewayRefused as error:
            if error.reason != "not_found":
                raise TryAgain(backoff(job.attempts + 1), f"refused: {error.reason}") from error
        except GatewayError as error:
            raise TryAgain(backoff(job.attempts + 1), type(error).__name__) from error
