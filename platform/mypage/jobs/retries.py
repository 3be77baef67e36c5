"""When a job runs again after it did not finish."""

from __future__ import annotations

import asyncio

from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from sqlalchemy.exc import DBAPIError

from mypage.db.session import DatabaseDown
from mypage.jobs.tasks import BadJob, TryAgain

FIRST_WAIT = 5.0
LONGEST_WAIT = 3600.0
MOST_ATTEMPTS = 30
"""About a day with the waits above."""


def backoff(attempts: int, *, first: float = FIRST_WAIT, longest: float = LONGEST_WAIT) -> float:
    """Seconds to wait after `attempts` runs that failed: doubled each time, up to `longest`."""
    return float(min(longest, first * 2 ** min(max(attempts - 1, 0), 30)))


class Retries(BaseRetryStrategy):
    """What a task raised decides: its own wish, an outage, our stop, or a mistake that ends some day."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """None ends the job as failed."""
        match exception:
            case BadJob():
                return None
            case asyncio.CancelledError():
                # The worker stops before the job is done: the next worker takes it at once.
                return RetryDecision(retry_in={"seconds": 0})
            case TryAgain():
                return _after(exception.seconds)
            case DatabaseDown() | DBAPIError():
                return _after(backoff(job.attempts + 1, longest=60))
            case _ if job.attempts + 1 < MOST_ATTEMPTS:
                return _after(backoff(job.attempts + 1))
            case _:
                return None


def _after(seconds: float) -> RetryDecision:
    return RetryDecision(retry_in={"milliseconds": round(seconds * 1000)})
