"""A PostgreSQL for tests: one embedded server per run, one database per worker, copied from a migrated template."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from mypage.db.embedded import EmbeddedPostgres
from mypage.db.schema import APP, OWNER, prepare_database, upgrade


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """The URLs of one database: as the app, as the owner, as a superuser."""

    __test__ = False

    app: str
    owner: str
    admin: str


@contextmanager
def test_server() -> Iterator[str]:
    """A superuser's SQLAlchemy URL: `MYPAGE_TEST_ADMIN_URL`, or a throw-away embedded server."""
    given = os.environ.get("MYPAGE_TEST_ADMIN_URL")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="mp-", ignore_cleanup_errors=True) as folder:
        # The server runs under another uid when we are root, which must be able to enter the folder.
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "pg", durable=False)
        server.start()
        try:
            yield server.url("postgres", "postgres")
        finally:
            server.stop()


def make_database(admin_url: str) -> TestDatabase:
    """A fresh, migrated database."""
    name = f"t_{secrets.token_hex(6)}"
    prepare_database(admin_url, name)
    owner = _as(admin_url, OWNER, name)
    upgrade(owner)
    return TestDatabase(_as(admin_url, APP, name), owner, _as(admin_url, None, name))


def drop_database(database: TestDatabase) -> None:
    """Remove it, whoever is still connected."""
    url = make_url(database.admin)
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')
    engine.dispose()


def _as(admin_url: str, role: str | None, name: str) -> str:
    url: URL = make_url(admin_url).set(database=name)
    if role is not None:
        url = url.set(username=role)
    return url.render_as_string(hide_password=False)
