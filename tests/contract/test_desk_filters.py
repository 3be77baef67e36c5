"""Every statement of the console's areas says whose rows it means, read from the source; each filter is missed (T2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from desk_mutants import tenant_filters
from filterkit import mapped, missed_in_source, without_tenant

CORE = Path(__file__).parents[2] / "platform/mypage"
AREAS = ("staff", "work")


def sources() -> dict[str, str]:
    paths = [path for area in AREAS for path in sorted((CORE / area).rglob("*.py"))]
    return {str(path.relative_to(CORE)): path.read_text(encoding="utf-8") for path in paths}


LEANING: dict[str, str] = {
    "staff/queue/listing.py: _text": "an exists within the list's statement, beside the item's own tenant",
    "staff/trail/service.py: _ENTRIES = select(AuditEntry.id, AuditEn": "list_entries and find_entry say whose",
}
"""Statements whose filter comes from elsewhere, by "module: function", with where."""


def findings(name: str, source: str, classes: frozenset[str]) -> set[str]:
    return {
        f"{name}: {each}"
        for each in without_tenant(source, classes)
        if f"{name}: {each.rpartition(', line ')[0]}" not in LEANING
    }


def test_every_statement_of_the_console_names_its_tenant() -> None:
    classes = mapped()
    assert sorted(each for name, source in sources().items() for each in findings(name, source, classes)) == []


def test_nearly_every_filter_that_is_taken_away_is_missed_here(figure: Callable[[str], None]) -> None:
    """The few others are missed where statements run: tests/security/test_staff_walls.py."""
    mutants, classes = tenant_filters(), mapped()
    missed = [missed_in_source(mutant, classes) for mutant in mutants]
    figure(f"T2 staff: {sum(missed)} of {len(mutants)} filters missed in the source when they are taken away")
    assert len(mutants) > 70
    assert sum(missed) >= 0.85 * len(mutants)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(tx): return tx.execute(select(A.x).where(A.tenant_id == tx.tenant))", 0),
        ("def f(tx): return tx.execute(select(A.x).where(A.id == 1))", 1),
        ("def f(tx): return tx.execute(select(A.x).join(B, B.id == A.b).where(A.tenant_id == tx.tenant))", 1),
        ("X = exists().where(A.id == B.a)", 1),
        ("def f(tx):\n    own = A.tenant_id == tx.tenant\n    return select(A).where(own)", 0),
        ("def f(tx): return tx.execute(update(A).where(A.id == 1).values(x=2))", 1),
    ],
)
def test_the_reader_finds_what_is_missing(source: str, found: int) -> None:
    assert len(without_tenant(source, frozenset({"A", "B"}))) == found
