"""Several statements in one round trip on a psycopg connection: libpq's pipeline, one wait for all of it.

psycopg's own pipeline waits once per statement, and its cursors cost more than the statements of a page do.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from psycopg import AsyncConnection, Connection, OperationalError, adapt
from psycopg.abc import Buffer, Transformer
from psycopg.adapt import PyFormat
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait
from sqlalchemy.util import await_only

Driver: TypeAlias = "AsyncConnection[Any] | Connection[Any]"
Row = Any
_Parcel: TypeAlias = tuple[bytes, Sequence[Buffer | None], tuple[int, ...], Sequence[Any] | None]
# Told of a prepared statement whose tables have changed since, or that the server has forgotten.
_STALE = (FeatureNotSupported, InvalidSqlStatementName)


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


def exchange(driver: Driver, statements: Sequence[Statement], prepared: Prepared | None) -> list[list[Row]]:
    """The rows of each statement. Raises psycopg.Error: the first that fails ends the rest.

    `prepared` is what this connection has prepared so far; None where nothing may be kept.
    """
    talk = _talk(driver, statements, prepared)
    try:
        return await_only(driver.wait(talk)) if isinstance(driver, AsyncConnection) else driver.wait(talk)
    except BaseException:
        if driver.pgconn.pipeline_status:
            # Given up in the middle: nobody can tell any more which answer belongs to what.
            driver.pgconn.finish()
        raise


def _talk(
    driver: Driver, statements: Sequence[Statement], prepared: Prepared | None
) -> Generator[Wait, Ready | int, list[list[Row]]]:
    if driver.closed:
        raise OperationalError("the connection is closed")
    pgconn, transformer = driver.pgconn, adapt.Transformer(driver)
    # Before the pipeline begins: a value that cannot be sent must not cost the connection.
    parcels = [_packed(transformer, statement) for statement in statements]
    pgconn.enter_pipeline_mode()
    new: dict[Any, bytes] = {}
    for parcel in parcels:
        _send(pgconn, parcel, prepared, new)
    pgconn.pipeline_sync()
    results = yield from _results(pgconn)
    pgconn.exit_pipeline_mode()
    for result in results:
        if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            error = error_from_result(result, encoding=driver.info.encoding)
            if prepared is not None and isinstance(error, _STALE):
                prepared.names.clear()
            raise error
    if prepared is not None:
        prepared.names.update(new)
    # What was prepared just now has answered by itself, before the statement.
    answers = [result for result in results if result.status == ExecStatus.TUPLES_OK or result.command_status]
    return [_rows(transformer, s, result) for s, result in zip(statements, answers, strict=True)]


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
