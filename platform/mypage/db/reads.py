"""Reads of hot pages: compiled once to the driver's SQL, sent together in one round trip.

Above the driver, a statement costs several times what itself does. What writes, and what is asked rarely, goes through
the session as ever.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Generic, TypeVar, cast

import psycopg
from sqlalchemy import Connection, Select, UpdateBase
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import MultipleResultsFound

from mypage.db.wire import Row, Statement, Wire

T = TypeVar("T")
WIRE = "wire"
"""Where a connection has its `Wire`."""


class Read:
    """A statement that is built at import, with a bindparam for every value that a request gives.

    A select, or a change of few rows on a path as hot as those of reads; what it returns are its rows.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]] | UpdateBase) -> None:
        """Nothing is compiled before the first use: by then all mapped classes are known."""
        self._statement = statement
        self.changes = not isinstance(statement, Select) or statement._for_update_arg is not None  # noqa: SLF001
        """Whether it may leave more than rows: it writes, or it locks."""

    @cached_property
    def sql(self) -> bytes:
        """The driver's SQL. Raises ValueError for a list of values, whose SQL depends on their number."""
        sql = str(self._compiled)
        if "POSTCOMPILE" in sql:
            raise ValueError(f"a read cannot hold IN over a list: {sql}")
        return sql.encode()

    @cached_property
    def places(self) -> Sequence[tuple[str, Any]]:
        """Name and, where the statement itself holds it, value of $1, $2 and so on."""
        return [(name, self._compiled.params[name]) for name in self._compiled.positiontup]

    @cached_property
    def make_row(self) -> Callable[[Sequence[Any]], Row]:
        """From a tuple to a row."""
        names = [str(column.key) for column in self._statement.exported_columns]
        made: Any = namedtuple("Row", names)  # type: ignore[misc]  # noqa: PYI024 - the names are known only now
        # As its `_make`, which counts the values once more.
        return cast("Callable[[Sequence[Any]], Row]", partial(tuple.__new__, made))

    @cached_property
    def _compiled(self) -> Any:
        return self._statement.compile(dialect=PGDialect_psycopg(paramstyle="numeric_dollar"))  # type: ignore[no-untyped-call]

    def ask(self, **values: Any) -> Ask:
        """The read with the values of one request."""
        return Ask(self, values)


@dataclass(frozen=True, slots=True)
class Ask:
    """A read with its values, not sent yet."""

    read: Read
    values: Mapping[str, Any]

    @property
    def statement(self) -> Statement:
        """What the driver sends. Raises KeyError for a value that is missing: a mistake in our code."""
        given = self.values
        values = [given[name] if constant is None else constant for name, constant in self.read.places]
        return Statement(self.read.sql, values, self.read.make_row)


class Later(Generic[T]):
    """An answer that is fetched when it is needed, together with all others that wait by then."""

    __slots__ = ("_make", "_rows", "_send", "ask")

    def __init__(self, ask: Ask, send: Callable[[], None], make: Callable[[list[Row]], T]) -> None:
        """`send` sends all that waits, this one included."""
        self.ask, self._send, self._make = ask, send, make
        self._rows: list[Row] | None = None

    def arrived(self, rows: list[Row]) -> None:
        """Take the answer."""
        self._rows = rows

    def get(self) -> T:
        """The answer; it shows what this unit of work wrote before this call."""
        if self._rows is None:
            self._send()
        assert self._rows is not None
        return self._make(self._rows)


def one_or_none(rows: Sequence[Row]) -> Row | None:
    """The only row, None without one. Raises MultipleResultsFound: who finds two has forgotten a condition."""
    if len(rows) > 1:
        raise MultipleResultsFound("a read of one row found several")
    return rows[0] if rows else None


def send_together(connection: Connection, asks: Sequence[Ask], opening: Sequence[Statement] = ()) -> list[list[Row]]:
    """Run the `opening` and then the reads in one round trip; the rows of each read. Raises SQLAlchemy's errors."""
    statements = [*opening, *(ask.statement for ask in asks)]
    for heard in connection.dispatch.before_cursor_execute:
        for each in statements:
            heard(connection, None, each.sql.decode(), each.values, None, False)
    wire: Wire = connection.info[WIRE]
    if any(ask.read.changes for ask in asks):
        wire.wrote = True
    try:
        found = wire.exchange(statements)
    except psycopg.Error as error:
        # It wraps the error without people's data and drops all connections of a database that went away.
        connection._handle_dbapi_exception(error, None, None, None, None)  # noqa: SLF001 - there is no public door to it
        raise
    return found[len(opening) :]
