"""What an import has to remember of a file of any length: on disk, so that memory stays flat."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from types import TracebackType
from typing import Self


class Scratch:
    """A temporary file that is gone when this closes: natural keys seen in a feed, what a dry run would load.

    Several feeds of one dry run share one, so that contracts find the customers of the file before.
    """

    def __init__(self) -> None:
        """Opens the file; the system names and removes it."""
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute("CREATE TABLE known (key BLOB PRIMARY KEY) WITHOUT ROWID")
        self.begin_feed()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def begin_feed(self) -> None:
        """Forget the keys of the feed before."""
        self._file.execute("DROP TABLE IF EXISTS seen")
        self._file.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID")

    def stated_before(self, kind: str, stated: Sequence[tuple[str, int]]) -> dict[int, int]:
        """Which of these keys, each with its line, an earlier line of this feed stated: line → that earlier line."""
        rows = [(_digest(kind, key), line) for key, line in stated]
        before = self._file.total_changes
        self._file.execute("SAVEPOINT many")
        self._file.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)
        if self._file.total_changes - before == len(rows):
            self._file.execute("RELEASE many")
            return {}
        firsts = (self._file.execute("SELECT line FROM seen WHERE key = ?", (key,)).fetchone()[0] for key, _ in rows)
        found = {line: first for (_, line), first in zip(rows, firsts, strict=True) if line != first}
        self._file.execute("RELEASE many")
        return found

    def note(self, kind: str, keys: Iterable[str]) -> None:
        """Remember what a dry run would have loaded."""
        self._file.executemany("INSERT OR IGNORE INTO known VALUES (?)", ((_digest(kind, key),) for key in keys))

    def knows(self, kind: str, key: str) -> bool:
        """Whether a dry run would have loaded it."""
        row = self._file.execute("SELECT 1 FROM known WHERE key = ?", (_digest(kind, key),)).fetchone()
        return row is not None


def _digest(kind: str, key: str) -> bytes:
    return blake2b(f"{kind}\0{key}".encode(), digest_size=16).digest()
