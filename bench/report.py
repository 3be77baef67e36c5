"""What every bench reports, in one form: ours, the floor, a peer, their ratio, the goal, and where the time goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

Better = Literal["at most", "at least"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One goal measured. `ratio` is ours through the reference; `reference` says which of floor and peer that is."""

    goal: str
    what: str
    unit: str
    ours: float
    floor: float | None = None
    peer: float | None = None
    ratio: float
    reference: str
    better: Better
    bound: float
    parts: Mapping[str, float] = field(default_factory=dict)
    """Where the time of ours goes: share of the whole, 0 to 1, by part."""
    notes: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio <= self.bound if self.better == "at most" else self.ratio >= self.bound


def print_rows(rows: Iterable[Row]) -> bool:
    """The table, then the parts and notes of each row. True when every goal is met."""
    rows = list(rows)
    head = ("goal", "what", "unit", "ours", "floor", "peer", "ratio", "goal is", "met")
    table = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(head))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    for row in rows:
        if row.parts:
            shares = sorted(row.parts.items(), key=lambda part: -part[1])
            print(f"{row.goal}: " + ", ".join(f"{name} {share:.0%}" for name, share in shares))
        for note in row.notes:
            print(f"{row.goal}: {note}")
    return all(row.met for row in rows)


def medians(rounds: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The median of each variant over rounds in which every variant was measured once."""
    rounds = list(rounds)
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def median_ratio(rounds: Iterable[Mapping[str, float]], over: str, under: str) -> float:
    """The median of the ratios of single rounds: what disturbs one round disturbs both of its variants."""
    return median(one[over] / one[under] for one in rounds)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.goal,
        row.what,
        row.unit,
        _figure(row.ours),
        _figure(row.floor),
        _figure(row.peer),
        f"{row.ratio:.2f} of {row.reference}",
        f"{row.better} {row.bound:g}",
        "yes" if row.met else "NO",
    )


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
