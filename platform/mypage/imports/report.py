"""What an import found and did: counts per kind, and one sentence for every line that was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["new", "updated", "unchanged", "refused"]
OUTCOMES: tuple[Outcome, ...] = ("new", "updated", "unchanged", "refused")
UNREADABLE = "unreadable"
"""The kind under which lines count that could not be read as any kind."""


class BadLine(ValueError):
    """A line is refused as a whole. `field` is its path within the object, "" for the line itself."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One refused line: its number (the first is 1), the field, and why, in one sentence without secrets."""

    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        place = f"line {self.line}, {self.field}" if self.field else f"line {self.line}"
        return f"{place}: {self.reason}"


@dataclass(slots=True)
class Tally:
    """Outcomes per kind."""

    counts: Counter[tuple[str, Outcome]] = field(default_factory=Counter)

    def add(self, kind: str, outcome: Outcome, number: int = 1) -> None:
        """Count lines."""
        if number:
            self.counts[kind, outcome] += number

    def total(self, outcome: Outcome) -> int:
        """Lines of all kinds with one outcome."""
        return sum(number for (_, found), number in self.counts.items() if found == outcome)

    def flat(self) -> dict[str, int]:
        """`{"customer new": 12}`, for the audit trail and logs."""
        return {f"{kind} {outcome}": number for (kind, outcome), number in sorted(self.counts.items())}

    def kinds(self) -> list[str]:
        """Kinds that were met."""
        return list(dict.fromkeys(kind for kind, _ in self.counts))


@dataclass(slots=True)
class Report:
    """The result of one feed. `problems` is empty when a callback took them; the counts hold them all the same."""

    source: str
    dry_run: bool
    lines: int = 0
    seconds: float = 0.0
    tally: Tally = field(default_factory=Tally)
    problems: list[Problem] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether no line was refused."""
        return not self.tally.total("refused")

    def printable(self) -> Iterator[str]:
        """Lines of text for a terminal: what was done per kind, then every problem."""
        would = "would be " if self.dry_run else ""
        speed = f", {self.lines / self.seconds:,.0f} lines/s" if self.seconds >= 1 else ""
        yield f"{self.source}: {self.lines:,} lines in {self.seconds:.1f} s{speed}"
        for kind in self.tally.kinds():
            counts = [f"{self.tally.counts[kind, outcome]:,} {outcome}" for outcome in OUTCOMES]
            yield f"  {kind}: {would}{', '.join(counts)}"
        for problem in self.problems:
            yield f"{self.source}: {problem}"
