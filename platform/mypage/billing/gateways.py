"""A payment gateway over HTTP: the adapter from ``mypage.hooks.payment`` to the wire.

It speaks the interface of the built-in demo gateway (``mypage.demo.gateway``). It repeats nothing by itself: whether a
call may be made again is the caller's knowledge, told by the kind of error.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import asdict
from typing import Any, Final, get_args
from urllib.parse import quote, urlsplit

import httpx

from mypage.hooks.payment import (
    CardBrand,
    CardSetupRequest,
    CardSetupResult,
    CardSetupStarted,
    CardSetupState,
    GatewayRefused,
    GatewayUnavailable,
    GatewayUnknown,
    RefusalReason,
    RequestProblem,
    StoredCard,
)

MAX_ANSWER: Final = 64 * 1024
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_CARD_NUMBER: Final = re.compile(r"(?:\d[ -]?){12,}")
_API_KEY: Final = re.compile(r"[\x21-\x7e]+")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9_-]{8,128}")


class HttpGateway:
    """``PaymentGateway`` over HTTP. Safe for concurrent use in one event loop; ``aclose()`` ends its connections.

    ``timeout`` is in seconds and holds for each phase of a call; a whole call takes at most twice as long.
    ``transport`` replaces the network, e.g. to go through a proxy: the process's environment is not read.
    """

    def __init__(
        self, base_url: str, api_key: str, *, timeout: float = 5.0, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        if urlsplit(base_url).scheme not in {"http", "https"}:
            raise ValueError("a payment gateway needs an http or https address")
        if not _API_KEY.fullmatch(api_key):
            raise ValueError("a payment gateway needs a key of printable ASCII characters")
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._timeout = timeout
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    async def start_card_setup(self, request: CardSetupRequest) -> CardSetupStarted:
        body = asdict(request)
        key = body.pop("idempotency_key")
        answer = await self._call("POST", "/api/setups", key=key, body=body)
        _must(answer.get("idempotency_key") == key, "the answer is for another key")
        url = _text(answer, "url")
        _must(urlsplit(url).scheme in {"http", "https"}, "the page's address is not a web address")
        return CardSetupStarted(reference=_reference(answer), url=url)

    async def card_setup(self, *, idempotency_key: str, reference: str | None) -> CardSetupResult:
        if reference is None:
            answer = await self._call("GET", "/api/setups", params={"idempotency_key": idempotency_key})
            _must(idempotency_key in {answer.get("idempotency_key"), answer.get("register_key")}, "another key")
            return _result(answer)
        return _result(await self._call("GET", _path(reference)), asked=reference)

    async def register(self, reference: str, idempotency_key: str) -> CardSetupResult:
        answer = await self._call("POST", f"{_path(reference)}/register", key=idempotency_key)
        return _result(answer, asked=reference)

    async def discard(self, reference: str) -> None:
        _result(await self._call("POST", f"{_path(reference)}/discard"), asked=reference)

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                base_url=self._base_url,
                headers={"Authorization": f"Bearer {self._api_key}", "Accept": "application/json"},
                timeout=self._timeout,
                transport=self._transport,
                trust_env=False,
                follow_redirects=False,
                # A pooled connection that the other side is just closing would look like an unknown outcome.
                limits=httpx.Limits(max_connections=20, keepalive_expiry=2.0),
            )
        return self._client

    async def _call(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        body: dict[str, Any] | None = None,
        params: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        headers = {} if key is None else {"Idempotency-Key": key}
        try:
            async with asyncio.timeout(self._timeout * 2):
                async with self._http().stream(method, path, headers=headers, json=body, params=params) as response:
                    return _read(response.status_code, await _content(response))
        except _NOT_SENT as error:
            raise GatewayUnavailable(f"{method} {path}: {type(error).__name__}") from error
        except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
            raise GatewayUnknown(f"{method} {path}: {type(error).__name__}") from error


async def _content(response: httpx.Response) -> bytes:
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        _must(len(content) <= MAX_ANSWER, "the answer is too long")
    return bytes(content)


def _read(status: int, content: bytes) -> dict[str, Any]:
    if status == 429:
        raise GatewayUnavailable("the gateway asks to wait")
    if status >= 500 or 300 <= status < 400:
        raise GatewayUnknown(f"the gateway answered {status}")
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if 400 <= status < 500:
        raise GatewayRefused(_problem(status, answer))
    if not isinstance(answer, dict):
        raise GatewayUnknown("the answer is not a JSON object")
    return answer


def _problem(status: int, answer: Any) -> RequestProblem:
    said: Any = answer.get("reason") if isinstance(answer, dict) else None
    if said in get_args(RequestProblem):
        reason: RequestProblem = said
        return reason
    if status in {401, 403}:
        return "unauthorized"
    # A bare 404 of some proxy on the way must not be read as "it never happened".
    raise GatewayUnknown(f"the gateway answered {status} without its reason")


def _result(answer: dict[str, Any], *, asked: str | None = None) -> CardSetupResult:
    reference = _reference(answer)
    _must(asked is None or reference == asked, "the answer is for another setup")
    state: Any = answer.get("state")
    reason: Any = answer.get("reason")
    _must(state in get_args(CardSetupState), "no such state")
    _must(reason is None or reason in get_args(RefusalReason), "no such reason")
    _must((state == "refused") == (reason is not None), "reason and state disagree")
    card = _card(answer.get("card")) if state in {"entered", "registered"} else None
    return CardSetupResult(reference=reference, state=state, card=card, reason=reason)


def _card(said: Any) -> StoredCard:
    _must(isinstance(said, dict), "no card")
    brand, month, year = said.get("brand"), said.get("exp_month"), said.get("exp_year")
    last4, token, holder = _text(said, "last4"), _text(said, "token"), _text(said, "holder")
    parts = [_text(said, name) if said.get(name) else "" for name in ("given", "family")]
    _must(brand in get_args(CardBrand), "no such brand")
    _must(type(month) is int and 1 <= month <= 12 and type(year) is int and 2000 <= year <= 2100, "no such expiry")
    _must(re.fullmatch(r"[0-9]{4}", last4) is not None, "no last four digits")
    # A gateway that sends a whole number must not make the portal store it.
    _must(_CARD_NUMBER.fullmatch(token) is None, "the token is a card number")
    _must(not any(map(_CARD_NUMBER.search, (holder, *parts))), "a name holds a card number")
    _must(all(name.isprintable() for name in (holder, *parts)), "a name holds what no card has")
    return StoredCard(
        token=token,
        brand=brand,
        last4=last4,
        exp_month=month,
        exp_year=year,
        holder=holder,
        three_d_secure=said.get("three_d_secure") is True,
        given=parts[0],
        family=parts[1],
    )


def _reference(answer: dict[str, Any]) -> str:
    reference = _text(answer, "reference")
    _must(_REFERENCE.fullmatch(reference) is not None, "the reference is malformed")
    return reference


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 2000:
        raise GatewayUnknown(f"the answer has no {name}")
    return value


def _path(reference: str) -> str:
    return f"/api/setups/{quote(reference, safe='')}"


def _must(condition: bool, otherwise: str) -> None:
    if not condition:
        raise GatewayUnknown(otherwise)
