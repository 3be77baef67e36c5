"""Places for what lasts as long as somebody reads it: so many in all, and about half of them for one reader at most."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from contextlib import ExitStack
from dataclasses import dataclass

from mypage.lib.errors import Busy, TooManyAtOnce


@dataclass(slots=True)
class _Own:
    """The places that one reader may have."""

    places: asyncio.Semaphore
    present: int = 0


class Places:
    """One per process. Only readers who are there are kept."""

    def __init__(self, most: int) -> None:
        """`most`: how many places there are."""
        self.most = most
        self._all = asyncio.Semaphore(most)
        # A second click is no greed, unless two are all there are.
        self._each = max(1, most // 2, min(2, most - 1))
        self._readers: dict[Hashable, _Own] = {}

    async def take(self, reader: Hashable | None, patience: float | None) -> Callable[[], None]:
        """Wait for a place, `patience` seconds at most; what is returned gives it back.

        Whoever has as many as one reader may have waits for these, and keeps nobody else waiting. Raises TooManyAtOnce
        when none of them comes free, and Busy when all places are taken, by whomever.
        """
        with ExitStack() as taken:
            trouble = Busy
            try:
                async with asyncio.timeout(patience):
                    if reader is not None:
                        trouble = TooManyAtOnce
                        await _sit(self._enter(reader, taken), taken)
                        trouble = Busy
                    await _sit(self._all, taken)
            except TimeoutError as error:
                raise trouble from error
            return taken.pop_all().close

    def _enter(self, reader: Hashable, taken: ExitStack) -> asyncio.Semaphore:
        own = self._readers.setdefault(reader, _Own(asyncio.Semaphore(self._each)))
        own.present += 1
        taken.callback(self._leave, reader)
        return own.places

    def _leave(self, reader: Hashable) -> None:
        own = self._readers[reader]
        own.present -= 1
        if not own.present:
            del self._readers[reader]


async def _sit(places: asyncio.Semaphore, taken: ExitStack) -> None:
    await places.acquire()
    taken.callback(places.release)
