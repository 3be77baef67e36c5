"""Passwords of a feed are hashed outside of transactions, in portions, and only where a new account needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from mypage.auth.hashing import PasswordHasher
from mypage.imports import reading
from mypage.imports.chunk import Means
from mypage.imports.report import Report
from mypage.testing.database import TestDatabase

Feed = Callable[..., Report]


class Watcher(PasswordHasher):
    """Hashes, counts, and asks meanwhile whether the import holds its lock."""

    def __init__(self, database: TestDatabase, tenant: str) -> None:
        super().__init__(b"p" * 32, time_cost=1, memory_kib=64)
        self.database, self.tenant = database, tenant
        self.hashed: list[str] = []
        self.held = 0

    def hash(self, password: str) -> str:
        self.hashed.append(password)
        query = "SELECT pg_try_advisory_xact_lock(hashtextextended('mypage import ' || %s, 0))"
        with psycopg.connect(self.database.app.replace("+psycopg", "")) as connection:
            row = connection.execute(query, (self.tenant,)).fetchone()
            # Two threads hash, so the lock may be the other's for a moment; the import's would stay.
            self.held += row is not None and not row[0]
        return super().hash(password)


@pytest.fixture
def watcher(test_database: TestDatabase, tenant_name: str) -> Iterator[Watcher]:
    hasher = Watcher(test_database, tenant_name)
    yield hasher
    hasher.close()


@pytest.fixture
def watched(means: Means, watcher: Watcher) -> Means:
    return replace(means, hasher=watcher)


def customer(n: int) -> dict[str, Any]:
    return {"type": "customer", "number": f"{n}", "name": "見本 太郎"}


def account(n: int, **stated: Any) -> dict[str, Any]:
    return {"type": "account", "customer": f"{n}", "scheme": "id", "login_id": f"u{n}", "password": f"pw{n}", **stated}


def test_no_transaction_waits_for_hashes(feed: Feed, watcher: Watcher, watched: Means) -> None:
    people = 20
    report = feed(*map(customer, range(people)), *map(account, range(people)), means=watched)
    assert report.clean
    assert len(watcher.hashed) == people
    assert watcher.held < people / 2


def test_only_new_accounts_of_customers_that_are_there_cost_a_hash(
    feed: Feed, watcher: Watcher, watched: Means, rows: Callable[..., list[Any]]
) -> None:
    feed(customer(1), account(1), means=watched)
    lines = [customer(2), account(1), account(2), account(3), account(4, password=None, customer="1")]
    report = feed(*lines, means=watched)
    assert sorted(watcher.hashed) == ["pw1", "pw2"]
    assert report.tally.flat() == {
        "account new": 2,
        "account refused": 1,
        "account unchanged": 1,
        "customer new": 1,
    }
    stored = dict(rows("SELECT login_key, password_hash FROM credential WHERE tenant_id = :t"))
    assert stored["u4"] is None
    assert watcher.verify(stored["u1"], "pw1")
    assert watcher.verify(stored["u2"], "pw2")
    assert not watcher.verify(stored["u2"], "pw1")


def test_a_dry_run_hashes_nothing(feed: Feed, watcher: Watcher, watched: Means) -> None:
    report = feed(customer(1), account(1), means=watched, dry_run=True)
    assert report.tally.flat() == {"account new": 1, "customer new": 1}
    assert watcher.hashed == []


def test_a_chunk_holds_a_portion_of_passwords(feed: Feed, watched: Means, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_HASHES", 5)
    told: list[int] = []
    lines = [*map(customer, range(12)), *map(account, range(12))]
    feed(*lines, means=watched, progress=lambda _, read: told.append(read))
    assert told == [17, 22, 24]
