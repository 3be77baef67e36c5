"""The adapter `webhook`: every task is a signed HTTP request, which may be answered at once or by a signed report.

It repeats nothing by itself; the worker does, with the same id. What crosses the wire is written down for the other
side in docs/provisioning.md.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from mypage.hooks.provisioning import (
    ProvisioningDone,
    ProvisioningFailed,
    ProvisioningReport,
    ProvisioningTask,
    ProvisioningUnavailable,
    ReportRefused,
)
from mypage.orders.provisioning_signing import check_signed, signed_headers

MAX_ANSWER: Final = 16 * 1024
LONGEST_TEXT: Final = 200
_ASK_AGAIN: Final = frozenset({401, 403, 408, 421, 425, 429})
"""Refusals that say nothing about the task: a key or an address that somebody mends, or a request to come later."""


def _system_time() -> datetime:
    return datetime.now(UTC)


class WebhookAdapter:
    """`ProvisioningAdapter` over HTTP. Safe for concurrent use in one event loop; `aclose()` ends its connections.

    `timeout` is in seconds and holds for each phase of a call; a whole call takes at most twice as long.
    """

    def __init__(
        self, url: str, key: bytes, *, timeout: float = 10.0, now: Callable[[], datetime] = _system_time
    ) -> None:
        self._url, self._key, self._timeout, self._now = url, key, timeout, now
        self._client: httpx.AsyncClient | None = None

    async def perform(self, task: ProvisioningTask) -> ProvisioningDone | None:
        body = json.dumps(_message(task), ensure_ascii=False, separators=(",", ":")).encode()
        headers = signed_headers(self._key, body, self._now())
        headers |= {"Content-Type": "application/json", "Idempotency-Key": task.id}
        try:
            async with asyncio.timeout(self._timeout * 2):
                async with self._http().stream("POST", self._url, content=body, headers=headers) as response:
                    content = bytearray()
                    async for piece in response.aiter_bytes():
                        content += piece
                        if len(content) > MAX_ANSWER:
                            raise ProvisioningUnavailable("the answer is too long")
                    return _read(task, response.status_code, bytes(content))
        except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
            raise ProvisioningUnavailable(f"no answer: {type(error).__name__}") from error

    def read_report(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ProvisioningReport:
        check_signed(self._key, headers, body, now)
        said = _object(body)
        task, state = said.get("id"), said.get("state")
        if not isinstance(task, str) or state not in ("done", "failed"):
            raise ReportRefused("body")
        try:
            if state == "failed":
                return ProvisioningReport(id=task, done=None, problem=_text(said, "problem"))
            return ProvisioningReport(id=task, done=_done(said))
        except ProvisioningUnavailable as error:
            raise ReportRefused("body") from error

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=self._timeout,
                trust_env=False,
                follow_redirects=False,
                limits=httpx.Limits(max_connections=20, keepalive_expiry=2.0),
            )
        return self._client


def _message(task: ProvisioningTask) -> dict[str, Any]:
    return {
        "id": task.id,
        "tenant": task.tenant,
        "action": task.action,
        "product": task.product,
        "subject": task.subject,
        "order": task.order_number,
        "customer": task.customer_number,
        "contract": task.contract_number,
        "wanted_at": task.wanted_at.isoformat(),
        "wants_pin": task.wants_pin,
        "details": dict(task.details),
    } | ({"secret": task.secret} if task.secret else {})


def _read(task: ProvisioningTask, status: int, content: bytes) -> ProvisioningDone | None:
    said = _object(content)
    if status == 202:
        return None
    if status in (200, 201, 204):
        done = _done(said)
        if task.wants_pin and not done.pin:
            raise ProvisioningUnavailable("the answer has no PIN")
        return done
    # The bare 404 of some proxy on the way must not be read as a refusal for good.
    if 400 <= status < 500 and status not in _ASK_AGAIN and _text(said, "problem"):
        raise ProvisioningFailed(_text(said, "problem"))
    raise ProvisioningUnavailable(f"the answer is {status}")


def _done(said: Mapping[str, Any]) -> ProvisioningDone:
    return ProvisioningDone(reference=_text(said, "reference"), pin=_text(said, "pin"))


def _object(content: bytes) -> dict[str, Any]:
    """The JSON object of a body; empty for everything else."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _text(said: Mapping[str, Any], name: str) -> str:
    """A text of the other side, "" when it is absent. Raises ProvisioningUnavailable for what cannot be one."""
    value = said.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not value.isprintable():
        raise ProvisioningUnavailable(f"{name} in the answer is no short text")
    return value.strip()
