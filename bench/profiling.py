"""Where the CPU time of a page goes: a profile of the application in this process, summed by part."""

from __future__ import annotations

import asyncio
import cProfile
import os
import pstats
import time
from collections import Counter
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

from data import Store
from serving import environment

PAGES = 300
PARTS = {
    "database driver": ("psycopg", "mypage/db"),
    "database layer": ("sqlalchemy", "greenlet"),
    "template": ("jinja2", "markupsafe", "/templates/", "mypage/web/rendering.py", "mypage/web/remembering.py"),
    "framework": ("litestar", "uvloop", "asyncio", "multidict"),
    "log and figures": ("structlog", "prometheus_client", "json/", "logging"),
    "ours": ("mypage",),
}


def parts_of_a_page(kept: Store) -> dict[str, float]:
    """Share of each part, 0 to 1. Built-in functions count for the part that calls them."""
    os.environ.update({k: v for k, v in environment(kept).items() if k.startswith("MYPAGE_")})
    kept.freshen()
    with redirect_stderr(StringIO()):
        profile = asyncio.run(_profile(kept))
    found: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if file == "~" and callers:
            for (caller, _, _), (_, _, part, _) in callers.items():
                found[_part(caller)] += part
        else:
            found[_part(file)] += own
    whole = sum(found.values())
    return {name: seconds / whole for name, seconds in found.items()}


async def _profile(kept: Store) -> cProfile.Profile:
    from mypage.server.asgi import create

    server = create()
    await server.start()
    profile = cProfile.Profile(time.process_time)
    browsers = kept.browsers()
    for at in range(PAGES * 2):
        if at == PAGES:
            profile.enable()
        await server(_scope(*browsers[at % len(browsers)][:2]), _receive, _send)
    profile.disable()
    await server.stop()
    return profile


def _scope(host: str, cookie: str) -> dict[str, Any]:
    headers = [(b"host", host.encode()), (b"cookie", cookie.encode()), (b"accept", b"text/html")]
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": "/home",
        "raw_path": b"/home", "query_string": b"", "scheme": "http", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_: dict[str, Any]) -> None:
    return


def _part(file: str) -> str:
    name = Path(file).as_posix()
    return next((part for part, marks in PARTS.items() if any(mark in name for mark in marks)), "other Python")
