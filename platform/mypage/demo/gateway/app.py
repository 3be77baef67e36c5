"""Putting the company together: one ASGI application over one directory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from litestar import Litestar, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from . import api, pages
from .service import Company, Refused
from .store import Store

MAX_BODY = 16 * 1024


def create_app(
    directory: Path,
    *,
    public_url: str,
    api_key: str = "demo-key",
    return_origins: frozenset[str] = frozenset(),
    slow_seconds: float = 3.0,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Litestar:
    """The application. ``public_url`` is where browsers reach it; ``directory`` is made when absent and holds its file.

    ``return_origins`` such as ``https://portal.example`` limits where customers are sent back to; empty means anywhere.
    ``slow_seconds`` is how long the slow card takes to register. ``app.state.company`` is the company itself.
    """
    company = Company(Store(directory), clock=clock, return_origins=return_origins)
    return Litestar(
        route_handlers=[*pages.HANDLERS, api.router()],
        exception_handlers={Refused: _refused_page, HTTPException: _error_page},
        state=State(
            {
                "company": company,
                "api_key": api_key,
                "public_url": public_url.rstrip("/"),
                "slow_seconds": slow_seconds,
            }
        ),
        request_max_body_size=MAX_BODY,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def _refused_page(request: pages.Asking, _: Refused) -> Response[Any]:
    return pages.plain_page(request, 404)


def _error_page(request: pages.Asking, error: HTTPException) -> Response[Any]:
    if request.scope["path"].startswith("/api/"):
        return api.on_http_error(request, error)
    return pages.plain_page(request, error.status_code)
