"""A gateway that cannot hang or surprise us: every call ends in time, and every failure is one that the port names."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import structlog

from mypage.hooks.payment import (
    CardSetupRequest,
    CardSetupResult,
    CardSetupStarted,
    GatewayError,
    GatewayUnknown,
    PaymentGateway,
)

log = structlog.get_logger("mypage.gateway")

T = TypeVar("T")

LONGEST_CALL = 30.0
"""Seconds. Shorter than the time after which a call counts as ended (`card_entry.IN_FLIGHT`)."""


class BoundedGateway:
    """Wraps the gateway of an extension. Errors that the port does not name leave the outcome unknown."""

    def __init__(self, inner: PaymentGateway, *, longest: float = LONGEST_CALL) -> None:
        """`longest` is in seconds."""
        self.inner, self._longest = inner, longest

    async def start_card_setup(self, request: CardSetupRequest) -> CardSetupStarted:
        return await self._bounded(self.inner.start_card_setup(request))

    async def card_setup(self, *, idempotency_key: str, reference: str | None) -> CardSetupResult:
        return await self._bounded(self.inner.card_setup(idempotency_key=idempotency_key, reference=reference))

    async def register(self, reference: str, idempotency_key: str) -> CardSetupResult:
        return await self._bounded(self.inner.register(reference, idempotency_key))

    async def discard(self, reference: str) -> None:
        await self._bounded(self.inner.discard(reference))

    async def _bounded(self, call: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._longest):
                return await call
        except GatewayError:
            raise
        except TimeoutError as error:
            raise GatewayUnknown(f"no answer within {self._longest:g} s") from error
        except Exception as error:
            log.exception("gateway raised what its port does not name", gateway=type(self.inner).__name__)
            raise GatewayUnknown(f"the gateway raised {type(error).__name__}") from error
