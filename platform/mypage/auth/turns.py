"""A line for each network: attempts under way count as failures, so a crowd behind one address takes turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mypage.auth.hashing import HashingBusy


@dataclass(slots=True)
class _Line:
    places: asyncio.Semaphore
    present: int = 0


class Turns:
    """Attempts of one network, a few at a time. One per process; only lines in which somebody stands are kept.

    `at_once` times the processes has to stay below `ThrottlePolicy.network_free`, else right passwords are refused
    while others of the network are compared. More at once would gain nothing: a process hashes on its cores.
    """

    def __init__(self, *, at_once: int = 8, waiting: int = 64) -> None:
        """`waiting`: how many may stand in one line before `HashingBusy`."""
        self._at_once = at_once
        self._most = at_once + waiting
        self._lines: dict[tuple[str, str], _Line] = {}

    @asynccontextmanager
    async def take(self, tenant: str, network: str) -> AsyncIterator[None]:
        """Wait for a turn and keep it inside `async with`. Raises HashingBusy at once when the line is full."""
        line = self._lines.setdefault((tenant, network), _Line(asyncio.Semaphore(self._at_once)))
        if line.present >= self._most:
            raise HashingBusy
        line.present += 1
        try:
            async with line.places:
                yield
        finally:
            line.present -= 1
            if not line.present:
                del self._lines[tenant, network]
