"""The worker's times, shortened for tests; not those after which somebody is given up, for a busy machine is slow."""

from __future__ import annotations

from datetime import timedelta

from mypage.jobs.worker import WorkerTimes
from mypage.mail.delivery import Patience
from mypage.server.worker import WorkerOptions

QUICK = WorkerOptions(
    times=WorkerTimes(poll=0.1, heartbeat=0.2, stalled=5, rescue=0.2, grace=0.5, restart=0.2),
    patience=Patience(first=0.2, longest=0.5, whole=timedelta(hours=24)),
    smtp_seconds=15.0,
)
