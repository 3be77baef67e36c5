"""A running gateway with a clock that tests move, and the adapter that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from payment_bench import Clock, Door, Running

from mypage.billing.gateways import HttpGateway
from mypage.testing.portal import HANG


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    with Door() as door:
        yield door


@pytest.fixture
def gateway(door: Door, tmp_path: Path, clock: Clock) -> Running:
    return door.company(tmp_path, clock)


@pytest.fixture
async def port(gateway: Running) -> AsyncIterator[HttpGateway]:
    adapter = HttpGateway(gateway.url, "demo-key", timeout=HANG)
    yield adapter
    await adapter.aclose()
