"""What an import has to remember of a file of any length: on disk, so that memory stays flat."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from hashlib import blake2b
from types import TracebackType
from typing import Self


class Scratch:
    """A temporary file that is gone when this closes: natural keys seen in a feed, customers a dry run would load.

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

    def first_line(self, kind: str, key: str, line: int) -> int:
        """The line of this feed that stated the key first; `line` itself when it is the first."""
        digest = _digest(kind, key)
        if self._file.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (digest, line)).rowcount:
            return line
        return int(self._file.execute("SELECT line FROM seen WHERE key = ?", (digest,)).fetchone()[0])

    def note_customers(self, keys: Iterable[str]) -> None:
        """Remember customers that a dry run would have loaded."""
        self._file.executemany("INSERT OR IGNORE INTO known VALUES (?)", ((_digest("customer", key),) for key in keys))

    def knows_customer(self, key: str) -> bool:
        """Whether a dry run would have loaded the customer."""
        row = self._file.execute("SELECT 1 FROM known WHERE key = ?", (_digest("customer", key),)).fetchone()
        return row is not None


def _digest(kind: str, key: str) -> bytes:
    return blake2b(f"{kind}\0{key}".encode(), digest_size=16).digest()
