"""What the company remembers: a small SQLite file that outlives a restart. It has no column for a card number."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS setups (
  reference TEXT PRIMARY KEY,
  idempotency_key TEXT NOT NULL UNIQUE,
  register_key TEXT,
  fingerprint TEXT NOT NULL,
  request TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open','entered','registered','refused','cancelled','expired')),
  reason TEXT,
  expires_at TEXT NOT NULL,
  challenge_left INTEGER,
  does TEXT,
  token TEXT, brand TEXT, last4 TEXT CHECK (length(last4) = 4), exp_month INTEGER, exp_year INTEGER, holder TEXT,
  given TEXT, family TEXT,
  three_d_secure INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS setups_register_key ON setups (register_key);
CREATE TABLE IF NOT EXISTS log (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  event TEXT NOT NULL,
  reference TEXT,
  idempotency_key TEXT,
  outcome TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS log_keeps BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS log_stays BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
"""

_ADDED: Final = ("given", "family")
"""Columns that a file of an earlier version does not have."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One call or entry as the gateway saw it. ``event``: start, query, register, discard, entry, challenge, cancel."""

    at: datetime
    event: str
    reference: str | None
    idempotency_key: str | None
    outcome: str


class Store:
    """Connections to one file, one per unit of work; safe across threads and processes."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / "gateway.sqlite3"
        with self._connected() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(_SCHEMA)
            known = {row["name"] for row in db.execute("PRAGMA table_info(setups)")}
            for name in _ADDED:
                if name not in known:
                    db.execute(f"ALTER TABLE setups ADD COLUMN {name} TEXT")

    @contextmanager
    def work(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else writes beside: committed at the end, rolled back by an exception."""
        with self._connected() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def log(self) -> tuple[LogEntry, ...]:
        """Everything so far, oldest first."""
        with self._connected() as db:
            rows = db.execute("SELECT at, event, reference, idempotency_key, outcome FROM log ORDER BY id").fetchall()
        return tuple(LogEntry(datetime.fromisoformat(at), *rest) for at, *rest in rows)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.path, timeout=5.0, isolation_level=None)
        db.row_factory = sqlite3.Row
        # What is deleted is overwritten, so that a discarded card leaves nothing in free pages.
        db.execute("PRAGMA secure_delete = ON")
        try:
            yield db
        finally:
            db.close()


def write_log(
    db: sqlite3.Connection, at: datetime, event: str, outcome: str, *, reference: str | None, key: str | None
) -> None:
    db.execute(
        "INSERT INTO log (at, event, reference, idempotency_key, outcome) VALUES (?, ?, ?, ?, ?)",
        (at.isoformat(), event, reference, key, outcome),
    )


def change(db: sqlite3.Connection, reference: str, **values: Any) -> None:
    """Set columns of one setup; the names are ours, never anybody's input."""
    columns = ", ".join(f"{name} = :{name}" for name in values)
    db.execute(f"UPDATE setups SET {columns} WHERE reference = :reference", {**values, "reference": reference})
