"""Units of work: one transaction, one tenant, entered in the round trip of BEGIN (scale rules 2, 3, 12)."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import greenlet_spawn

from mypage.db.places import Places
from mypage.db.reads import WIRE, Ask, Later, Read, one_or_none, send_together
from mypage.db.wire import Row, Statement, Wire
from mypage.lib.clock import Clock, SystemClock, tokyo_day

T = TypeVar("T")

TENANT = re.compile(r"[a-z][a-z0-9-]{0,31}")
NO_TENANT = ""
_BEGIN = Statement(b"BEGIN")
_READ_ONLY = text("SET TRANSACTION READ ONLY")
_MORE = 5
NETWORK = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""How soon a connection to a machine that went away counts as lost; without this it may take hours."""


class MissingTenant(RuntimeError):
    """A transaction was begun without saying for which tenant: a mistake in our code, never answered with rows."""


class DatabaseDown(RuntimeError):
    """The database cannot be reached or answers too late; what was asked for did not happen or is not known."""


class _NotBegun(Exception):
    """No transaction could be begun, so nothing happened."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, for the audit trail: kind is "account", "visitor", "system" or "staff"; `ref` an id or a job's name."""

    kind: str
    ref: str = ""
    as_whom: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a unit of work knows besides its rows."""

    tenant: str
    clock: Clock
    actor: Actor
    request_id: str = ""


class Tx(Session):
    """The session of one unit of work of one tenant."""

    def __init__(self, bind: Connection, scope: Scope) -> None:
        """Joins the transaction that `bind` is already in."""
        super().__init__(bind=bind, autoflush=False, expire_on_commit=False)
        self.scope = scope
        self._bound_to = bind
        self._first: _Opening | None = bind.get_execution_options().get("opening")
        self._waiting: list[Later[Any]] = []

    @property
    def tenant(self) -> str:
        """The tenant of every row that this unit may touch."""
        return self.scope.tenant

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.scope.actor

    def act_as(self, actor: Actor) -> None:
        """Name the actor once it is known, for instance after the session of a request was found."""
        self.scope = replace(self.scope, actor=actor)

    def read_only(self) -> None:
        """From here on the database refuses every change in this unit; what was changed before stays."""
        self.flush()
        self.execute(_READ_ONLY)

    def later(self, read: Read, make: Callable[[list[Row]], T], **values: Any) -> Later[T]:
        """What `make` makes of the rows of a read; all that wait are sent in one round trip when one is needed."""
        asked = Later(read.ask(**values), self._send_waiting, make)
        if self._first is not None and self._first.ask == asked.ask:
            asked.arrived(self._first.rows)
            self._first = None
        else:
            self._waiting.append(asked)
        return asked

    def rows(self, read: Read, **values: Any) -> list[Row]:
        """The rows of a read, now."""
        return self.later(read, list, **values).get()

    def row(self, read: Read, **values: Any) -> Row | None:
        """The only row of a read, now, or None. Raises MultipleResultsFound."""
        return self.later(read, one_or_none, **values).get()

    def _send_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        rows = send_together(self._bound_to, [each.ask for each in waiting])
        for each, found in zip(waiting, rows, strict=True):
            each.arrived(found)

    def now(self) -> datetime:
        """The current instant of the injected clock, UTC."""
        return self.scope.clock.now()

    def today(self) -> date:
        """The current day in Japan."""
        return tokyo_day(self.now())


def entering(tenant: str) -> Statement:
    """The statement that enters a tenant. Raises MissingTenant for what is no tenant's name."""
    return Statement(b"SELECT enter_tenant($1)", [_checked(tenant)])


def _checked(tenant: str) -> str:
    if not TENANT.fullmatch(tenant):
        raise MissingTenant(f"not a tenant: {tenant!r}")
    return tenant


def _on_connect(prepares: bool, connection: Any, entry: ConnectionPoolEntry) -> None:
    connection.autocommit = True
    driver = getattr(connection, "driver_connection", connection)
    # The driver's prepared statements would go with every rollback; the wire keeps its own.
    driver.prepare_threshold = None
    entry.info[WIRE] = Wire(driver, prepares=prepares)


