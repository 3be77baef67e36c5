"""What is over is deleted for every tenant, each in a job of its own."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from mailoffice import Office
from sqlalchemy import update

from mypage.db.session import Database, Tx
from mypage.jobs.tasks import Job
from mypage.mail.models import MailMessage
from mypage.mail.service import mark_sent
from mypage.operators.tenants import Tenant
from mypage.server.registry import LiveRegistry
from mypage.server.worker import Cleaner, cleanups_of

pytestmark = pytest.mark.anyio

DUE = datetime(2026, 11, 21, 3, 10, tzinfo=UTC)


async def test_one_job_per_tenant_and_all_that_is_over_goes_in_small_units(office: Office) -> None:
    tenants = sorted(office.deploy() for _ in range(3))
    for mail in [office.queue(tenants[0]) for _ in range(7)]:
        office.run(tenants[0], partial(_sent, mail))
    office.run(tenants[0], lambda tx: tx.execute(_long_ago(tx)))
    database = Database(office.settings.database_url)
    calls: list[str] = []

    def seen(tx: Tx, limit: int) -> int:
        calls.append(tx.tenant)
        return limit if len(calls) == 1 else 0

    def cleanups(tenant: Tenant) -> tuple[Any, ...]:
        return cleanups_of(office.compiled.operators[tenant.operator])

    try:
        cleaner = Cleaner(
            database,
            LiveRegistry(database, office.compiled.operators, office.compiled.themes),
            lambda tenant: (*cleanups(tenant), seen),
        )
        await cleaner.fan_out(DUE)
        jobs = [job for job in office.jobs("cleanup") if job.task_name == "cleanup.tenant"]
        assert sorted(job.args["tenant"] for job in jobs) == tenants
        assert len({job.args["request_id"] for job in jobs}) == 1
        for tenant in tenants:
            await cleaner.tenant(Job(tenant=tenant, request_id="r"))
    finally:
        await database.close()
    assert office.mails(tenants[0]) == []
    assert calls == [tenants[0], tenants[0], tenants[1], tenants[2]], "a full batch asks for another"


def _sent(mail: uuid.UUID, tx: Tx) -> None:
    mark_sent(tx, mail)


def _long_ago(tx: Tx) -> object:
    old = tx.now() - timedelta(days=100)
    return update(MailMessage).where(MailMessage.tenant_id == tx.tenant).values(created_at=old)


async def test_a_new_tenant_is_known_without_a_restart(office: Office) -> None:
    database = Database(office.settings.database_url)
    try:
        registry = LiveRegistry(database, office.compiled.operators, office.compiled.themes)
        await registry.refresh()
        assert not registry.current.tenants
        name = office.deploy("minami")
        await registry.refresh()
        assert registry.current.tenants[name].operator == "minami"
    finally:
        await database.close()
