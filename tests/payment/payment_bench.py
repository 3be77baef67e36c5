"""The real demo payment company on a real socket, the real adapter, and a customer with a browser."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import httpx
import uvicorn

from mypage.demo.gateway.app import create_app
from mypage.demo.gateway.service import Company
from mypage.hooks.payment import CardBrandChoice, CardLabels, CardPageTheme, CardSetupRequest
from mypage.testing.portal import HANG

RETURN_URL = "https://portal.example/u/card/return?step=2"


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: datetime(2026, 11, 21, 3, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(frozen=True)
class Running:
    url: str
    company: Company
    clock: Clock
    directory: Path

    def outcomes(self, event: str) -> list[str]:
        return [entry.outcome for entry in self.company.store.log() if entry.event == event]

    def rows(self) -> int:
        with self.company.store.work() as db:
            return int(db.execute("SELECT count(*) FROM setups").fetchone()[0])


class Customer:
    """Fills the page as a browser would; follows no redirect, so that a test sees where it leads."""

    def __init__(self, page: str) -> None:
        self.page = page
        # A connection for each request: nothing is left open that somebody would have to close.
        self._http = httpx.Client(
            trust_env=False, verify=False, timeout=HANG, limits=httpx.Limits(max_keepalive_connections=0)
        )

    def look(self) -> httpx.Response:
        return self._http.get(self.page)

    def type(self, number: str, **other: str) -> httpx.Response:
        fields = {"month": "7", "year": "2029", "code": "123", "holder": "TARO YAMADA", **other, "number": number}
        return self._http.post(self.page, data=fields)

    def prove(self, answer: str) -> httpx.Response:
        return self._http.post(f"{self.page}/identity", data={"answer": answer})

    def cancel(self) -> httpx.Response:
        return self._http.post(f"{self.page}/cancel")


def wish(key: str = "intent-1", **other: Any) -> CardSetupRequest:
    """A request as billing makes one, under the labels of a manual."""
    labels = CardLabels(
        title="カード情報登録 入力",
        number="カード番号",
        expiry="有効期限",
        security_code="セキュリティコード",
        holder="名義人名",
        submit="確認",
        cancel="戻る",
        holder_help="カード名義をローマ字（半角英字 大文字）で入力してください。",
    )
    values: dict[str, Any] = {
        "idempotency_key": key,
        "tenant": "sample",
        "customer_reference": "c-8f1c",
        "return_url": RETURN_URL,
        "labels": labels,
        "locale": "ja",
        "theme": CardPageTheme(name="サンプル光", brand="#00543c", action="#00543c"),
        "brands": (
            CardBrandChoice(brand="visa", label="VISA"),
            CardBrandChoice(brand="mastercard", label="MasterCard"),
            CardBrandChoice(brand="amex", label="AMERICAN EXPRESS"),
            CardBrandChoice(brand="jcb", label="JCB"),
        ),
    }
    return CardSetupRequest(**{**values, **other})


class Door:
    """``with Door() as door``: a server on a free port until the block ends, for one company after the other.

    Starting and stopping a server takes longer than most tests.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._app: Any = None

    def company(self, directory: Path, clock: Clock, **options: Any) -> Running:
        """From now on this company answers."""
        app = create_app(directory, public_url=self.url, clock=clock, **{"slow_seconds": 1.0, **options})
        self._app = app
        return Running(self.url, app.state.company, clock, directory)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)

    def __enter__(self) -> Self:
        config = uvicorn.Config(self, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the gateway did not start"
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(HANG)


@contextmanager
def running(directory: Path, clock: Clock, **options: Any) -> Iterator[Running]:
    """``with running(directory, clock) as gateway``: a company at a door of its own, which is gone after the block."""
    with Door() as door:
        yield door.company(directory, clock, **options)