@dataclass(slots=True)
class _Opening:
    """A read that is sent along with BEGIN, and its answer."""

    ask: Ask
    rows: list[Row] = field(default_factory=list)


def _on_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    tenant, opening = options.get("tenant"), options.get("opening")
    if tenant is None:
        raise MissingTenant("a transaction was begun outside of a unit of work; use Database.run or platform_unit")
    asks = [opening.ask] if opening is not None else []
    connection.info[WIRE].wrote = False
    found = send_together(connection, asks, (_BEGIN,) if tenant == NO_TENANT else (_BEGIN, entering(tenant)))
    if opening is not None:
        opening.rows = found[0]


def _on_statement(connection: Connection, *_: Any) -> None:
    connection.info[WIRE].wrote = True


def _listen(engine: Engine, *, prepares: bool = False) -> None:
    event.listen(engine, "connect", partial(_on_connect, prepares))
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "after_cursor_execute", _on_statement)


def _end_lightly(dialect: Any) -> None:
    """What only read ends without waiting for the answer to its COMMIT."""

    def do_commit(connection: Any) -> None:
        wire: Wire = connection.info[WIRE]
        if wire.idle:
            return
        if wire.wrote:
            type(dialect).do_commit(dialect, connection)
        else:
            wire.part()

    def do_rollback(connection: Any) -> None:
        if not connection.info[WIRE].idle:
            type(dialect).do_rollback(dialect, connection)

    dialect.do_commit, dialect.do_rollback = do_commit, do_rollback


def sync_engine(url: str, **options: Any) -> Engine:
    """An engine for commands and tests; its transactions need an execution option `tenant`."""
    engine = create_engine(url, isolation_level=None, hide_parameters=True, **options)
    _listen(engine)
    return engine


@contextmanager
def unit(engine: Engine, scope: Scope) -> Iterator[Tx]:
    """One unit of work on a synchronous engine: commits at the end, rolls back when an exception leaves it."""
    with engine.connect() as raw:
        connection = raw.execution_options(tenant=scope.tenant)
        tx = _begin(connection, scope)
        try:
            yield tx
            _commit(connection, tx)
        except BaseException:
            connection.rollback()
            raise
        finally:
            tx.close()


@contextmanager
def platform_unit(engine: Engine) -> Iterator[Connection]:
    """A transaction over tables that have no tenant: the registry, the schema. RLS shows no tenant row in it."""
    with engine.connect() as raw:
        connection = raw.execution_options(tenant=NO_TENANT)
        with connection.begin():
            yield connection


def _begin(connection: Connection, scope: Scope) -> Tx:
    connection.begin()
    return Tx(connection, scope)


def _commit(connection: Connection, tx: Tx) -> None:
    tx.flush()
    connection.commit()


