"""The product with one thing taken off or looked at, as application factories for uvicorn."""

from __future__ import annotations

import time
from typing import Any

import pluggy

import mypage.db.session as units
from mypage.db.reads import send_together
from mypage.server.app import Server, compile_all
from mypage.server.logs import configure_logging
from mypage.server.settings import read_settings


def _server() -> Server:
    configure_logging()
    settings = read_settings()
    return Server(settings, compile_all(settings.theme_folders))


def without_row_security() -> Server:
    """No transaction and no tenant entered; started as a superuser, whom no policy binds."""

    def begin(connection: Any) -> None:
        opening = connection.get_execution_options().get("opening")
        if opening is not None:
            opening.rows = send_together(connection, [opening.ask])[0]

    units._on_begin = begin  # noqa: SLF001 - this is the thing taken off
    return _server()


class _Counting:
    def __init__(self, server: Server) -> None:
        self.server, self.calls, self.seconds = server, 0, 0.0

    def count(self, called: Any) -> Any:
        def call(caller: Any, **arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return called(caller, **arguments)
            finally:
                self.calls, self.seconds = self.calls + 1, self.seconds + time.perf_counter() - began

        return call

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") != "/bench-hooks":
            await self.server(scope, receive, send)
            return
        body = f"{self.calls} {self.seconds}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


def counting_hooks() -> Any:
    """Every call of a plugin's hook is counted and timed; `/bench-hooks` tells how many and how long."""
    counting = _Counting(_server())
    pluggy.HookCaller.__call__ = counting.count(pluggy.HookCaller.__call__)  # type: ignore[method-assign]
    return counting
