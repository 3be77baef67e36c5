"""The bar of steps: of a procedure, or of the gates between login and portal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mypage.operators.operator import Operator


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a procedure."""

    label: str
    state: Literal["done", "now", "todo"]


def step_row(labels: Sequence[str], now: int) -> tuple[Step, ...]:
    """The steps with the one that is going on; after the last one all are done."""
    return tuple(
        Step(label, "done" if place < now else "now" if place == now else "todo") for place, label in enumerate(labels)
    )


def gate_steps(operator: Operator, route: str) -> tuple[Step, ...]:
    """The gates that have a name, with that of a route going on, and what follows the last; none where it has none."""
    named = [gate for gate in operator.gates if gate.step]
    routes = [gate.route for gate in named]
    if route not in routes:
        return ()
    labels = [gate.step for gate in named] + [gate.then for gate in named[-1:] if gate.then]
    return step_row(labels, routes.index(route))
