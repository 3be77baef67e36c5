"""A row in each table that nobody has filled by hand, made of what the table itself says."""

from __future__ import annotations

import re
import uuid
from typing import Any

from attackkit import Oracle
from sqlalchemy import CheckConstraint, Column, Table

from mypage.db.schema import metadata

ONE_OF = re.compile(r"\W*(\w+)\W* IN \('([^']*)'")
_VALUES: dict[str, Any] = {
    "TEXT": "x", "BYTEA": b"x", "BLOB": b"x", "LARGEBINARY": b"x", "INTEGER": 1, "BIGINT": 1, "SMALLINT": 1,
    "BOOLEAN": True, "DATE": "2026-11-21", "JSONB": "{}", "JSON": "{}",
}  # fmt: skip


def words_of(table: Table) -> dict[str, str]:
    """The columns of which the table itself says which words they may hold, and the first of these."""
    checks = (each for each in table.constraints if isinstance(each, CheckConstraint))
    found = (ONE_OF.match(str(each.sqltext)) for each in checks)
    return {match[1]: match[2] for match in found if match}


def fill(oracle: Oracle, tenant: str, but: set[str]) -> dict[str, str]:
    """A row for every table of tenant data that has none; returns table → id. Tables in `but` stay empty."""
    made: dict[str, str] = {}
    for table in metadata().sorted_tables:
        if "tenant_id" not in table.columns or table.name in but:
            continue
        if not oracle.fetch(f'SELECT 1 FROM "{table.name}" WHERE tenant_id = %s', tenant):
            row = _row(oracle, table, tenant)
            names = ", ".join(f'"{name}"' for name in row)
            holes = ", ".join("%s" for _ in row)
            oracle.change(f'INSERT INTO "{table.name}" ({names}) VALUES ({holes})', *row.values())
            made[table.name] = str(row.get("id", ""))
    return made


def _row(oracle: Oracle, table: Table, tenant: str) -> dict[str, Any]:
    row: dict[str, Any] = {"tenant_id": tenant}
    for constraint in table.foreign_key_constraints:
        ours = [column.name for column in constraint.columns]
        theirs = [element.column.name for element in constraint.elements]
        found = oracle.fetch(
            f'SELECT {", ".join(theirs)} FROM "{constraint.referred_table.name}" WHERE tenant_id = %s LIMIT 1', tenant
        )
        if found:
            row |= {name: value for name, value in zip(ours, found[0], strict=True) if not table.columns[name].nullable}
    words = words_of(table)
    for column in table.columns:
        if column.name not in row and not column.nullable and column.server_default is None:
            row[column.name] = words.get(column.name) or _value(column)
    return row


def _value(column: Column[Any]) -> Any:
    kind = str(column.type).upper().partition("(")[0].partition(" COLLATE")[0]
    if "UUID" in kind or "CHAR" in kind:
        return uuid.uuid4()
    if "TIMESTAMP" in kind or "DATETIME" in kind:
        return "2026-11-21T12:00:00+09:00"
    if "[]" in kind or "ARRAY" in kind:
        return []
    return _VALUES[kind]
