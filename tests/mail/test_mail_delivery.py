"""Mails on their way through real workers to a real mail server, while everything around them fails."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from mailkit import Mailserver, text_of, until
from mailoffice import Office
from mailtimes import QUICK
from sqlalchemy import text

from mypage.mail.delivery import Patience
from mypage.server.worker import WorkerOptions, run_worker
from mypage.testing.portal import HANG

pytestmark = pytest.mark.anyio

PROCESS = Path(__file__).with_name("worker_process.py")


@asynccontextmanager
async def working(office: Office, options: WorkerOptions = QUICK) -> AsyncIterator[None]:
    task = asyncio.create_task(run_worker(office.settings, office.compiled, options))
    try:
        yield
    finally:
        assert not task.done() or task.exception() is None
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def worker_process(office: Office) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROCESS),
        office.settings.database_url,
        str(office.settings.smtp_port),
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(PROCESS.parent)},
    )
    assert process.stderr is not None
    async with asyncio.timeout(HANG):
        while b"worker ready" not in (line := await process.stderr.readline()):
            assert line, "the worker ended before it was ready"
    return process


@pytest.mark.req("ACTV-52", "ACTV-75", "ACTV-76")
async def test_200_queued_mails_of_two_operators_go_out_once_each(office: Office) -> None:
    tenants = {name: office.deploy(name) for name in ("kita", "minami")}
    for name, tenant in tenants.items():
        office.queue_all(tenant, [f"{name}{i}@example.jp" for i in range(100)])
    async with Mailserver().listening() as server, working(office.at(server.port)):
        await until(lambda: len(server.mails) >= 200)
        await until(lambda: not office.jobs())
    assert max(Counter(server.recipients).values()) == 1
    assert len({mail["Message-ID"] for mail in server.mails}) == 200
    for recipient, mail in zip(server.recipients, server.mails, strict=True):
        operator = recipient[:4] if recipient.startswith("kita") else "minami"
        assert mail["From"].addresses[0].addr_spec == f"mypage@{operator}.example"
        assert mail["To"] == recipient
        assert f"https://{tenants[operator]}.example/activate" in text_of(mail)
    for tenant in tenants.values():
        rows = office.mails(tenant)
        assert {(row.state, row.sealed, row.tries) for row in rows} == {("sent", None, 1)}
        assert all(row.sent_at for row in rows)


async def test_a_temporary_refusal_is_tried_again_and_one_mail_arrives(office: Office) -> None:
    tenant = office.deploy()
    office.queue(tenant)
    greylist = Mailserver(on_recipient=lambda _, tries: "451 come back later" if tries < 2 else None)
    async with greylist.listening() as server, working(office.at(server.port)):
        await until(lambda: len(server.mails) == 1)
        await until(lambda: not office.jobs())
        await asyncio.sleep(0.5)
    assert len(server.mails) == 1
    (row,) = office.mails(tenant)
    assert (row.state, row.tries, row.last_error, row.sealed) == ("sent", 3, None, None)
    assert office.trail(tenant) == []


async def test_no_mail_server_at_first_loses_nothing(office: Office) -> None:
    tenant = office.deploy()
    async with Mailserver().listening() as server:
        port = server.port
    office.queue(tenant)
    async with working(office.at(port)):
        await until(lambda: office.mails(tenant)[0].tries >= 2)
        assert office.states(tenant) == ["queued"]
        async with server.listening(port):
            await until(lambda: office.states(tenant) == ["sent"])
    assert len(server.mails) == 1


async def test_a_refused_recipient_ends_it_and_the_trail_says_so(office: Office) -> None:
    tenant = office.deploy()
    gone, there = office.queue(tenant, "gone@example.jp"), office.queue(tenant, "there@example.jp")
    strict = Mailserver(on_recipient=lambda to, _: "550 no such user" if to.startswith("gone") else None)
    async with strict.listening() as server, working(office.at(server.port)):
        await until(lambda: sorted(office.states(tenant)) == ["failed", "sent"])
        await until(lambda: not office.jobs())
        await asyncio.sleep(0.4)
    assert server.tries == {"gone@example.jp": 1, "there@example.jp": 1}
    rows = {row.id: row for row in office.mails(tenant)}
    assert (rows[gone].state, rows[gone].last_error) == ("failed", "550 no such user")
    assert rows[gone].sealed is not None
    assert rows[there].state == "sent"
    (entry,) = office.trail(tenant)
    assert (entry.action, entry.object_id, entry.actor_kind, entry.actor, entry.request_id) == (
        "mail.failed",
        str(gone),
        "system",
        "mail.deliver",
        "request-1",
    )


async def test_a_server_that_hangs_for_some_does_not_hold_up_others(office: Office) -> None:
    tenant = office.deploy()
    office.queue_all(tenant, [f"slow{i}@example.jp" for i in range(4)])
    office.queue_all(tenant, [f"quick{i}@example.jp" for i in range(12)])
    server = Mailserver()
    # The first try of a slow one hangs for longer than anybody waits; the second goes through.
    server.hang = lambda to: 30 if to.startswith("slow") and server.tries[to] == 1 else 0
    async with server.listening(), working(office.at(server.port), replace(QUICK, smtp_seconds=6)):
        await until(lambda: sum(to.startswith("quick") for to in server.recipients) == 12)
        assert {server.tries[f"slow{i}@example.jp"] for i in range(4)} == {1}, "they waited for those that hang"
        await until(lambda: office.states(tenant) == ["sent"] * 16)
    assert max(Counter(server.recipients).values()) == 1
    assert {row.tries for row in office.mails(tenant) if row.recipient.startswith("slow")} == {2}


async def test_a_lost_answer_repeats_the_mail_under_the_same_message_id(office: Office) -> None:
    tenant = office.deploy()
    office.queue(tenant)
    async with Mailserver(vanish=lambda _, tries: tries == 0).listening() as server, working(office.at(server.port)):
        await until(lambda: office.states(tenant) == ["sent"])
    assert len(server.mails) == 2
    assert len({mail["Message-ID"] for mail in server.mails}) == 1
    assert server.mails[0]["Message-ID"] == office.mails(tenant)[0].message_id


async def test_a_second_job_for_a_sent_mail_sends_nothing(office: Office) -> None:
    tenant = office.deploy()
    office.queue(tenant)
    again = text(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
        "SELECT queue_name, task_name, args FROM procrastinate_jobs"
    )
    async with Mailserver().listening() as server:
        office.run(tenant, lambda tx: tx.execute(again))
        office.run(tenant, lambda tx: tx.execute(text("UPDATE procrastinate_jobs SET lock = 'one-by-one'")))
        assert len(office.jobs()) == 2
        async with working(office.at(server.port)):
            await until(lambda: not office.jobs())
    assert len(server.mails) == 1


async def test_a_killed_worker_loses_nothing(office: Office) -> None:
    tenant = office.deploy()
    office.queue_all(tenant, [f"to{i}@example.jp" for i in range(40)])
    server = Mailserver()
    # Ten arrive, and those that are under way then wait for the end of the worker.
    server.hang = lambda _: 0 if len(server.mails) < 10 else 600
    async with server.listening():
        process = await worker_process(office.at(server.port))
        await until(lambda: len(server.mails) >= 10 and any(job.status == "doing" for job in office.jobs()))
        process.kill()
        await process.wait()
        server.hang = lambda _: 0
        assert "queued" in office.states(tenant)
        assert any(job.status == "doing" for job in office.jobs())
        async with working(office.at(server.port)):
            await until(lambda: set(office.states(tenant)) == {"sent"})
            await until(lambda: not office.jobs())
    assert set(server.recipients) == {f"to{i}@example.jp" for i in range(40)}
    for recipient in set(server.recipients):
        assert len({mail["Message-ID"] for mail in server.of(recipient)}) == 1
    twice = sum(count - 1 for count in Counter(server.recipients).values())
    assert twice <= 8, "only what was under way may come twice"


async def test_a_stop_ends_in_time_although_the_mail_server_hangs_and_gives_the_mail_back(office: Office) -> None:
    tenant = office.deploy()
    office.queue(tenant)
    server = Mailserver(hang=lambda _: 120)
    async with server.listening():
        process = await worker_process(office.at(server.port))
        await until(lambda: bool(server.tries))
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), HANG) == 0
        assert time.monotonic() - started < 60
        (job,) = office.jobs()
        assert job.status == "todo", "another worker takes it without waiting for a rescue"
        server.hang = lambda _: 0
        async with working(office.at(server.port)):
            await until(lambda: office.states(tenant) == ["sent"])


async def test_patience_ends(office: Office) -> None:
    tenant = office.deploy()
    office.queue(tenant)
    short = replace(QUICK, patience=Patience(first=0.1, longest=0.1, whole=timedelta(seconds=3)))
    async with (
        Mailserver(on_data=lambda *_: "451 never").listening() as server,
        working(office.at(server.port), short),
    ):
        await until(lambda: office.states(tenant) == ["failed"])
        await until(lambda: not office.jobs())
    (row,) = office.mails(tenant)
    assert row.tries >= 2
    assert row.sealed is not None
    assert [entry.action for entry in office.trail(tenant)] == ["mail.failed"]


async def test_a_mail_waits_for_its_tenant_to_be_served_and_for_its_template(office: Office) -> None:
    tenant = office.deploy()
    office.queue(tenant, template="of_the_next_release")
    office.queue("t-not-there-yet", "later@example.jp")
    async with Mailserver().listening() as server, working(office.at(server.port)):
        await until(lambda: office.mails("t-not-there-yet")[0].last_error is not None)
        await until(lambda: office.mails(tenant)[0].tries >= 2)
        assert office.mails(tenant)[0].last_error == "not composed: TemplateNotFound"
        office.deploy("minami", "t-not-there-yet")
        await until(lambda: office.states("t-not-there-yet") == ["sent"])
    assert server.recipients == ["later@example.jp"]
    assert office.states(tenant) == ["queued"]


async def test_a_foreign_link_never_leaves(office: Office) -> None:
    tenant, other = office.deploy(), office.deploy("minami")
    values = {"link": f"https://{other}.example/activate?token=t"}
    office.queue(tenant, values=values)
    async with Mailserver().listening() as server, working(office.at(server.port)):
        await until(lambda: office.states(tenant) == ["failed"])
    assert server.mails == []
    assert [entry.action for entry in office.trail(tenant)] == ["mail.failed"]


async def test_a_database_that_drops_all_connections_stops_nothing(office: Office) -> None:
    tenant = office.deploy()
    async with Mailserver().listening() as server, working(office.at(server.port)):
        office.queue(tenant, "before@example.jp")
        await until(lambda: "before@example.jp" in server.recipients)
        drop = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
        for _ in range(3):
            office.run(tenant, lambda tx: tx.execute(drop))
            await asyncio.sleep(0.2)
        office.queue(tenant, "after@example.jp")
        await until(lambda: office.states(tenant) == ["sent", "sent"])
    assert Counter(server.recipients) == {"before@example.jp": 1, "after@example.jp": 1}
