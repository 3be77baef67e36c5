"""What a bench is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Sizes of one run. `folder` keeps what a second run need not make again."""

    rounds: int
    seconds: int
    customers: int
    folder: Path
