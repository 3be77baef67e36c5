"""Contracts of a customer with their services, as read models."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, cast

from sqlalchemy import Row, bindparam, func, select

from mypage.contracts.models import Contract, Service
from mypage.db.reads import Later, Read
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.lib.errors import NotFound

PAGE_SIZE = 50
"""Contracts on one page: those of a household all fit, those of a housing company must not all be sent."""

State = Literal["preparing", "active", "suspended", "terminated"]

_LIVING_FIRST = (Contract.status == "terminated", Contract.number_key)
_OWN_SERVICE = (Service.tenant_id == Contract.tenant_id) & (Service.contract_id == Contract.id)
_PAGE = (
    select(Contract.id, func.count().over().label("contract_count"))
    .where(Contract.tenant_id == bindparam("tenant"), Contract.customer_id == bindparam("customer"))
    .order_by(*_LIVING_FIRST, Contract.id)
    .limit(bindparam("size"))
    .offset(bindparam("offset"))
)
_CONTRACTS = (
    select(
        Contract.id,
        Contract.number,
        Contract.name,
        Contract.status,
        Contract.place,
        Contract.started_on,
        Contract.ended_on,
        Contract.details,
        Contract.plan,
        Service.category.label("service_category"),
        Service.name.label("service_name"),
        Service.status.label("service_status"),
        Service.started_on.label("service_started_on"),
        Service.ended_on.label("service_ended_on"),
        Service.progress.label("service_progress"),
    )
    .outerjoin(Service, _OWN_SERVICE)
    .where(Contract.tenant_id == bindparam("tenant"), Contract.id.in_(bindparam("contracts", expanding=True)))
    .order_by(*_LIVING_FIRST, Contract.id, Service.position)
)
_SUMMARY = Read(
    select(Service.category, Service.name)
    .join(Contract, _OWN_SERVICE)
    .where(
        Contract.tenant_id == bindparam("tenant"),
        Contract.customer_id == bindparam("customer"),
        Contract.status != "terminated",
        Service.status != "terminated",
    )
    .order_by(*_LIVING_FIRST, Contract.id, Service.position)
)


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of an application: the day it was done, or the day it is planned for, and a note to that."""

    done_on: date | None
    planned_on: date | None
    note: str


@dataclass(frozen=True, slots=True)
class ServiceItem:
    """A service within a contract; `progress` is how far the application for it is, by the code of each step."""

    category: str
    name: str
    state: State
    started_on: date | None
    ended_on: date | None
    progress: Mapping[str, Progress] = field(default_factory=dict)

    def started(self, today: date) -> bool:
        """Whether its own start date has come; without one, whether the feed says that it is used (USEN-37)."""
        return self.state != "preparing" if self.started_on is None else self.started_on <= today


@dataclass(frozen=True, slots=True)
class ContractItem:
    """A contract; `details` are label and value pairs as the feed states them."""

    id: uuid.UUID
    number: str
    name: str
    state: State
    place: str
    started_on: date | None
    ended_on: date | None
    details: tuple[tuple[str, str], ...]
    services: tuple[ServiceItem, ...]
    plan: str = ""

    def by_category(self) -> tuple[tuple[str, tuple[ServiceItem, ...]], ...]:
        """The services under their categories, in the order in which a category first appears."""
        return _grouped(self.services)


@dataclass(frozen=True, slots=True)
class ContractName:
    """A contract in a choice."""

    id: uuid.UUID
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class ContractList:
    """One page of contracts, how many pages there are (at least one), and how many contracts on all of them."""

    contracts: tuple[ContractItem, ...]
    page: int
    pages: int
    total: int


def list_contracts(tx: Tx, principal: Principal, *, page: int = 1) -> ContractList:
    """A page of the contracts of the principal's customer, ended ones last (ACTV-59). Two statements.

    Raises NotFound for a page that does not exist; the first always does.
    """
    return contracts_of(tx, principal.customer_id, page=page)


def contracts_of(tx: Tx, customer_id: uuid.UUID, *, page: int = 1, size: int = PAGE_SIZE) -> ContractList:
    """The same of any customer, for staff."""
    values = {"tenant": tx.tenant, "customer": customer_id, "offset": (page - 1) * size, "size": size}
    listed = tx.execute(_PAGE, values).all()
    if not listed:
        if page > 1:
            raise NotFound
        return ContractList((), 1, 1, 0)
    found: dict[uuid.UUID, list[Row[Any]]] = {}
    for row in tx.execute(_CONTRACTS, {"tenant": tx.tenant, "contracts": [one.id for one in listed]}):
        found.setdefault(row.id, []).append(row)
    total = listed[0].contract_count
    return ContractList(tuple(_contract(rows) for rows in found.values()), page, -(-total // size), total)


def living_contracts(tx: Tx, customer_id: uuid.UUID) -> tuple[ContractName, ...]:
    """The contracts of a customer that are not terminated, by number."""
    rows = tx.execute(
        select(Contract.id, Contract.number, Contract.name)
        .where(Contract.tenant_id == tx.tenant, Contract.customer_id == customer_id, Contract.status != "terminated")
        .order_by(Contract.number_key, Contract.id)
        .limit(200)
    )
    return tuple(ContractName(row.id, row.number, row.name) for row in rows)


def services_in_use(tx: Tx, principal: Principal) -> Later[tuple[tuple[str, str], ...]]:
    """Category and name of every service that has not ended. One statement."""
    return tx.later(_SUMMARY, tuple, tenant=tx.tenant, customer=principal.customer_id)


def _contract(rows: list[Row[Any]]) -> ContractItem:
    head = rows[0]
    return ContractItem(
        id=head.id,
        number=head.number,
        name=head.name,
        state=cast("State", head.status),
        place=head.place,
        started_on=head.started_on,
        ended_on=head.ended_on,
        details=tuple((str(label), str(value)) for label, value in head.details),
        services=tuple(
            ServiceItem(
                row.service_category,
                row.service_name,
                cast("State", row.service_status),
                row.service_started_on,
                row.service_ended_on,
                _progress(row.service_progress),
            )
            for row in rows
            if row.service_name is not None
        ),
        plan=head.plan,
    )


def _progress(stated: Iterable[Sequence[str | None]]) -> dict[str, Progress]:
    return {str(code): Progress(_day(done), _day(planned), note or "") for code, done, planned, note in stated}


def _day(stated: str | None) -> date | None:
    return date.fromisoformat(stated) if stated else None


def _grouped(services: Iterable[ServiceItem]) -> tuple[tuple[str, tuple[ServiceItem, ...]], ...]:
    groups: dict[str, list[ServiceItem]] = {}
    for service in services:
        groups.setdefault(service.category, []).append(service)
    return tuple((category, tuple(items)) for category, items in groups.items())
