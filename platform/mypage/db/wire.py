"""Several statements in one round trip on a psycopg connection: libpq's pipeline, one wait for all of it.

psycopg's own pipeline waits once per statement, and its cursors cost more than the statements of a page do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from psycopg import AsyncConnection, Connection, Error, OperationalError, adapt
from psycopg.abc import Buffer, Transformer
from psycopg.adapt import PyFormat
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait
from sqlalchemy.util import await_only

Driver: TypeAlias = "AsyncConnection[Any] | Connection[Any]"
Row = Any
_Parcel: TypeAlias = tuple[bytes, Sequence[Buffer | None], tuple[int, ...], Sequence[Any] | None]
_Talk: TypeAlias = Generator[Wait, Ready | int, list[list[Row]]]
# Told of a prepared statement whose tables have changed since, or that the server has forgotten.
_STALE = (FeatureNotSupported, InvalidSqlStatementName)
_CANCEL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with $1, $2 and its values; `make_row` is given the values of each row."""

    sql: bytes
    values: Sequence[Any] = ()
    make_row: Callable[[Sequence[Any]], Row] = tuple


@dataclass(slots=True)
class Prepared:
    """What one connection keeps prepared: SQL and types → name."""

    names: dict[tuple[bytes, tuple[int, ...]], bytes] = field(default_factory=dict)
    count: int = 0

    def new_name(self) -> bytes:
        """A name that was never used, not even by a statement that failed."""
        self.count += 1
        return b"read_%d" % self.count


class Wire:
    """One connection: what it keeps from one exchange to the next."""

    def __init__(self, driver: Driver, *, prepares: bool) -> None:
        """`prepares`: statements may be kept prepared."""
        self.driver = driver
        self.prepared = Prepared() if prepares else None
        self.wrote = True
        """Whether the present transaction may have changed something."""
        self.parted = False
        """Whether a COMMIT is under way whose answer nobody has waited for."""
        self._transformer: Transformer = adapt.Transformer(driver)

    @property
    def idle(self) -> bool:
        """Whether no transaction is open, or its end is on the way."""
        return self.parted or self.driver.pgconn.transaction_status == TransactionStatus.IDLE

    def part(self) -> None:
        """Send COMMIT and wait for nothing: only for what has changed nothing. The next exchange reads the answer."""
        pgconn = self.driver.pgconn
        pgconn.enter_pipeline_mode()
        pgconn.send_query_params(b"COMMIT", ())
        pgconn.pipeline_sync()
        pgconn.flush()
        self.parted = True

    def exchange(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """The rows of each statement. Raises psycopg.Error: the first that fails ends the rest."""
        talk = self._talk(statements)
        try:
            return _drive(self.driver, talk) if isinstance(self.driver, AsyncConnection) else self.driver.wait(talk)
        except BaseException:
            if self.driver.pgconn.pipeline_status:
                # Given up in the middle: nobody can tell any more which answer belongs to what.
                self.driver.pgconn.finish()
            raise

    def _talk(self, statements: Sequence[Statement]) -> _Talk:
        if self.driver.closed:
            raise OperationalError("the connection is closed")
        pgconn, transformer, prepared = self.driver.pgconn, self._transformer, self.prepared
        # Before the pipeline begins: a value that cannot be sent must not cost the connection.
        parcels = [_packed(transformer, statement) for statement in statements]
        if not self.parted:
            pgconn.enter_pipeline_mode()
        new: dict[Any, bytes] = {}
        for parcel in parcels:
            _send(pgconn, parcel, prepared, new)
        pgconn.pipeline_sync()
        if self.parted:
            self.parted = False
            for result in (yield from _results(pgconn)):
                _check(self.driver, result)
        results = yield from _results(pgconn)
        pgconn.exit_pipeline_mode()
        for result in results:
            try:
                _check(self.driver, result)
            except _STALE:
                if prepared is not None:
                    prepared.names.clear()
                raise
        if prepared is not None:
            prepared.names.update(new)
        # What was prepared just now has answered by itself, before the statement.
        answers = [result for result in results if result.status == ExecStatus.TUPLES_OK or result.command_status]
        return [_rows(transformer, s, result) for s, result in zip(statements, answers, strict=True)]


def _drive(driver: AsyncConnection[Any], talk: _Talk) -> list[list[Row]]:
    """As the driver's own wait, without its timer: who waits here is cancelled, and never looks for Ctrl-C."""
    try:
        wanted = next(talk)
        while True:
            wanted = talk.send(_ready(driver.pgconn.socket, wanted))
    except StopIteration as end:
        found: list[list[Row]] = end.value
        return found
    except asyncio.CancelledError:
        # The server would go on without us, and keep its locks.
        with suppress(Error):
            await_only(driver.cancel_safe(timeout=_CANCEL_SECONDS))
        raise


def _ready(socket: int, wanted: Wait) -> int:
    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[int] = loop.create_future()

    def wake(state: Ready) -> None:
        if not waiting.done():
            waiting.set_result(state)

    loop.add_reader(socket, wake, Ready.R)
    if wanted & Wait.W:
        loop.add_writer(socket, wake, Ready.W)
    try:
        return await_only(waiting)
    finally:
        loop.remove_reader(socket)
        if wanted & Wait.W:
            loop.remove_writer(socket)


def _check(driver: Driver, result: PGresult) -> None:
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise error_from_result(result, encoding=driver.info.encoding)


def _packed(transformer: Transformer, statement: Statement) -> _Parcel:
    values = transformer.dump_sequence(statement.values, [PyFormat.AUTO] * len(statement.values))
    return statement.sql, values, transformer.types or (), transformer.formats


def _send(pgconn: PGconn, parcel: _Parcel, prepared: Prepared | None, new: dict[Any, bytes]) -> None:
    sql, values, types, formats = parcel
    if prepared is None:
        pgconn.send_query_params(sql, values, types, formats)
        return
    key = (sql, types)
    name = prepared.names.get(key) or new.get(key)
    if name is None:
        name = new[key] = prepared.new_name()
        pgconn.send_prepare(name, sql, types)
    pgconn.send_query_prepared(name, values, formats)


def _results(pgconn: PGconn) -> Generator[Wait, Ready | int, list[PGresult]]:
    """Everything up to the end of the pipeline."""
    while pgconn.flush():
        if (yield Wait.RW) & Ready.R:
            pgconn.consume_input()
    found: list[PGresult] = []
    while True:
        while pgconn.is_busy():
            yield Wait.R
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            if pgconn.status != ConnStatus.OK:
                raise OperationalError("the connection is lost")
            continue
        if result.status == ExecStatus.PIPELINE_SYNC:
            return found
        found.append(result)


def _rows(transformer: Transformer, statement: Statement, result: PGresult) -> list[Row]:
    if not result.ntuples:
        return []
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, statement.make_row)
