"""Why a bill differs from the one of the month before, told by its lines or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mypage.billing.service import BillDetail, Line

MOST_CHANGES = 3


@dataclass(frozen=True, slots=True)
class Change:
    """What became of the lines of one description; `amount` is the difference in yen without tax."""

    kind: Literal["added", "ended", "changed"]
    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference in yen with tax. `changes` and `tax` explain it to the yen, or `changes` is empty."""

    difference: int
    changes: tuple[Change, ...]
    tax: int


def compare(detail: BillDetail) -> Comparison | None:
    """The bill against the one of the month before; None when there is none to compare with."""
    bill, before = detail.bill, detail.before
    if before is None:
        return None
    difference, tax = bill.total - before.total, bill.tax - before.tax
    changes = changes_of(detail.before_lines, detail.lines)
    explained = sum(change.amount for change in changes) + tax == difference
    if not explained or len(changes) > MOST_CHANGES:
        return Comparison(difference, (), tax)
    return Comparison(difference, changes, tax)


def changes_of(before: Iterable[Line], after: Iterable[Line]) -> tuple[Change, ...]:
    """Descriptions that came, went or cost another amount, in the order of the bills."""
    old, new = _sums(before), _sums(after)
    amounts = {name: new.get(name, 0) - old.get(name, 0) for name in old | new}
    return tuple(
        Change("added" if name not in old else "ended" if name not in new else "changed", name, amount)
        for name, amount in amounts.items()
        if amount
    )


def _sums(lines: Iterable[Line]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.description] = sums.get(line.description, 0) + line.amount
    return sums
