"""A gateway of an extension that hangs or raises anything: the outcome is unknown, and the page goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mypage.billing.bounded import LONGEST_CALL, BoundedGateway
from mypage.billing.card_entry import IN_FLIGHT
from mypage.hooks.payment import GatewayUnavailable, GatewayUnknown

pytestmark = pytest.mark.anyio


class Odd:
    """A gateway whose every call does one thing."""

    def __init__(self, fault: BaseException | None) -> None:
        self._fault = fault

    async def register(self, reference: str, idempotency_key: str) -> Any:
        if self._fault is None:
            await asyncio.sleep(60)
        else:
            raise self._fault

    async def discard(self, reference: str) -> None:
        await self.register(reference, "")


async def test_a_gateway_that_hangs_is_unknown_in_time() -> None:
    gateway: Any = BoundedGateway(Odd(None), longest=0.05)  # type: ignore[arg-type]
    with pytest.raises(GatewayUnknown, match="no answer"):
        await gateway.register("r", "k")


@pytest.mark.parametrize("fault", [ValueError("x"), KeyError("card"), RuntimeError("loop")])
async def test_what_the_port_does_not_name_is_unknown(fault: Exception) -> None:
    gateway: Any = BoundedGateway(Odd(fault))  # type: ignore[arg-type]
    with pytest.raises(GatewayUnknown, match=type(fault).__name__):
        await gateway.register("r", "k")
    with pytest.raises(GatewayUnknown):
        await gateway.discard("r")


async def test_errors_of_the_port_and_a_cancelled_request_pass_through() -> None:
    for fault in (GatewayUnavailable("down"), asyncio.CancelledError()):
        gateway: Any = BoundedGateway(Odd(fault))  # type: ignore[arg-type]
        with pytest.raises(type(fault)):
            await gateway.register("r", "k")


def test_a_call_ends_before_it_counts_as_ended() -> None:
    assert IN_FLIGHT.total_seconds() > LONGEST_CALL
