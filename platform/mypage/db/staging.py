"""Rows into tables under row security: COPY into a temporary table, then one INSERT … SELECT (performance, P13).

COPY FROM is refused on a table with row security; this costs about an eighth more than it would.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mypage.db.session import Tx

Cursor = psycopg.Cursor[Any]
FAILURES = (DBAPIError, psycopg.Error)
"""What the database raises in a unit that writes in bulk: statements of both kinds stand in it."""
LOCK_FEEDS = "SELECT pg_advisory_xact_lock(hashtextextended('mypage import ' || %s, 0))"
"""One chunk of a tenant's feeds at a time: holds until the transaction ends."""
_IDS_OF_A_MOMENT = 4096
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}


class Words(list[str]):
    """The value of a text[]; each word is of letters, digits and hyphens."""


@dataclass(frozen=True, slots=True)
class Target:
    """A table, the columns that are loaded besides `tenant_id`, and what happens to rows that exist.

    `found_by` with `tenant_id` is a unique key. `updates` are set where it exists; without them such rows stay as they
    are. Without `found_by` all rows are new and have new ids.
    """

    table: str
    columns: tuple[str, ...]
    found_by: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()


def hold_feeds(tx: Tx) -> None:
    """Wait for the chunk of an import that is at work; the next one, and a billing run, wait until this unit ends."""
    tx.execute(text(LOCK_FEEDS % ":tenant"), {"tenant": tx.tenant})


def write_rows(cursor: Cursor, tenant: str, target: Target, rows: Sequence[str]) -> int:
    """Write rows, each made by `copy_row`, within the cursor's transaction; the number of rows inserted or updated."""
    if not rows:
        return 0
    stage = sql.Identifier(f"stage_{target.table}")
    columns = _names(target.columns)
    table = sql.Identifier(target.table)
    cursor.execute(
        sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(stage, columns, table)
    )
    with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(stage, columns)) as copy:
        copy.write("\n".join(rows) + "\n")
    cursor.execute(
        sql.SQL("INSERT INTO {} (tenant_id, {}) SELECT {}, {} FROM {} {}").format(
            table, columns, sql.Placeholder(), columns, stage, _ending(target)
        ),
        (tenant,),
    )
    return cursor.rowcount


def read_rows(tx: Tx, query: LiteralString, values: Mapping[str, Any]) -> list[list[str]]:
    """The rows of a query that names its tenant, each value as COPY writes it: `copy_row` would write the same.

    Several times cheaper than objects for rows whose values mostly go into other rows as they are.
    """
    cursor = psycopg.ClientCursor(driver_of(tx))
    with cursor, cursor.copy(f"COPY ({query}) TO STDOUT".encode(), values) as copy:
        text = b"".join(copy).decode()
    return [line.split("\t") for line in text.split("\n")[:-1]]


def unescaped(value: str) -> str:
    """A value of `read_rows` as it is stored; for the few that are looked at."""
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), value)


def driver_of(tx: Tx) -> psycopg.Connection[Any]:
    """The driver's connection of a synchronous unit, for COPY."""
    driver = tx.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def sqlstate(error: Exception) -> str:
    """The code of a failure, "" when there is none."""
    return getattr(_cause(error), "sqlstate", None) or ""


def first_line(error: Exception) -> str:
    """What the database said, in one line."""
    return (str(_cause(error)).strip().splitlines() or [type(error).__name__])[0]


def _cause(error: Exception) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


def copy_row(values: Iterable[Any]) -> str:
    """A row, or a part of one, in the text format of COPY; parts are joined by tabs."""
    render = _RENDER
    return "\t".join([render[type(value)](value) for value in values])


def new_ids_in_order(since: datetime) -> Iterator[str]:
    """Random UUIDs (version 7) as text without end, each behind the one before, from an instant on.

    For very many rows at once: their places in every index lie side by side, where random ones touch a page each. Sixty
    bits of each are chance, drawn for many at once: each draw lets another thread take its turn, which would cost more
    than the id.
    """
    moment = int(since.timestamp() * 1000)
    while True:
        head, drawn = f"{moment:012x}7", os.urandom(8 * _IDS_OF_A_MOMENT).hex()
        for number in range(_IDS_OF_A_MOMENT):
            yield f"{head}{number:03x}a{drawn[16 * number + 1 : 16 * number + 16]}"
        moment += 1


def _ending(target: Target) -> sql.Composable:
    if not target.found_by:
        # Citus would send a bare INSERT … SELECT by COPY, which row security refuses (scale rule 9).
        return sql.SQL("RETURNING 1")
    conflict = sql.SQL("ON CONFLICT (tenant_id, {}) ").format(_names(target.found_by))
    if not target.updates:
        return conflict + sql.SQL("DO NOTHING")
    pairs = [sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column)) for column in target.updates]
    return conflict + sql.SQL("DO UPDATE SET ") + sql.SQL(", ").join(pairs)


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _text(value: str) -> str:
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    if value.isprintable():
        return value
    return value.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def _bytes(value: bytes) -> str:
    return f"\\\\x{value.hex()}"


def _bool(value: bool) -> str:
    return "t" if value else "f"


def _null(_: None) -> str:
    return "\\N"


def _json(value: dict[str, Any] | list[Any]) -> str:
    return _text(json.dumps(value, ensure_ascii=False))


def _words(value: Words) -> str:
    return "{" + ",".join(value) + "}"


_RENDER: dict[type, Callable[[Any], str]] = {
    str: _text,
    int: str,
    bool: _bool,
    type(None): _null,
    bytes: _bytes,
    date: date.isoformat,
    datetime: datetime.isoformat,
    UUID: str,
    dict: _json,
    list: _json,
    Words: _words,
}
