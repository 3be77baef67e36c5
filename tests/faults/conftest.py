"""One installation to break per run of these tests, and the seed of what happens at random."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import KEY, Installation, installed, until
from invariants import settle
from sqlalchemy import Engine

from mypage.db.session import sync_engine


@pytest.fixture(scope="session")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    os.environ[KEY] = "demo-key"
    with installed(Path(tmp_path_factory.mktemp("faults"))) as made:
        # A worker's first look finds the clean-up of the last ten minutes, whose points no test wants to count.
        made.start_worker()
        until(lambda: made.count("SELECT count(*) FROM procrastinate_periodic_defers"), "the first clean-up")
        settle(made)
        made.kill_worker()
        yield made


@pytest.fixture(scope="session")
def rows_engine(here: Installation) -> Iterator[Engine]:
    """For making customers; connections that died with PostgreSQL are replaced."""
    engine = sync_engine(here.database.app, pool_pre_ping=True)
    yield engine
    engine.dispose()


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("MYPAGE_FAULT_SEED", "") or secrets.randbelow(10**6))
