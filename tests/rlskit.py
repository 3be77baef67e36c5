"""Taking the first wall away: statements without their tenant, and tenants whose rows are twins under the same ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from mypage.db import streaming
from mypage.db.reads import Read
from mypage.db.schema import metadata
from mypage.testing.guard import ON_PURPOSE

_GIVEN = r"(?P<given>%\(\w+\)s|\$\d+)(?:::\w+)?"
_OF_TENANT = re.compile(rf'\b(?:\w+\.)?tenant_id = (?:{_GIVEN}|\w+\.tenant_id)(?: COLLATE "C")?')
_LEFT = re.compile(r"\btenant_id\s*(?:=|IN\b)")
TENANT_TABLES = tuple(t.name for t in metadata().sorted_tables if "tenant_id" in t.columns)
OWN_KEYS = ("tenant_key",)
"""Rows that mean something in their own tenant only: a wrapped key opens in no other."""


def without_tenant(statement: str) -> str:
    """The statement as it would be if nobody had thought of tenants."""
    # A parameter that stood alone would have no type; it may stay, it just compares nothing any more.
    bare = _OF_TENANT.sub(lambda m: f"{m['given']}::text IS NOT NULL" if m["given"] else "true", statement)
    return f"{bare} {ON_PURPOSE}"


@contextmanager
def filters_off(engine: Engine) -> Iterator[list[str]]:
    """Every statement of the engine goes out without its tenant; the list gets those that had one."""
    stripped: list[str] = []

    def bare(statement: str) -> str:
        if _OF_TENANT.search(statement):
            stripped.append(statement)
        made = without_tenant(statement)
        assert not _LEFT.search(made), made
        return made

    def strip(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> tuple[str, Any]:
        return bare(statement), parameters

    event.listen(engine, "before_cursor_execute", strip, retval=True)
    with pytest.MonkeyPatch.context() as patch:
        # Reads that travel together, and copies, go to the driver by themselves.
        sql, copy = Read.__dict__["sql"].func, streaming._copy

        def bare_read(read: Read) -> Any:
            found = sql(read)
            return bare(found.decode()).encode() if isinstance(found, bytes) else bare(found)

        patch.setattr(Read, "sql", property(bare_read))
        patch.setattr(streaming, "_copy", lambda driver, query, *rest: copy(driver, bare(query), *rest))
        try:
            yield stripped
        finally:
            event.remove(engine, "before_cursor_execute", strip)


@contextmanager
def row_security(owner_url: str, change: str, undo: str, tables: tuple[str, ...] = TENANT_TABLES) -> Iterator[None]:
    """Change row security of tables, and put it back whatever happens: `"DISABLE ROW LEVEL SECURITY"` and its like."""
    url = owner_url.replace("postgresql+psycopg:", "postgresql:")
    with psycopg.connect(url) as connection:
        for table in tables:
            connection.execute(f"ALTER TABLE {table} {change}".encode())
    try:
        yield
    finally:
        with psycopg.connect(url) as connection:
            for table in tables:
                connection.execute(f"ALTER TABLE {table} {undo}".encode())


def rls_off(owner_url: str, *tables: str) -> Any:
    """Row security is not there."""
    return row_security(owner_url, "DISABLE ROW LEVEL SECURITY", "ENABLE ROW LEVEL SECURITY", tables or TENANT_TABLES)


def make_twin(admin_url: str, tenant: str, twin: str) -> int:
    """Copy every row of a tenant to another one under the same ids, keys and hashes; returns how many there were."""
    copied = 0
    with psycopg.connect(admin_url.replace("postgresql+psycopg:", "postgresql:")) as connection:
        for table in TENANT_TABLES:
            if table not in OWN_KEYS:
                copied += connection.execute(
                    f'INSERT INTO "{table}" SELECT (jsonb_populate_record(t, %s::jsonb)).* FROM "{table}" t '
                    "WHERE tenant_id = %s".encode(),
                    (f'{{"tenant_id": "{twin}"}}', tenant),
                ).rowcount
    return copied
