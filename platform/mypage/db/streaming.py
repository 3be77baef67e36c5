"""Long answers out of a unit of work: blocks of bytes, made no faster than they are taken (P8)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

from psycopg import AsyncClientCursor, AsyncConnection
from psycopg import Error as DriverError
from sqlalchemy.util import await_only

from mypage.db.session import Actor, Database, DatabaseDown, Tx

Sink = Callable[[bytes], Awaitable[None]]

BLOCK_BYTES = 128 * 1024
BLOCKS_AHEAD = 4
"""Blocks that wait for a slow reader: a short answer leaves its unit at once, a long one holds half a megabyte."""
SLOWEST_READER = 30.0
"""Seconds after which a reader who takes no block is given up, so that its connection serves others."""
# What the bytes look like must not depend on the server's settings; compiling costs more than such a query gains by it.
_PLAIN = "SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL jit = off"


class Stream:
    """The blocks of one stream, to be read once. Closing or forgetting it ends its unit."""

    def __init__(self, line: _Line, unit: asyncio.Task[None], patience: float | None) -> None:
        """`unit` puts its blocks into the line and closes it at its end."""
        self._line, self._unit, self._patience = line, unit, patience
        self._loop = asyncio.get_running_loop()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            block = await asyncio.wait_for(self._line.take(), self._patience)
        except asyncio.CancelledError:
            self._unit.cancel()
            raise
        except TimeoutError as error:
            self._unit.cancel()
            raise DatabaseDown(f"no rows within {self._patience} s") from error
        if block is None:
            self._unit.result()
            raise StopAsyncIteration
        return block

    async def begin(self, head: bytes) -> Self:
        """Wait for the first block and put `head` before it. Raises what the unit raises before that."""
        self._line.give_back(head + await anext(self, b""))
        return self

    async def aclose(self) -> None:
        """End the unit and wait until its connection is free."""
        self._unit.cancel()
        await asyncio.wait({self._unit}, timeout=self._patience)

    def __del__(self) -> None:
        # Whoever sends to a browser that leaves just drops this; garbage may be collected in any thread.
        if not self._unit.done() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._unit.cancel)


async def stream(
    database: Database,
    tenant: str,
    work: Callable[[Tx, Sink], None],
    *,
    head: bytes = b"",
    actor: Actor | None = None,
    request_id: str = "",
    slowest_reader: float = SLOWEST_READER,
) -> Stream:
    """`head` and what `work` puts into its sink, in a unit that lasts as long as the reader does.

    `work` waits by `copy_out`. Returns once the first block is there, so that an error before it can still be told:
    raises DatabaseDown, Busy when too many streams are open, TooManyAtOnce when those of this actor are, and what
    `work` raises. Later errors leave the iteration.
    """
    line = _Line(slowest_reader)
    leave = await database.streams.take((tenant, actor) if actor else None, database.patience)
    unit = database.start(tenant, lambda tx: work(tx, line.put), actor=actor, request_id=request_id)
    unit.add_done_callback(lambda _: leave())
    unit.add_done_callback(lambda _: line.close())
    return await Stream(line, unit, database.patience).begin(head)


def copy_out(tx: Tx, query: str, values: Mapping[str, Any], sink: Sink) -> None:
    """Put the only column of `query` (text or bytea, in UTF-8) into the sink, row after row, NULL being nothing.

    `query` has placeholders as in `%(name)s` and names its tenant itself, as every statement does. Only for units of a
    `Database`. Raises DatabaseDown.
    """
    connection = tx.connection()
    driver = connection.connection.driver_connection
    assert isinstance(driver, AsyncConnection)
    connection.exec_driver_sql(_PLAIN)
    for heard in connection.dispatch.before_cursor_execute:
        heard(connection, None, query, values, None, False)
    try:
        await_only(_copy(driver, f"COPY ({query}) TO STDOUT (FORMAT binary)", values, sink))
    except DriverError as error:
        raise DatabaseDown(str(error)) from error


async def _copy(driver: AsyncConnection[Any], statement: str, values: Mapping[str, Any], sink: Sink) -> None:
    parts: list[bytes] = []
    size = 0
    async with AsyncClientCursor(driver) as cursor, cursor.copy(statement.encode(), values) as copy:
        copy.set_types(["bytea"])
        async for (part,) in copy.rows():
            if part is None:
                continue
            parts.append(part)
            size += len(part)
            if size >= BLOCK_BYTES:
                await sink(b"".join(parts))
                parts, size = [], 0
    if parts:
        await sink(b"".join(parts))


class _Line:
    """Blocks on their way from a unit to its reader, who holds up the unit when there are too many."""

    def __init__(self, slowest_reader: float) -> None:
        """`slowest_reader` is how many seconds a block may wait for room."""
        self._slowest_reader = slowest_reader
        self._blocks: deque[bytes] = deque()
        self._closed = False
        self._moved = asyncio.Event()

    async def put(self, block: bytes) -> None:
        """Add a block. Raises TimeoutError when nobody makes room."""
        async with asyncio.timeout(self._slowest_reader):
            await self._until(lambda: len(self._blocks) < BLOCKS_AHEAD)
        self._blocks.append(block)
        self._moved.set()

    async def take(self) -> bytes | None:
        """The next block; None after the last."""
        await self._until(lambda: bool(self._blocks) or self._closed)
        self._moved.set()
        return self._blocks.popleft() if self._blocks else None

    def give_back(self, block: bytes) -> None:
        """Put a block before all others."""
        if block:
            self._blocks.appendleft(block)
            self._moved.set()

    def close(self) -> None:
        """No more blocks will come."""
        self._closed = True
        self._moved.set()

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._moved.clear()
            await self._moved.wait()
