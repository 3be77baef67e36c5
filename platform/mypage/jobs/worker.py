"""Running jobs: procrastinate's workers, kept alive through outages, stopped in time, with dead workers' jobs saved."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from procrastinate import App, JobContext
from procrastinate.worker import Worker
from structlog.contextvars import bound_contextvars

from mypage.jobs.connector import make_connector
from mypage.jobs.rescue import forget_failed, rescue_stalled
from mypage.jobs.retries import Retries
from mypage.jobs.tasks import FanOut, Task, TryAgain, read_job

log = structlog.get_logger("mypage.jobs")

LANES: Mapping[str, int] = {"mail": 8, "provisioning": 4, "default": 2}
"""Queue → jobs at a time. What asks other systems has lanes of its own: one that hangs holds up nothing else."""

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerTimes:
    """Seconds. A worker silent for `stalled` is taken for dead, so a task's outside calls must end well before."""

    poll: float = 2.0
    heartbeat: float = 5.0
    stalled: float = 45.0
    rescue: float = 10.0
    grace: float = 12.0
    restart: float = 2.0


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work at the times of a cron line (UTC), once per time however many workers there are."""

    cron: str
    run: FanOut


class JobRunner:
    """All lanes of one worker process. `ready` is called when jobs are being taken."""

    def __init__(
        self,
        database_url: str,
        tasks: Mapping[str, Task],
        periodic: Mapping[str, Periodic],
        *,
        lanes: Mapping[str, int] = LANES,
        times: WorkerTimes | None = None,
        ready: Callable[[], None] = lambda: None,
    ) -> None:
        """`database_url` is the app role's SQLAlchemy URL. Opens no connection yet."""
        self._times, self._lanes, self._ready = times or WorkerTimes(), dict(lanes), ready
        self._app = App(connector=make_connector(database_url))
        for name, task in tasks.items():
            self._app.task(name=name, retry=Retries(), pass_context=True)(_tenant_task(name, task))
        for name, plan in periodic.items():
            self._app.periodic(cron=plan.cron)(self._app.task(name=name)(_fan_out(plan.run)))
        self._stopping = asyncio.Event()
        self._workers: dict[str, Worker] = {}

    def stop(self) -> None:
        """Take no more jobs; `run` returns when those at work are done, or have been given back."""
        if not self._stopping.is_set():
            log.info("worker stopping")
        self._stopping.set()
        for worker in self._workers.values():
            _stop(worker)

    async def run(self, *, signals: bool = True) -> None:
        """Work until `stop`, SIGTERM or SIGINT. Raises when the database cannot be reached at the start."""
        with _on_signals(self.stop if signals else None):
            async with self._app.open_async():
                saving = asyncio.create_task(self._keep("rescue", self._rescue))
                try:
                    self._ready()
                    async with asyncio.TaskGroup() as lanes:
                        for name in self._lanes:
                            lanes.create_task(self._keep(name, partial(self._lane, name)))
                finally:
                    self.stop()
                    saving.cancel()
                    await asyncio.wait({saving})
        log.info("worker stopped")

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Start `work` again whenever it ends before the stop: a lost database ends it, and comes back."""
        while not self._stopping.is_set():
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - whatever ended a part, the part has to come back
                log.warning("worker part ended", part=name, error=type(error).__name__)
            if not self._stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._times.restart)

    async def _lane(self, name: str) -> None:
        times = self._times
        worker = Worker(
            app=self._app,
            queues=[name],
            name=name,
            concurrency=self._lanes[name],
            fetch_job_polling_interval=times.poll,
            update_heartbeat_interval=times.heartbeat,
            stalled_worker_timeout=times.stalled,
            shutdown_graceful_timeout=times.grace,
            delete_jobs="successful",
            install_signal_handlers=False,
        )
        self._workers[name] = worker
        running = asyncio.create_task(_run(worker))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            # `Worker.run` forgets a stop that came before it, so the wish is repeated until it has ended.
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            while not running.done():
                _stop(worker)
                await asyncio.wait({running}, timeout=0.2)
            running.result()
        finally:
            stopping.cancel()
            if not running.done():
                running.cancel()
                # Waited for without its exception, which would take the place of our cancellation.
                await asyncio.wait({running})

    async def _rescue(self) -> None:
        forgotten = 0.0
        while True:
            saved = await rescue_stalled(self._app, self._times.stalled)
            if saved:
                log.warning("jobs of dead workers queued again", jobs=saved)
            if time.monotonic() - forgotten > 3600:
                await forget_failed(self._app)
                forgotten = time.monotonic()
            await asyncio.sleep(self._times.rescue)


def _tenant_task(name: str, task: Task) -> Callable[..., Awaitable[None]]:
    async def run(context: JobContext, **arguments: Any) -> None:
        job = read_job(arguments, context.job.attempts)
        with bound_contextvars(tenant=job.tenant, request_id=job.request_id, task=name, job=context.job.id):
            started = time.perf_counter()
            try:
                await task(job)
            except TryAgain as again:
                log.info("job waits", reason=str(again), seconds=round(again.seconds, 1))
                raise
            except asyncio.CancelledError:
                log.info("job given back")
                raise
            except Exception:
                # Said here, where tenant, task and job are known; whether it is tried again, the retry rule decides.
                log.exception("job failed", attempts=job.attempts + 1)
                raise
            log.info("job done", ms=round((time.perf_counter() - started) * 1000, 1))

    return run


def _fan_out(work: FanOut) -> Callable[..., Awaitable[None]]:
    async def run(timestamp: int) -> None:
        await work(datetime.fromtimestamp(timestamp, UTC))

    return run


async def _run(worker: Worker) -> None:
    await worker.run()  # type: ignore[no-untyped-call]


def _stop(worker: Worker) -> None:
    worker.stop()  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def _on_signals(stop: Callable[[], None] | None) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    if stop is None:
        yield
        return
    for name in _STOP_SIGNALS:
        loop.add_signal_handler(name, stop)
    try:
        yield
    finally:
        for name in _STOP_SIGNALS:
            loop.remove_signal_handler(name)
