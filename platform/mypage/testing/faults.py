"""Failpoints for tests: a process dies or fails at its N-th commit, outside call or note about a job (T14).

The product has no code for this. A process of a test calls `install` before anything runs; from then on the points are
counted, and at the chosen one the fault happens, before or after what is done there. Read from the environment:
`MYPAGE_FAULT=crash-after:7` chooses, `MYPAGE_FAULT_LOG` is a file that gets one line per point that was reached.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args

import aiosmtplib
import httpx
import psycopg
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

Mode = Literal["crash-before", "crash-after", "error-before", "error-after"]
MODES: tuple[Mode, ...] = get_args(Mode)
_JOB_NOTES = ("procrastinate_fetch_job", "procrastinate_finish_job", "procrastinate_retry_job")


class Failpoints:
    """Counts the points of this process. `chosen` is 0 when nothing shall happen."""

    def __init__(self, mode: Mode, chosen: int, log: Path | None) -> None:
        """Counts from now on."""
        self._mode, self._chosen, self._reached = mode, chosen, 0
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if log else -1

    @contextmanager
    def at(self, where: str, error: Callable[[], Exception]) -> Iterator[None]:
        """A point around what is done in the block; `error` makes the exception of the two modes of that name."""
        self._reached += 1
        if self._log >= 0:
            os.write(self._log, f"{self._reached} {where}\n".encode())
        chosen = self._reached == self._chosen
        if chosen and self._mode.endswith("before"):
            self._strike(error)
        yield
        if chosen and self._mode.endswith("after"):
            self._strike(error)

    def _strike(self, error: Callable[[], Exception]) -> None:
        if self._mode.startswith("crash"):
            _die()
        raise error()


def install(environment: Mapping[str, str]) -> None:
    """Put the points into the libraries that commit and call, for the whole life of this process."""
    mode, _, number = environment.get("MYPAGE_FAULT", "crash-before:0").partition(":")
    log = environment.get("MYPAGE_FAULT_LOG")
    points = Failpoints(next(m for m in MODES if m == mode), int(number), Path(log) if log else None)
    _at_commits(points)
    _at_calls(points)
    _at_mails(points)
    _at_jobs(points)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def _at_commits(points: Failpoints) -> None:
    """Units of a tenant; the registry is read every few seconds, without one, which no scenario can count."""
    named: list[bool] = []
    commit: Callable[[DefaultDialect, Any], None] = DefaultDialect.do_commit

    def note(connection: Connection) -> None:
        named[:] = [bool(connection.get_execution_options().get("tenant"))]

    def do_commit(self: DefaultDialect, dbapi_connection: Any) -> None:
        if named != [True]:
            commit(self, dbapi_connection)
            return
        with points.at("commit", lambda: psycopg.OperationalError("the connection was lost (failpoint)")):
            commit(self, dbapi_connection)

    event.listen(Engine, "commit", note)
    setattr(DefaultDialect, "do_commit", do_commit)  # noqa: B010 - mypy refuses an assignment


def _at_calls(points: Failpoints) -> None:
    send = httpx.AsyncHTTPTransport.handle_async_request

    async def handle(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        with points.at(f"call {request.method}", lambda: httpx.ReadError("the answer was lost (failpoint)")):
            return await send(self, request)

    setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)  # noqa: B010


def _at_mails(points: Failpoints) -> None:
    send = aiosmtplib.SMTP.sendmail

    async def sendmail(self: aiosmtplib.SMTP, *arguments: Any, **options: Any) -> Any:
        lost = aiosmtplib.SMTPServerDisconnected("the reply was lost (failpoint)")
        with points.at("mail", lambda: lost):
            return await send(self, *arguments, **options)

    setattr(aiosmtplib.SMTP, "sendmail", sendmail)  # noqa: B010


def _at_jobs(points: Failpoints) -> None:
    run, fetch = PsycopgConnector.execute_query_async, PsycopgConnector.execute_query_one_async

    def lost() -> Exception:
        error = ConnectorException("the connection was lost (failpoint)")
        error.__cause__ = psycopg.OperationalError("the connection was lost (failpoint)")
        return error

    async def execute(self: PsycopgConnector, query: Any, **arguments: Any) -> None:
        if any(name in query for name in _JOB_NOTES):
            with points.at("job ends", lost):
                await run(self, query, **arguments)
        else:
            await run(self, query, **arguments)

    async def execute_one(self: PsycopgConnector, query: Any, **arguments: Any) -> Any:
        row = await fetch(self, query, **arguments)
        # Most looks find no job; only a job that was taken and is not heard of again matters.
        if "procrastinate_fetch_job" in query and row and row.get("id"):
            with points.at("job taken", lost):
                pass
        return row

    setattr(PsycopgConnector, "execute_query_async", execute)  # noqa: B010
    setattr(PsycopgConnector, "execute_query_one_async", execute_one)  # noqa: B010
