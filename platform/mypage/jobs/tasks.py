"""What a task gets, and how it asks for another try. Areas write tasks; the worker runs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mypage.db.session import TENANT


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of a task: for which tenant, caused by which request, with which ids."""

    tenant: str
    request_id: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0
    """Earlier runs of the same job."""


Task = Callable[[Job], Awaitable[None]]
"""Work of one tenant. It may run twice after a crash, so it is idempotent. It opens its own units of work."""

FanOut = Callable[[datetime], Awaitable[None]]
"""Periodic work without a tenant: it only enqueues jobs that have one. It gets the time it was due."""


class TryAgain(Exception):
    """Raised by a task that could not finish now: the job runs again after `seconds`, however often it did before."""

    def __init__(self, seconds: float, reason: str) -> None:
        """`reason` goes to the log, so it holds no personal data."""
        super().__init__(reason)
        self.seconds = seconds


class BadJob(Exception):
    """The job's arguments make no sense; another try would not help."""


def read_job(arguments: Mapping[str, Any], attempts: int) -> Job:
    """A job out of what the queue holds. Raises BadJob when it names no tenant or no request."""
    rest = dict(arguments)
    tenant, request_id = rest.pop("tenant", None), rest.pop("request_id", None)
    if not isinstance(tenant, str) or not TENANT.fullmatch(tenant):
        raise BadJob("the job names no tenant; enqueue it with mypage.jobs.queue.enqueue")
    if not isinstance(request_id, str):
        raise BadJob("the job names no request")
    return Job(tenant=tenant, request_id=request_id, arguments=rest, attempts=attempts)
