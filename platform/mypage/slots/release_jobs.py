"""The worker gives back what was reserved for an application that was called off or turned down."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable

from sqlalchemy import select

from mypage.auth.models import Customer
from mypage.contracts.models import Contract
from mypage.db.session import Actor, Database, Tx
from mypage.hooks.slots import NameWish, ReservationUnavailable, Slots
from mypage.jobs.tasks import BadJob, Job, TryAgain
from mypage.lib.errors import Missing
from mypage.operators.tenants import Tenant
from mypage.slots.models import SlotApplication
from mypage.slots.names import local_key
from mypage.slots.outcomes import RELEASE
from mypage.slots.reserving import LONGEST_CALL, Reservations

LATER = 600.0
"""Seconds until the next try."""


class NameReleaser:
    """The task `slots.release`; register it in the worker under `RELEASE`."""

    def __init__(
        self,
        *,
        database: Database,
        reservations: Reservations,
        tenant_of: Callable[[str], Awaitable[Tenant | None]],
        slots_of: Callable[[Tenant, str], Slots | None],
    ) -> None:
        """`slots_of` finds a kind of places of a tenant's operator by its code."""
        self._database, self._reservations = database, reservations
        self._tenant_of, self._slots_of = tenant_of, slots_of

    async def __call__(self, job: Job) -> None:
        """Give one back. Raises TryAgain, and BadJob when the arguments name none."""
        try:
            application_id = uuid.UUID(str(job.arguments["application"]))
        except (KeyError, ValueError) as error:
            raise BadJob("there is no id of an application") from error
        tenant = await self._tenant_of(job.tenant)
        if tenant is None:
            raise TryAgain(LATER, "the tenant is not served just now")
        found = await self._database.run(
            job.tenant,
            lambda tx: _reserved(tx, application_id),
            actor=Actor("system", RELEASE),
            request_id=job.request_id,
        )
        slots = self._slots_of(tenant, found[0].slots) if found else None
        if found is None or slots is None:
            return
        try:
            async with asyncio.timeout(LONGEST_CALL):
                await self._reservations.of(tenant, slots).release(*found)
        except (ReservationUnavailable, Missing, TimeoutError) as error:
            raise TryAgain(LATER, type(error).__name__) from error


def _reserved(tx: Tx, application_id: uuid.UUID) -> tuple[NameWish, str] | None:
    row = tx.execute(
        select(SlotApplication, Customer.number.label("customer"), Contract.number.label("contract"))
        .join(Customer, (Customer.tenant_id == tx.tenant) & (Customer.id == SlotApplication.customer_id))
        .join(Contract, (Contract.tenant_id == tx.tenant) & (Contract.id == SlotApplication.contract_id))
        .where(
            SlotApplication.tenant_id == tx.tenant,
            SlotApplication.id == application_id,
            SlotApplication.local != "",
            SlotApplication.state.not_in(("pending", "done")),
        )
    ).one_or_none()
    if row is None:
        return None
    app = row.SlotApplication
    wish = NameWish(
        id=str(app.operation_id),
        tenant=tx.tenant,
        slots=app.code,
        local=local_key(app.local),
        customer_number=row.customer,
        contract_number=row.contract,
    )
    return wish, app.host