class Database:
    """The asynchronous door to the database for web and worker processes."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock | None = None,
        pool_size: int = 10,
        patience: float | None = None,
        prepared: bool = False,
        **options: Any,
    ) -> None:
        """Opens no connection yet. `patience` is how many seconds a unit may take; None for jobs that take long.

        `pool_size` connections are enough for every day; a crowd opens five more, which stay. `prepared`: reads are
        kept prepared, which a pooler in transaction mode may not be able to do.
        """
        self.clock: Clock = clock or SystemClock()
        # Errors end in logs, and the values of a statement are people's data.
        self.engine: AsyncEngine = create_async_engine(
            url,
            # Those above a lower number would be closed when they come back, and opened again by the next crowd.
            pool_size=pool_size + _MORE,
            max_overflow=0,
            pool_use_lifo=True,
            pool_timeout=10,
            hide_parameters=True,
            connect_args=NETWORK,
            **options,
        )
        self.patience = patience
        self.streams = Places(max(1, pool_size // 2))
        """Places for units that last as long as somebody reads what they send: the pool is for the others too."""
        self._left_behind: set[asyncio.Task[Any]] = set()
        _listen(self.engine.sync_engine, prepares=prepared)
        # Not before SQLAlchemy has looked at the server, with a connection that is of no pool yet.
        event.listen(self.engine.sync_engine, "connect", lambda *_: _end_lightly(self.engine.dialect), once=True)

    async def run(
        self,
        tenant: str,
        work: Callable[[Tx], T],
        *,
        actor: Actor | None = None,
        request_id: str = "",
        first: Ask | None = None,
    ) -> T:
        """Run `work` in one transaction of `tenant`; returning commits, raising rolls back.

        `work` is synchronous; it may wait through `sqlalchemy.util.await_only`, which keeps the event loop free.
        `first` is what it will ask first: it is sent along with BEGIN. Raises DatabaseDown.
        """
        return await self._within(self.patience, self._twice(self._scope(tenant, actor, request_id), work, first))

    def start(
        self, tenant: str, work: Callable[[Tx], T], *, actor: Actor | None = None, request_id: str = ""
    ) -> asyncio.Task[T]:
        """As `run`, beside the caller and for as long as it takes; cancelling the task rolls back."""
        return self._kept(self._twice(self._scope(tenant, actor, request_id), work))

    def _scope(self, tenant: str, actor: Actor | None, request_id: str) -> Scope:
        return Scope(tenant, self.clock, actor or Actor("visitor"), request_id or uuid.uuid4().hex)

    async def _twice(self, scope: Scope, work: Callable[[Tx], T], first: Ask | None = None) -> T:
        try:
            return await self._once(scope, work, first)
        except _NotBegun:
            # A restarted database leaves dead connections in the pool; nothing was done yet, so a second try is safe.
            try:
                return await self._once(scope, work, first)
            except _NotBegun as error:
                raise DatabaseDown(str(error)) from error

    async def _within(self, seconds: float | None, work: Coroutine[Any, Any, T]) -> T:
        if seconds is None:
            return await work
        task = self._kept(work)
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            # Not awaited any more: the driver asks a server that does not answer whether it may stop waiting.
            task.cancel()
            raise DatabaseDown(f"no answer within {seconds} s")
        return task.result()

    def _kept(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.ensure_future(work)
        self._left_behind.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._left_behind.discard(task)
        if not task.cancelled():
            task.exception()

    async def _once(self, scope: Scope, work: Callable[[Tx], T], first: Ask | None) -> T:
        try:
            # All of it in one switch: SQLAlchemy's asynchronous connection makes three, and a task to close itself.
            return await greenlet_spawn(_borrow, self.engine.sync_engine, scope, work, first)
        except (InterfaceError, OperationalError, PoolTimeout) as error:
            raise DatabaseDown(str(error)) from error

    async def platform(self, work: Callable[[Connection], T], *, patience: float | None = None) -> T:
        """Run `work` in a transaction without a tenant: registry look-ups only."""

        def run(sync: Connection) -> T:
            with sync.begin():
                return work(sync)

        async def unit_of_platform() -> T:
            async with self.engine.connect() as raw:
                connection = await raw.execution_options(tenant=NO_TENANT)
                return await connection.run_sync(run)

        return await self._within(patience or self.patience, unit_of_platform())

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


def _borrow(engine: Engine, scope: Scope, work: Callable[[Tx], T], first: Ask | None) -> T:
    with engine.connect() as raw:
        opening = _Opening(first) if first else None
        return _work(raw.execution_options(tenant=scope.tenant, opening=opening), scope, work)


def _work(connection: Connection, scope: Scope, work: Callable[[Tx], T]) -> T:
    try:
        tx = _begin(connection, scope)
    except (InterfaceError, OperationalError) as error:
        raise _NotBegun(str(error)) from error
    try:
        result = work(tx)
        _commit(connection, tx)
    except BaseException:
        connection.rollback()
        raise
    finally:
        # One that was never asked anything has nothing to give back.
        if tx.in_transaction():
            tx.close()
    return result
