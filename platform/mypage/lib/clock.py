"""The one source of time: UTC instants inside, Asia/Tokyo days at the edge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")


class Clock(Protocol):
    """Anything that tells the time. Tests hand in a fixed one."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        return datetime.now(UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is moved; for tests and reproducible runs."""

    at: datetime

    def now(self) -> datetime:
        """The instant that the clock was set to."""
        return self.at


def tokyo_day(instant: datetime) -> date:
    """The calendar day in Japan of an aware instant."""
    return instant.astimezone(TOKYO).date()
