"""Prometheus figures, served on a port of their own and never on a subscriber's host."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

REQUESTS = Counter("mypage_requests", "Requests answered", ["tenant", "method", "route", "status"])
SECONDS = Histogram(
    "mypage_request_seconds",
    "Time to the end of the answer",
    ["tenant", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def method_label(method: str) -> str:
    """The method, or one word for all that we do not answer: every new label is kept for ever."""
    return method if method in ("GET", "HEAD", "POST") else "other"
