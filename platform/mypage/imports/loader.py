"""Loading feeds: streamed, in chunks of one transaction each, all-or-nothing per line, the same file twice is nothing.

A run that ends midway leaves whole chunks; running it again loads the rest.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine

from mypage.audit.trail import record
from mypage.billing.tax import TaxMode
from mypage.db.session import Scope, Tx, unit
from mypage.db.staging import FAILURES, LOCK_FEEDS, driver_of, first_line, sqlstate
from mypage.imports import accounts, customers
from mypage.imports.chunk import Chunk, Hashes, Means, OutOfStep
from mypage.imports.reading import LOADERS, Batch, batches, feed_lines
from mypage.imports.report import Problem, Report
from mypage.imports.scratch import Scratch

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Called after each chunk with bytes and lines read so far."""
OnProblem = Callable[[Problem], None]

CHUNK_LINES = 4000
"""Lines of one transaction: what each costs besides its rows is shared by many, and memory stays small."""
_TRIES = 5


class ImportStopped(RuntimeError):
    """The database failed midway; `report` says what had been loaded. Running the import again loads the rest."""

    def __init__(self, report: Report, after_line: int, cause: str) -> None:
        super().__init__(f"stopped after line {after_line}, run it again to load the rest: {cause}")
        self.report = report
        self.after_line = after_line


def import_feed(
    engine: Engine,
    scope: Scope,
    lines: Iterable[bytes],
    means: Means,
    *,
    source: str = "feed",
    dry_run: bool = False,
    progress: Progress | None = None,
    on_problem: OnProblem | None = None,
    chunk: int = CHUNK_LINES,
    scratch: Scratch | None = None,
) -> Report:
    """Load the lines into the tenant of `scope`, whose actor the audit trail names, as the app role.

    `on_problem` gets every refused line instead of `Report.problems`, for feeds with more of them than memory should
    hold. A dry run reads and compares, and writes nothing. One `scratch` for several feeds of a dry run lets them see
    the customers of the feeds before. Raises ImportStopped when the database fails.
    """
    TaxMode(means.settings.tax_mode)
    report = Report(source, dry_run)
    tell = on_problem or report.problems.append
    started = time.monotonic()
    done_bytes, after_line = 0, 0
    with nullcontext(scratch) if scratch is not None else Scratch() as notes:
        notes.begin_feed()
        for batch in _ahead(batches(lines, means, chunk)):
            _refuse_repeated(batch, notes)
            try:
                loaded = _load(engine, scope, batch, means, notes, report)
            except (*FAILURES, OutOfStep) as error:
                report.seconds = time.monotonic() - started
                raise ImportStopped(report, after_line, first_line(error)) from error
            report.tally.counts.update(loaded.tally.counts)
            for problem in sorted(loaded.problems):
                tell(problem)
            report.lines += batch.lines
            done_bytes, after_line = done_bytes + batch.bytes, batch.last_line
            if progress is not None:
                progress(done_bytes, report.lines)
    report.seconds = time.monotonic() - started
    return report


def import_file(
    engine: Engine,
    scope: Scope,
    path: Path,
    means: Means,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
    on_problem: OnProblem | None = None,
    chunk: int = CHUNK_LINES,
    scratch: Scratch | None = None,
) -> Report:
    """`import_feed` of a file, whose size in bytes is the end that `progress` counts to. Raises OSError."""
    with path.open("rb") as stream:
        return import_feed(
            engine,
            scope,
            feed_lines(stream),
            means,
            source=path.name,
            dry_run=dry_run,
            progress=progress,
            on_problem=on_problem,
            chunk=chunk,
            scratch=scratch,
        )


def _load(engine: Engine, scope: Scope, batch: Batch, means: Means, scratch: Scratch, report: Report) -> Chunk:
    """Load one chunk, again when somebody else changed the same rows at the same moment."""
    scope = replace(scope, request_id=scope.request_id or uuid.uuid4().hex)
    hashes: dict[tuple[str, str], str] = {}
    for last in (*[False] * (_TRIES - 1), True):
        try:
            if not report.dry_run:
                hashes |= _hash_passwords(engine, scope, batch, means, hashes)
            with unit(engine, scope) as tx:
                return _load_once(tx, batch, means, scratch, report, hashes)
        except (*FAILURES, OutOfStep) as error:
            if last or not _may_pass(error):
                raise
            time.sleep(0.05)
    raise AssertionError("unreachable")


def _hash_passwords(engine: Engine, scope: Scope, batch: Batch, means: Means, known: Hashes) -> Hashes:
    """Hash what the chunk will need and is not known yet, outside of its transaction."""
    items = batch.items.get(accounts.NAME)
    if not items:
        return {}
    coming = {item.value.key for item in batch.items.get(customers.NAME, ())}
    with unit(engine, scope) as tx, driver_of(tx).cursor() as cursor:
        wanted = accounts.to_hash(tx, cursor, items, coming)
    return accounts.hash_all(means.hasher, [value for value in wanted if (value.scheme, value.login_key) not in known])


def _load_once(tx: Tx, batch: Batch, means: Means, scratch: Scratch, report: Report, hashes: Hashes) -> Chunk:
    with driver_of(tx).cursor() as cursor:
        chunk = Chunk(tx, cursor, tx.tenant, tx.now(), means, scratch, report.dry_run, hashes)
        for kind, problem in batch.problems:
            chunk.problems.append(problem)
            chunk.tally.add(kind, "refused")
        if not report.dry_run:
            cursor.execute(LOCK_FEEDS, (tx.tenant,))
        for loader in LOADERS:
            if items := batch.items.get(loader.NAME):
                loader.load(chunk, items)
    if not report.dry_run:
        record(tx, "import.loaded", "feed", report.source, after={"last line": batch.last_line, **chunk.tally.flat()})
    return chunk


def _refuse_repeated(batch: Batch, scratch: Scratch) -> None:
    """Leave out lines that state again what an earlier line of the same feed stated."""
    for loader in LOADERS:
        items = batch.items.get(loader.NAME)
        if not items:
            continue
        keyed = [(loader.natural_key(item.value), item) for item in items]
        earlier = scratch.stated_before(loader.NAME, [(key, item.line) for (key, _, _), item in keyed])
        if not earlier:
            continue
        batch.items[loader.NAME] = [item for item in items if item.line not in earlier]
        for (_, field, called), item in keyed:
            if first := earlier.get(item.line):
                problem = Problem(item.line, field, f"{called} was stated in line {first} already")
                batch.problems.append((loader.NAME, problem))


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made in a thread while the one before is in use: reading overlaps with the database."""
    end = object()
    with ThreadPoolExecutor(1, thread_name_prefix="import-read") as pool:
        coming = pool.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, items, end)
            yield item  # type: ignore[misc]


def _may_pass(error: Exception) -> bool:
    """Whether trying again may help: a conflict with another transaction, not a lost connection or our mistake."""
    return isinstance(error, OutOfStep) or sqlstate(error)[:2] in ("23", "40")
