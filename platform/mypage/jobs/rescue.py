"""Jobs whose worker died are given to others. One statement, so that two rescuers never free the same job twice."""

from __future__ import annotations

from procrastinate import App

# The sub-select is evaluated again when a job changed while its row was waited for; a join would not be.
_RESCUE = """
WITH stalled AS (
    SELECT id FROM procrastinate_jobs
    WHERE status = 'doing' AND (
        worker_id IS NULL
        OR worker_id IN (
            SELECT id FROM procrastinate_workers
            WHERE last_heartbeat < now() - make_interval(secs => %(seconds)s)
        )
    )
    FOR UPDATE SKIP LOCKED
)
SELECT id, procrastinate_retry_job_v2(id, NULL, NULL, NULL, NULL) FROM stalled
"""
KEEP_FAILED_HOURS = 24 * 30


async def rescue_stalled(app: App, seconds: float) -> int:
    """Queue again what workers without a heartbeat for `seconds` were doing. Returns how many jobs that were."""
    return len(await app.connector.execute_query_all_async(_RESCUE, seconds=seconds))


async def forget_failed(app: App) -> None:
    """Remove failed jobs after a month; finished ones are removed at once."""
    await app.job_manager.delete_old_jobs(
        nb_hours=KEEP_FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
