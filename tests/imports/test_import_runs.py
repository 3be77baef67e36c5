"""A run as a whole: flat memory, whole chunks when the database fails, progress, two runs at once."""

from __future__ import annotations

import threading
import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, text

from mypage.db.session import Actor, Scope, sync_engine
from mypage.db.staging import copy_row, new_ids_in_order
from mypage.imports.chunk import Means
from mypage.imports.loader import ImportStopped, import_feed, import_file
from mypage.lib.clock import FixedClock
from mypage.testing.database import TestDatabase

Rows = Callable[..., list[Any]]


def customers(count: int) -> Iterator[bytes]:
    for n in range(count):
        yield msgspec.json.encode({"type": "customer", "number": f"{n}", "name": f"見本 {n}郎"}) + b"\n"


@pytest.fixture
def scope(tenant_name: str, clock: FixedClock) -> Scope:
    return Scope(tenant_name, clock, Actor("system", "test"))


def test_memory_does_not_grow_with_the_feed(engine: Engine, scope: Scope, means: Means) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            assert import_feed(engine, scope, customers(count), means, chunk=500).lines == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1_000)
    small, large = peak(2_000), peak(20_000)
    assert large < 1.5 * small
    assert large < 16_000_000


class _CutOff:
    """A feed at whose line `at` every connection of the database is ended."""

    def __init__(self, admin: str, at: int, count: int) -> None:
        self.admin, self.at, self.count = admin, at, count

    def __iter__(self) -> Iterator[bytes]:
        for number, line in enumerate(customers(self.count)):
            if number == self.at:
                self.cut()
            yield line

    def cut(self) -> None:
        engine = sync_engine(self.admin)
        with engine.connect() as raw, raw.execution_options(tenant="").begin():
            raw.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut-me'")
            )
        engine.dispose()


def test_a_lost_connection_leaves_whole_chunks_and_the_next_run_the_rest(
    test_database: TestDatabase, scope: Scope, means: Means, rows: Rows
) -> None:
    engine = sync_engine(test_database.app, connect_args={"application_name": "cut-me"})
    with pytest.raises(ImportStopped, match=r"stopped after line \d+, run it again to load the rest") as stopped:
        import_feed(engine, scope, _CutOff(test_database.admin, 950, 2_000), means, chunk=100)
    [loaded] = rows("SELECT count(*) FROM customer WHERE tenant_id = :t")
    assert loaded % 100 == 0
    assert 0 < loaded < 2_000
    assert stopped.value.report.tally.total("new") == stopped.value.after_line == loaded
    report = import_feed(engine, scope, customers(2_000), means, chunk=100)
    assert (report.tally.total("unchanged"), report.tally.total("new")) == (loaded, 2_000 - loaded)
    engine.dispose()


def test_two_runs_of_one_feed_at_once_load_it_once(engine: Engine, scope: Scope, means: Means, rows: Rows) -> None:
    reports = []
    runs = [
        threading.Thread(target=lambda: reports.append(import_feed(engine, scope, customers(600), means, chunk=50)))
        for _ in range(2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sum(report.tally.total("new") for report in reports) == 600
    assert sum(report.tally.total("unchanged") for report in reports) == 600
    assert rows("SELECT count(*) FROM customer WHERE tenant_id = :t") == [600]


def test_progress_ends_at_the_size_of_the_file(engine: Engine, scope: Scope, means: Means, tmp_path: Path) -> None:
    path = tmp_path / "customers.jsonl"
    path.write_bytes(b"".join(customers(250)))
    told: list[tuple[int, int]] = []
    report = import_file(engine, scope, path, means, chunk=100, progress=lambda done, lines: told.append((done, lines)))
    assert [lines for _, lines in told] == [100, 200, 250]
    assert told[-1][0] == path.stat().st_size
    assert report.source == "customers.jsonl"


@pytest.mark.parametrize("value", ["a\tb", "a\\b", "\\N", "\\.", "a\nb", "a\rb", "", "\\t", "é\u2028", "'\"", "%s"])
def test_texts_survive_copy(engine: Engine, scope: Scope, means: Means, rows: Rows, value: str) -> None:
    line = {"type": "notice", "key": "k", "title": "t", "starts_at": "2026-11-01T00:00:00Z"} | {"body": f"x{value}x"}
    import_feed(engine, scope, [msgspec.json.encode(line)], means)
    expected = value.replace("\t", " ").replace("\r", "\n").replace("\u2028", "\n")
    assert rows("SELECT body FROM notice WHERE tenant_id = :t") == [f"x{expected}x"]


def test_rows_that_are_loaded_together_have_ids_in_their_order(
    engine: Engine, scope: Scope, means: Means, rows: Rows
) -> None:
    lines = [{"type": "customer", "number": f"{9_000_000 - n}", "name": f"見本 {n}"} for n in range(50)]
    import_feed(engine, scope, [msgspec.json.encode(line) for line in lines], means)
    assert rows("SELECT name FROM customer WHERE tenant_id = :t ORDER BY id") == [line["name"] for line in lines]


def test_rows_of_copy_and_ids() -> None:
    assert (
        copy_row((None, True, 1, "a\\\n", b"\x00\xff", {"k": "\n"})) == '\\N\tt\t1\ta\\\\\\n\t\\\\x00ff\t{"k": "\\\\n"}'
    )
    ordered = [uuid.UUID(each) for each in islice(new_ids_in_order(datetime(2026, 11, 1, tzinfo=UTC)), 10_000)]
    assert ordered == sorted(set(ordered))
    assert {(made.version, made.variant) for made in ordered} == {(7, uuid.RFC_4122)}
    assert len({made.int & (1 << 60) - 1 for made in ordered}) == 10_000
