"""The job runner by itself: tenants, retries, dead workers, stops, periodic work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import structlog
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueuedJob
from sqlalchemy import Engine, text

from mypage.db.session import Actor, DatabaseDown, Scope, platform_unit, sync_engine, unit
from mypage.jobs.queue import enqueue
from mypage.jobs.retries import LONGEST_WAIT, MOST_ATTEMPTS, Retries, backoff
from mypage.jobs.tasks import BadJob, Job, TryAgain
from mypage.jobs.worker import JobRunner, Periodic, WorkerTimes
from mypage.lib.clock import SystemClock
from mypage.testing.database import TestDatabase, drop_database, make_database
from mypage.testing.portal import HANG

pytestmark = pytest.mark.anyio

QUICK = WorkerTimes(poll=0.1, heartbeat=0.2, stalled=4, rescue=0.1, grace=0.4, restart=0.1)
Waits = Callable[..., Any]


@pytest.fixture(scope="module")
def job_database(admin_url: str) -> Iterator[TestDatabase]:
    database = make_database(admin_url)
    yield database
    drop_database(database)


@pytest.fixture
def queue(job_database: TestDatabase) -> Iterator[Engine]:
    engine = sync_engine(job_database.app)
    owner = sync_engine(job_database.owner)
    with platform_unit(owner) as connection:
        connection.execute(
            text("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE")
        )
    owner.dispose()
    yield engine
    engine.dispose()


def add(engine: Engine, task: str = "task", tenant: str = "t-one", **arguments: Any) -> None:
    with unit(engine, Scope(tenant, SystemClock(), Actor("system", "test"), "request-7")) as tx:
        enqueue(tx, task, **arguments)


def jobs(engine: Engine) -> list[Any]:
    with platform_unit(engine) as connection:
        return list(connection.execute(text("SELECT * FROM procrastinate_jobs ORDER BY id")))


def execute(engine: Engine, statement: str) -> None:
    with platform_unit(engine) as connection:
        connection.execute(text(statement))


async def until(done: Callable[[], bool], seconds: float = HANG) -> None:
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(database: TestDatabase, tasks: dict[str, Any], **options: Any) -> AsyncIterator[JobRunner]:
    runner = JobRunner(database.app, tasks, options.pop("periodic", {}), times=options.pop("times", QUICK), **options)
    task = asyncio.create_task(runner.run(signals=False))
    try:
        yield runner
    finally:
        runner.stop()
        await asyncio.wait_for(task, HANG)


async def test_a_task_gets_tenant_request_and_arguments_and_logs_carry_them(
    queue: Engine, job_database: TestDatabase
) -> None:
    seen: list[tuple[Job, dict[str, Any]]] = []

    async def task(job: Job) -> None:
        seen.append((job, structlog.contextvars.get_contextvars()))

    async with running(job_database, {"task": task}):
        add(queue, number=5)
        await until(lambda: not jobs(queue))
    ((job, bound),) = seen
    assert job == Job(tenant="t-one", request_id="request-7", arguments={"number": 5})
    assert (bound["tenant"], bound["request_id"], bound["task"]) == ("t-one", "request-7", "task")
    assert "tenant" not in structlog.contextvars.get_contextvars()


@pytest.mark.parametrize(
    "args", ["{}", '{"tenant": "", "request_id": "r"}', '{"tenant": "a;b", "request_id": "r"}', '{"tenant": 5}']
)
async def test_a_job_without_a_tenant_is_never_run(queue: Engine, job_database: TestDatabase, args: str) -> None:
    ran: list[Job] = []

    async def task(job: Job) -> None:
        ran.append(job)

    with platform_unit(queue) as connection:
        connection.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
                "VALUES ('default', 'task', CAST(:a AS jsonb))"
            ),
            {"a": args},
        )
    async with running(job_database, {"task": task}):
        await until(lambda: jobs(queue)[0].status == "failed")
    assert ran == []


async def test_a_mistake_and_a_wish_are_both_tried_again(
    queue: Engine, job_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mypage.jobs.retries.backoff", lambda *_, **__: 0.1)
    runs: list[int] = []

    async def task(job: Job) -> None:
        runs.append(job.attempts)
        if job.attempts == 0:
            raise ValueError("a mistake")
        if job.attempts == 1:
            raise TryAgain(0.2, "later")

    async with running(job_database, {"task": task}):
        add(queue)
        await until(lambda: not jobs(queue))
    assert runs == [0, 1, 2]


async def test_jobs_of_a_worker_without_heartbeat_are_run_by_others_once(
    queue: Engine, job_database: TestDatabase
) -> None:
    done: list[int] = []

    async def task(job: Job) -> None:
        await asyncio.sleep(0.05)
        done.append(job.arguments["number"])

    for number in range(20):
        add(queue, number=number)
    execute(queue, "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')")
    execute(
        queue, "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)"
    )
    # Two processes rescue at the same time, again and again.
    async with running(job_database, {"task": task}), running(job_database, {"task": task}):
        await until(lambda: not jobs(queue))
    assert sorted(done) == list(range(20))


async def test_a_living_workers_long_job_is_left_to_it(queue: Engine, job_database: TestDatabase) -> None:
    runs: list[int] = []

    async def task(job: Job) -> None:
        runs.append(job.attempts)
        await asyncio.sleep(5)

    # On a busy machine a living worker is late, too.
    times = WorkerTimes(poll=0.1, heartbeat=0.2, stalled=3, rescue=0.1)
    async with running(job_database, {"task": task}, times=times):
        add(queue)
        await until(lambda: bool(runs))
        async with running(job_database, {"task": task}, times=times):
            await until(lambda: not jobs(queue))
    assert runs == [0]


async def test_a_stop_waits_for_what_is_nearly_done_and_gives_the_rest_back(
    queue: Engine, job_database: TestDatabase
) -> None:
    ended: list[str] = []

    async def task(job: Job) -> None:
        await asyncio.sleep(job.arguments["seconds"])
        ended.append(job.arguments["name"])

    async with running(job_database, {"task": task}, times=replace(QUICK, grace=2)) as runner:
        add(queue, name="short", seconds=0.3)
        add(queue, name="long", seconds=60)
        await until(lambda: [job.status for job in jobs(queue)] == ["doing", "doing"])
        started = time.monotonic()
        runner.stop()
    assert time.monotonic() - started < 30
    assert ended == ["short"]
    (left,) = jobs(queue)
    assert (left.args["name"], left.status) == ("long", "todo")


async def test_one_lane_full_of_slow_jobs_does_not_hold_up_another(queue: Engine, job_database: TestDatabase) -> None:
    quick: list[Job] = []

    async def slow(job: Job) -> None:
        await asyncio.sleep(60)

    async def task(job: Job) -> None:
        quick.append(job)

    async with running(job_database, {"slow": slow, "task": task}):
        for _ in range(20):
            add(queue, "slow", queue="mail")
        await until(lambda: sum(job.status == "doing" for job in jobs(queue)) == 8)
        add(queue)
        await until(lambda: bool(quick), 30)


async def test_connections_that_are_cut_are_made_again(queue: Engine, job_database: TestDatabase) -> None:
    done: list[int] = []

    async def task(job: Job) -> None:
        done.append(job.arguments["number"])

    async with running(job_database, {"task": task}):
        for number in range(4):
            add(queue, number=number)
            await until(lambda n=number: n in done)
            execute(
                queue,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND usename = current_user AND pid <> pg_backend_pid()",
            )
            await asyncio.sleep(0.1)
    assert set(done) == set(range(4))


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_connection_cut_while_the_end_is_noted_loses_no_note(
    queue: Engine, job_database: TestDatabase, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    cut: list[str] = []
    original = PsycopgConnector.execute_query_async

    async def cutting(self: PsycopgConnector, query: Any, **arguments: Any) -> None:
        first = "finish_job" in query and not cut
        if not first or arrived:
            await original(self, query, **arguments)
        if first:
            cut.append(query)
            raise ConnectorException from psycopg.OperationalError("the answer got lost")

    monkeypatch.setattr(PsycopgConnector, "execute_query_async", cutting)
    runs: list[int] = []

    async def task(job: Job) -> None:
        runs.append(job.attempts)

    async with running(job_database, {"task": task}):
        add(queue)
        await until(lambda: not jobs(queue) and bool(cut))
        await asyncio.sleep(1.5)
    assert runs == [0]


async def test_periodic_work_is_done_once_per_time_by_however_many(queue: Engine, job_database: TestDatabase) -> None:
    due: list[datetime] = []

    async def fan_out(at: datetime) -> None:
        due.append(at)

    plan = {"tick": Periodic("* * * * * */1", fan_out)}
    async with running(job_database, {}, periodic=plan), running(job_database, {}, periodic=plan):
        await until(lambda: len(due) >= 2)
    assert len(set(due)) == len(due)
    assert all(at.tzinfo is UTC for at in due)


def test_waits_double_up_to_an_hour() -> None:
    assert [backoff(n) for n in (0, 1, 2, 3, 4)] == [5, 5, 10, 20, 40]
    assert backoff(10_000) == LONGEST_WAIT
    assert 20 * 3600 < sum(backoff(n) for n in range(1, MOST_ATTEMPTS)) < 30 * 3600


@pytest.mark.parametrize(
    ("error", "attempts", "again"),
    [
        (BadJob("x"), 0, False),
        (ValueError("x"), MOST_ATTEMPTS - 1, False),
        (ValueError("x"), 0, True),
        (TryAgain(1, "x"), 10_000, True),
        (DatabaseDown("x"), 10_000, True),
        (asyncio.CancelledError(), 10_000, True),
    ],
)
def test_what_was_raised_decides_about_another_try(error: BaseException, attempts: int, again: bool) -> None:
    job = QueuedJob(id=1, queue="default", lock=None, queueing_lock=None, task_name="task", attempts=attempts)
    assert (Retries().get_retry_decision(exception=error, job=job) is not None) is again
