"""Loading contracts with their services."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from mypage.db.staging import Target, Words, copy_row
from mypage.imports import cleaning
from mypage.imports.chunk import Chunk, Item, Means, unknown_customer
from mypage.imports.records import ApplicationStep, Contract, Service
from mypage.imports.report import BadLine

NAME = "contract"

ServiceRow = tuple[str, str, str, date | None, date | None, list[Any]]

_STATED = ("number", "name", "status", "plan", "features", "place", "started_on", "ended_on", "details")
_TABLE = Target(
    "contract",
    ("id", "number_key", "customer_id", *_STATED, "updated_at"),
    found_by=("number_key",),
    updates=("customer_id", *_STATED, "updated_at"),
)
_SERVICES = Target(
    "service", ("id", "contract_id", "position", "category", "name", "status", "started_on", "ended_on", "progress")
)
_STORED = (
    "SELECT number_key, id, customer_id, number, name, status, plan, features, place, started_on, ended_on, details"
    " FROM contract WHERE tenant_id = %s AND number_key = ANY(%s)"
)
_ENDING = (
    "SELECT contract_id, state = 'done', wanted_on FROM termination WHERE tenant_id = %s AND contract_id = ANY(%s)"
)
_ENDED_MEANWHILE = (
    "UPDATE contract SET status = CASE WHEN ending.state = 'done' THEN 'terminated' ELSE contract.status END,"
    " ended_on = ending.wanted_on FROM termination AS ending"
    " WHERE contract.tenant_id = %s AND contract.id = ANY(%s) AND ending.tenant_id = contract.tenant_id"
    " AND ending.contract_id = contract.id AND contract.status <> 'terminated'"
)
"""What was accepted or done while this chunk was being read is not taken back by it."""
_STORED_SERVICES = (
    "SELECT contract_id, category, name, status, started_on, ended_on, progress"
    " FROM service WHERE tenant_id = %s AND contract_id = ANY(%s) ORDER BY contract_id, position"
)
_FORGET_SERVICES = "DELETE FROM service WHERE tenant_id = %s AND contract_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Prepared:
    """`stated` are the values of `_STATED`; `customer` is as the line has it.

    `row` and `service_rows` are for COPY, without the ids. They are made here because this runs while the database
    works.
    """

    key: str
    customer: str
    customer_key: str
    stated: tuple[Any, ...]
    row: str
    services: tuple[ServiceRow, ...]
    service_rows: tuple[str, ...]


def prepare(record: Contract, means: Means) -> Prepared:
    """Check texts and days. Raises BadLine."""
    cleaning.in_order("started_on", record.started_on, "ended_on", record.ended_on)
    details = [
        [cleaning.required("details", label), cleaning.one_line(f"details.{label}", value)]
        for label, value in record.details.items()
    ]
    stated = (
        cleaning.one_line("number", record.number),
        cleaning.required("name", record.name),
        record.status,
        cleaning.one_line("plan", record.plan),
        Words(record.features),
        cleaning.one_line("place", record.place),
        cleaning.day("started_on", record.started_on),
        cleaning.day("ended_on", record.ended_on),
        details,
    )
    services = tuple(_service(f"services[{place}].", service, means) for place, service in enumerate(record.services))
    return Prepared(
        cleaning.key_of("number", record.number),
        cleaning.one_line("customer", record.customer),
        cleaning.key_of("customer", record.customer),
        stated,
        copy_row(stated),
        services,
        tuple(copy_row((position, *service)) for position, service in enumerate(services, 1)),
    )


def natural_key(value: Prepared) -> tuple[str, str, str]:
    """The folded contract number."""
    return value.key, "number", f"contract {value.stated[0]}"


def load(chunk: Chunk, items: list[Item[Prepared]]) -> None:
    """Insert what is new, replace what is different; services are replaced as a whole.

    A contract whose end was accepted online ends: no feed takes its last day back, and none revives one that has ended.
    """
    customers = chunk.customers(item.value.customer_key for item in items)
    stored = {row[0]: row[1:] for row in chunk.select(_STORED, [item.value.key for item in items])}
    ids = [found[0] for found in stored.values()]
    ending = {row[0]: (row[1], row[2]) for row in chunk.select(_ENDING, ids)} if ids else {}
    services: defaultdict[UUID, list[ServiceRow]] = defaultdict(list)
    for row in chunk.select(_STORED_SERVICES, [found[0] for found in stored.values()]) if stored else ():
        services[row[0]].append(row[1:])
    rows: list[str] = []
    service_rows: list[str] = []
    replaced: list[UUID] = []
    now = copy_row((chunk.now,))
    for item in items:
        value = item.value
        customer = customers.get(value.customer_key)
        if customer is None:
            chunk.refuse(NAME, item.line, unknown_customer(value.customer))
            continue
        found = stored.get(value.key)
        if found is not None and found[0] in ending:
            done, last_day = ending[found[0]]
            if done:
                chunk.count(NAME, "unchanged")
                continue
            value = _until(value, last_day)
        same = found is not None and found[1:] == (customer.id, *value.stated)
        if same and found is not None and tuple(services[found[0]]) == value.services:
            chunk.count(NAME, "unchanged")
            continue
        chunk.count(NAME, "new" if found is None else "updated")
        row_id = next(chunk.ids) if found is None else found[0]
        if found is not None:
            replaced.append(found[0])
        rows.append(f"{row_id}\t{copy_row((value.key, customer.id))}\t{value.row}\t{now}")
        service_rows.extend(f"{next(chunk.ids)}\t{row_id}\t{service}" for service in value.service_rows)
    chunk.write(_TABLE, rows)
    if replaced and not chunk.dry_run:
        chunk.cursor.execute(_FORGET_SERVICES, (chunk.tenant, replaced))
        chunk.cursor.execute(_ENDED_MEANWHILE, (chunk.tenant, replaced))
    chunk.write(_SERVICES, service_rows)
    if chunk.dry_run:
        there = (item.value for item in items if item.value.customer_key in customers)
        chunk.scratch.note(NAME, (value.key for value in there))


def _until(value: Prepared, last_day: date) -> Prepared:
    """The line with the day that was accepted online, unless it says that the contract has ended."""
    if value.stated[_STATED.index("status")] == "terminated":
        return value
    at = _STATED.index("ended_on")
    stated = (*value.stated[:at], last_day, *value.stated[at + 1 :])
    return replace(value, stated=stated, row=copy_row(stated))


def _service(path: str, service: Service, means: Means) -> ServiceRow:
    cleaning.in_order(f"{path}started_on", service.started_on, f"{path}ended_on", service.ended_on)
    return (
        cleaning.required(f"{path}category", service.category),
        cleaning.required(f"{path}name", service.name),
        service.status,
        cleaning.day(f"{path}started_on", service.started_on),
        cleaning.day(f"{path}ended_on", service.ended_on),
        [_step(f"{path}progress[{place}].", step, means) for place, step in enumerate(service.progress)],
    )


def _step(path: str, step: ApplicationStep, means: Means) -> list[str | None]:
    if means.steps is not None and step.step not in means.steps:
        known = ", ".join(sorted(means.steps)) or "none"
        raise BadLine(f"{path}step", f"{step.step!r} is no step of an application here; there is {known}")
    done, planned = cleaning.day(f"{path}done_on", step.done_on), cleaning.day(f"{path}planned_on", step.planned_on)
    days = [each.isoformat() if each else None for each in (done, planned)]
    return [step.step, *days, cleaning.one_line(f"{path}note", step.note)]
