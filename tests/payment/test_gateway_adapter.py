"""Answers no gateway should give: the adapter believes none of them and never says "it did not happen" by guess."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from payment_bench import wish

from mypage.billing.gateways import MAX_ANSWER, HttpGateway
from mypage.hooks.payment import GatewayRefused, GatewayUnavailable, GatewayUnknown
from mypage.testing.portal import HANG

pytestmark = pytest.mark.anyio

CARD = {
    "token": "card_abcdefgh",
    "brand": "visa",
    "last4": "4242",
    "exp_month": 7,
    "exp_year": 2029,
    "holder": "TARO YAMADA",
    "three_d_secure": False,
}
GOOD: dict[str, Any] = {
    "reference": "cs_12345678",
    "idempotency_key": "intent-1",
    "url": "https://pay.example/pay/cs_12345678",
    "state": "registered",
    "reason": None,
    "card": CARD,
}


def raw(status: int, body: bytes, *more: str) -> bytes:
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *more]
    return "\r\n".join([*head, "", ""]).encode() + body


def said(status: int = 200, **other: Any) -> bytes:
    return raw(status, json.dumps({**GOOD, **other}).encode())


@asynccontextmanager
async def answering(
    answer: bytes, *, piece: int = 4096, wait: float = 0, timeout: float = HANG
) -> AsyncIterator[tuple[HttpGateway, Callable[[], int]]]:
    """An adapter and a server that gives one and the same answer to everything; the second value counts the calls."""
    replies: list[asyncio.Task[Any] | None] = []

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        replies.append(asyncio.current_task())
        await reader.readuntil(b"\r\n\r\n")
        for at in range(0, len(answer), piece):
            if writer.is_closing():
                break  # Nobody listens any more.
            writer.write(answer[at : at + piece])
            await asyncio.sleep(wait)
        writer.close()

    server = await asyncio.start_server(reply, "127.0.0.1", 0)
    port = HttpGateway(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "demo-key", timeout=timeout)
    try:
        yield port, lambda: len(replies)
    finally:
        await port.aclose()
        server.close()
        await asyncio.gather(*filter(None, replies))


async def test_the_answer_the_broken_ones_are_made_from_is_good() -> None:
    async with answering(said()) as (port, _):
        result = await port.register("cs_12345678", "intent-1")
        assert (await port.start_card_setup(wish())).reference == "cs_12345678"
    assert result.card is not None
    assert result.card.last4 == "4242"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-x\r\n",
        raw(200, b"<html>ok</html>"),
        raw(200, b"[]"),
        raw(200, b"\xff\xfe"),
        raw(200, b"x" * (MAX_ANSWER + 1)),
        raw(200, b"{}"),
        raw(200, b"x", "Content-Encoding: gzip"),
        raw(302, b"", "Location: https://elsewhere.example/"),
        raw(500, b'{"reason": "not_found"}'),
        raw(503, b""),
        raw(404, b"<html>no such page</html>"),
        raw(408, b""),
        said(reference="cs_87654321"),
        said(reference=7),
        said(state="paid"),
        said(state="refused", card=None),
        said(reason="issuer"),
        said(reason=["issuer"]),
        said(card=None),
        said(card={**CARD, "last4": "42424"}),
        said(card={**CARD, "brand": "discover"}),
        said(card={**CARD, "exp_month": True}),
        said(card={**CARD, "exp_year": 29}),
        said(card={**CARD, "token": "4242424242424242"}),
        said(card={**CARD, "holder": "4242 4242 4242 4242"}),
    ],
)
async def test_an_answer_that_cannot_be_believed_is_unknown_and_not_asked_again(answer: bytes) -> None:
    async with answering(answer) as (port, calls):
        with pytest.raises(GatewayUnknown):
            await port.register("cs_12345678", "intent-1")
        assert calls() == 1


@pytest.mark.parametrize("other", [{"idempotency_key": "intent-2"}, {"url": "javascript:alert(1)"}, {"url": None}])
async def test_a_start_answered_for_another_key_or_with_a_strange_page_is_unknown(other: dict[str, Any]) -> None:
    async with answering(said(**other)) as (port, _):
        with pytest.raises(GatewayUnknown):
            await port.start_card_setup(wish())


async def test_asking_by_key_believes_only_an_answer_for_this_key() -> None:
    async with answering(said(idempotency_key="other")) as (port, _):
        with pytest.raises(GatewayUnknown):
            await port.card_setup(idempotency_key="intent-1", reference=None)


async def test_an_answer_that_drips_in_ends_after_twice_the_timeout() -> None:
    whole = raw(200, b" " * 60_000)
    # All of it would take an hour, and no wait for a piece is too long.
    async with answering(whole, piece=1, wait=0.06, timeout=0.5) as (port, _):
        with pytest.raises(GatewayUnknown):
            await port.register("cs_12345678", "intent-1")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (raw(401, b""), "unauthorized"),
        (raw(403, b"<html>"), "unauthorized"),
        (raw(404, b'{"reason": "not_found"}'), "not_found"),
        (raw(409, b'{"reason": "key_conflict"}'), "key_conflict"),
        (raw(400, b'{"reason": "bad_request"}'), "bad_request"),
    ],
)
async def test_a_refusal_is_one_when_the_gateway_says_so_itself(answer: bytes, reason: str) -> None:
    async with answering(answer) as (port, _):
        with pytest.raises(GatewayRefused) as refused:
            await port.register("cs_12345678", "intent-1")
    assert refused.value.reason == reason


async def test_being_asked_to_wait_means_nothing_happened() -> None:
    async with answering(raw(429, b"")) as (port, _):
        with pytest.raises(GatewayUnavailable):
            await port.register("cs_12345678", "intent-1")


@pytest.mark.parametrize(("url", "key"), [("ftp://x", "k"), ("x", "k"), ("http://x", ""), ("http://x", "a\nb")])
def test_an_address_or_key_that_cannot_work_is_refused_at_once(url: str, key: str) -> None:
    with pytest.raises(ValueError, match="payment gateway"):
        HttpGateway(url, key)
