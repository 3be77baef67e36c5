"""A running gateway with a clock that tests move, and the adapter that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from payment_bench import Clock, Running, running

from mypage.billing.gateways import HttpGateway


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gateway(tmp_path: Path, clock: Clock) -> Iterator[Running]:
    with running(tmp_path, clock) as started:
        yield started


@pytest.fixture
async def port(gateway: Running) -> AsyncIterator[HttpGateway]:
    adapter = HttpGateway(gateway.url, "demo-key", timeout=5.0)
    yield adapter
    await adapter.aclose()
