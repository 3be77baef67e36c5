"""Reserving a name before anything is filed, and giving it back. Called outside of any transaction.

The portal's own rows decide whose a name is (`names`); whoever gives names out, a registry of the operator's say, is
asked first, and keeps the name for the operation's id. What is not wanted after all is given back at once, or by the
worker.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog
from sqlalchemy import select

from mypage.auth.models import Customer
from mypage.contracts.reaching import reach_contract
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.slots import NameRefused, NameReservation, NameWish, ReservationUnavailable, Slots, check_host
from mypage.lib.errors import Missing
from mypage.operators.calls import Hooks
from mypage.operators.operator import OperatorError
from mypage.operators.tenants import Tenant
from mypage.slots.errors import NameTaken
from mypage.slots.names import hosts_taken, local_key
from mypage.slots.pool import NAME as POOL
from mypage.slots.reading import application_by_operation
from mypage.slots.values import Reserved, SlotWish

log = structlog.get_logger("mypage.reservation")

PORT: Final = "reservation"
LONGEST_CALL: Final = 10.0
Run = Callable[[Callable[[Tx], Any]], Awaitable[Any]]
"""A unit of work of the request's tenant."""


class Reservations:
    """Finds or makes who gives out a tenant's names."""

    def __init__(self, hooks: Mapping[str, Hooks]) -> None:
        """Nothing is made yet."""
        self._hooks = hooks
        self._made: dict[tuple[str, str, tuple[tuple[str, str], ...]], NameReservation] = {}

    def of(self, tenant: Tenant, slots: Slots) -> NameReservation:
        """Raises Missing when no extension knows what the tenant declares, the settings are wrong, or there is none."""
        declared = dict(tenant.extensions.get(PORT, {}))
        name = declared.pop("adapter", "") or POOL
        if not declared and name == POOL:
            declared = {"hosts": " ".join(slots.hosts)}
        key = (tenant.name, name, tuple(sorted(declared.items())))
        if key not in self._made:
            values = {
                k.removesuffix("_env"): os.environ.get(v, "") if k.endswith("_env") else v for k, v in declared.items()
            }
            self._made[key] = self._make(tenant, name, values)
        return self._made[key]

    def _make(self, tenant: Tenant, name: str, values: Mapping[str, str]) -> NameReservation:
        try:
            made: NameReservation | None = self._hooks[tenant.operator].make(
                "make_name_reservation", name=name, settings=values
            )
        except OperatorError as error:
            raise Missing(f"tenant {tenant.name}: {error}") from error
        if made is None:
            raise Missing(f"tenant {tenant.name}: no extension offers the name reservation {name!r}")
        return made

    async def close(self) -> None:
        """Give connections back."""
        for adapter in self._made.values():
            closing = getattr(adapter, "aclose", None)
            if closing is not None:
                await closing()


async def reserve(
    port: Reservations, tenant: Tenant, run: Run, principal: Principal, wish: SlotWish, operation_id: uuid.UUID
) -> Reserved | None:
    """Have the wish's new name kept on a host; None when it has none. The same operation again gets the same host.

    Raises NameTaken, NotFound without a living contract, ReservationUnavailable, and Missing. In no transaction.
    """
    if wish.local is None:
        return None
    local = wish.local
    wanted, filed = await run(lambda tx: _wanted(tx, principal, wish.slots, local, operation_id))
    if filed:
        return Reserved(id=operation_id, local=local, host=filed)
    adapter = port.of(tenant, wish.slots)
    try:
        async with asyncio.timeout(LONGEST_CALL):
            host = await adapter.reserve(wanted)
        check_host(host)
    except NameRefused as error:
        raise NameTaken(local) from error
    except (TimeoutError, ValueError) as error:
        log.warning("the reservation gave no good answer", adapter=type(adapter).__name__, error=type(error).__name__)
        raise ReservationUnavailable(type(error).__name__) from error
    return Reserved(id=operation_id, local=local, host=host)


async def release(port: Reservations, tenant: Tenant, slots: Slots, reserved: Reserved) -> None:
    """Give a reservation back of which nothing was filed. What goes wrong is only logged: nobody waits for it."""
    wish = NameWish(
        id=str(reserved.id), tenant=tenant.name, slots=slots.code, local=reserved.local,
        customer_number="", contract_number="",
    )  # fmt: skip
    try:
        async with asyncio.timeout(LONGEST_CALL):
            await port.of(tenant, slots).release(wish, reserved.host)
    except (ReservationUnavailable, Missing, TimeoutError) as error:
        log.warning("a reservation was not given back", error=type(error).__name__)


def _wanted(tx: Tx, principal: Principal, slots: Slots, local: str, operation_id: uuid.UUID) -> tuple[NameWish, str]:
    ref = reach_contract(tx, principal)
    # Before what was filed: a press that files at this moment must not find its own name taken.
    taken = hosts_taken(tx, local)
    known = application_by_operation(tx, ref, operation_id)
    number = tx.execute(
        select(Customer.number).where(Customer.tenant_id == tx.tenant, Customer.id == ref.customer_id)
    ).scalar_one()
    wish = NameWish(
        id=str(operation_id),
        tenant=tx.tenant,
        slots=slots.code,
        local=local_key(local),
        customer_number=number,
        contract_number=ref.number,
        taken=taken,
    )
    return wish, known.address.partition("@")[2] if known is not None else ""
