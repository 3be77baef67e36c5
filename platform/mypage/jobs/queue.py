"""Enqueuing jobs in the transaction of the change that causes them: both happen, or neither."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import text

from mypage.db.session import Tx

_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(CAST(:queue AS varchar), CAST(:task AS varchar), "
    "CAST(:priority AS integer), NULL, NULL, CAST(:args AS jsonb), "
    "CAST(:at AS timestamptz))::procrastinate_job_to_defer_v1])"
)

LATER = -10
"""The priority of what nobody waits for: it runs when nothing else of its queue is due."""


def enqueue(
    tx: Tx, task: str, *, queue: str = "default", at: datetime | None = None, priority: int = 0, **arguments: Any
) -> None:
    """Add a job of this tenant. `arguments` are ids and small values, never personal data: the queue keeps them.

    `at` is the earliest time to run. Jobs may run twice after a crash, so tasks are idempotent.
    """
    payload = json.dumps({**arguments, "tenant": tx.tenant, "request_id": tx.scope.request_id})
    tx.execute(_DEFER, {"queue": queue, "task": task, "args": payload, "at": at, "priority": priority})
