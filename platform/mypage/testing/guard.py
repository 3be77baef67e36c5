"""In tests every statement on a tenant table must name the tenant: the filter is the route, row security the net."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from mypage.db.schema import metadata

ON_PURPOSE = "/* unfiltered on purpose */"
"""Tests of row security itself put this into their statements."""
_FILTER = re.compile(r"\btenant_id\s*(?:=|IN)")


class UnfilteredStatement(AssertionError):
    """A statement reaches tenant rows without a `tenant_id = :tenant` of its own (scale rule 3)."""


def _pattern() -> re.Pattern[str]:
    names = sorted((t.name for t in metadata().tables.values() if "tenant_id" in t.columns), key=len, reverse=True)
    return re.compile(rf"\b(?:FROM|JOIN|UPDATE)\s+(?:ONLY\s+)?({'|'.join(names)})\b")


def unfiltered(statement: str, pattern: re.Pattern[str]) -> bool:
    """Whether a statement reads, changes or deletes tenant rows and some table in it lacks its tenant."""
    tables = pattern.findall(statement)
    return ON_PURPOSE not in statement and len(_FILTER.findall(statement)) < len(tables)


def watch_statements() -> None:
    """Check every statement of every engine of this process from now on."""
    pattern = _pattern()

    def check(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if unfiltered(statement, pattern):
            raise UnfilteredStatement(statement)

    event.listen(Engine, "before_cursor_execute", check)
