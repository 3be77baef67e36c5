"""Fixtures for us and for authors of plugins: `pytest_plugins = ["mypage.testing.plugin"]`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest
import structlog
from sqlalchemy import Engine

from mypage.db.session import Actor, Scope, Tx, sync_engine, unit
from mypage.lib.clock import FixedClock
from mypage.testing.database import TestDatabase, drop_database, make_database, test_server
from mypage.testing.portal import NOON, make_portal, owner_engine, portal, server_loop, servers

__all__ = ["NOON", "make_portal", "owner_engine", "portal", "server_loop", "servers"]


def pytest_configure() -> None:
    """Tracebacks in the log of a test show code lines only: with all local variables one can take a minute."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, plain])


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Asynchronous tests run on asyncio, as the product does."""
    return "asyncio", {"use_uvloop": False}


@pytest.fixture(scope="session")
def admin_url() -> Iterator[str]:
    """A superuser's URL of the test server of this worker."""
    with test_server() as url:
        yield url


@pytest.fixture(scope="session")
def test_database(admin_url: str) -> Iterator[TestDatabase]:
    """The migrated database of this worker."""
    database = make_database(admin_url)
    yield database
    drop_database(database)


@pytest.fixture(scope="session")
def engine(test_database: TestDatabase) -> Iterator[Engine]:
    """A synchronous engine as the app role."""
    engine = sync_engine(test_database.app)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> FixedClock:
    """Stands at noon in Japan on 21 November 2026; move it with `clock.at = …`."""
    return FixedClock(NOON)


@pytest.fixture
def tenant_name() -> str:
    """A tenant that only this test has: its rows need no cleaning up and no other test sees them."""
    return f"t{secrets.token_hex(6)}"


@pytest.fixture
def tx(engine: Engine, clock: FixedClock, tenant_name: str) -> Iterator[Tx]:
    """A unit of work that is rolled back after the test, for service tests."""
    scope = Scope(tenant_name, clock, Actor("system", "test"), "test")

    class _Undo(Exception):
        pass

    try:
        with unit(engine, scope) as session:
            yield session
            session.flush()
            raise _Undo
    except _Undo:
        pass


@pytest.fixture
def in_unit(engine: Engine, clock: FixedClock, tenant_name: str) -> Callable[[Callable[[Tx], object]], object]:
    """Runs a function in a unit of work that commits, for tests about what others see."""

    def run(work: Callable[[Tx], object]) -> object:
        with unit(engine, Scope(tenant_name, clock, Actor("system", "test"), "test")) as session:
            return work(session)

    return run
