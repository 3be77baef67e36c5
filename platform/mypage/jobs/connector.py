"""procrastinate's door to the database: a connection cut while the end of a job is noted must not lose that note."""

from __future__ import annotations

import asyncio
from typing import Any, LiteralString

import psycopg
import structlog
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from sqlalchemy.engine import make_url

log = structlog.get_logger("mypage.jobs")

_TRIES = 5
_PAUSE_SECONDS = 0.5
_POOL_SECONDS = 10


class SteadyConnector(PsycopgConnector):
    """Repeats statements without a result (a job's end, a heartbeat) after the connection was lost."""

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        """Run a statement. Raises ConnectorException when the database stays away."""
        for left in reversed(range(_TRIES)):
            try:
                await super().execute_query_async(query, **arguments)
            except ConnectorException as error:
                if isinstance(error.__cause__, psycopg.errors.RaiseException):
                    # Our first try did arrive, or another worker took the job because we were silent for too long.
                    log.warning("job had ended already", job=arguments.get("job_id"))
                    return
                if not left or not isinstance(error.__cause__, psycopg.OperationalError):
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return


def make_connector(database_url: str) -> SteadyConnector:
    """A connector for the app role's SQLAlchemy URL; one statement is one transaction."""
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    # A pooler in transaction mode cannot keep prepared statements.
    options = {"prepare_threshold": None}

    async def configure(connection: psycopg.AsyncConnection[Any]) -> None:
        await connection.set_autocommit(True)

    return SteadyConnector(
        conninfo=url, min_size=1, max_size=7, timeout=_POOL_SECONDS, kwargs=options, configure=configure
    )
