"""Structured logs: JSON lines in production, coloured ones in a terminal; no local variables, no personal data."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_DETAIL = re.compile(r"^(\s*)DETAIL:.*$", re.MULTILINE)


def configure_logging(*, pretty: bool | None = None) -> None:
    """Set up logging for the process. Tracebacks show code lines only: local variables would hold people's data."""
    pretty = sys.stderr.isatty() if pretty is None else pretty
    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if pretty
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not pretty:
        shared += [structlog.processors.format_exc_info, without_details]
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    plain = "%(levelname)s %(name)s %(message)s"
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format=plain, force=True)


def without_details(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A traceback without the lines in which PostgreSQL quotes the row that it refused."""
    if isinstance(entry.get("exception"), str):
        entry["exception"] = _DETAIL.sub(r"\1DETAIL: left out", entry["exception"])
    return entry
