"""A database of our own, so that our workers find only our jobs, and a post office above it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from mailkit import THEMES, compile_operators
from mailoffice import Office
from sqlalchemy import text

from mypage.db.session import platform_unit, sync_engine
from mypage.server.app import Compiled
from mypage.server.settings import Settings
from mypage.testing.database import TestDatabase, drop_database, make_database


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    """Tracebacks with local variables take so long that a worker seems dead; the product does without them, too."""
    before = structlog.get_config()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, structlog.processors.KeyValueRenderer()])
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def compiled() -> Compiled:
    return compile_operators()


@pytest.fixture(scope="session")
def mail_database(admin_url: str) -> Iterator[TestDatabase]:
    database = make_database(admin_url)
    yield database
    drop_database(database)


@pytest.fixture
def office(mail_database: TestDatabase, compiled: Compiled) -> Iterator[Office]:
    owner, engine = sync_engine(mail_database.owner), sync_engine(mail_database.app)
    with platform_unit(owner) as connection:
        connection.execute(text("TRUNCATE procrastinate_jobs, procrastinate_workers, platform_tenant CASCADE"))
    settings = Settings(database_url=mail_database.app, secret=bytes(range(32)), theme_folders=(THEMES,))
    yield Office(settings, engine, owner, compiled)
    owner.dispose()
    engine.dispose()
