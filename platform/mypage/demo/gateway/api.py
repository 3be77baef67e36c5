"""The interface between servers: JSON under ``/api``, with a bearer key."""

from __future__ import annotations

import hmac
import re
from typing import Any, Final

import anyio
from litestar import Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.enums import MediaType
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from .service import Company, Refused, Setup

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_STATUS: Final = {"bad_request": 400, "return_url": 400, "not_found": 404, "key_conflict": 409}
Asking = Request[Any, Any, State]
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class _CutOff(ASGIResponse):
    """An answer whose connection breaks in the middle."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"400")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"refer', "more_body": True})


class _Dropped(Response[None]):
    def to_asgi_response(self, *args: Any, **kwargs: Any) -> ASGIResponse:
        return _CutOff()


def bearer(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Let only the holder of the key in."""
    said = connection.headers.get("authorization", "")
    if not hmac.compare_digest(said.encode(), f"Bearer {connection.app.state.api_key}".encode()):
        raise NotAuthorizedException


@post("/setups", status_code=200)
async def start(request: Asking) -> Response[dict[str, Any]]:
    company = _company(request)
    key = _key(request.headers.get("idempotency-key"))
    return _answer(request, company.start(key, await request.body()))


@get("/setups")
async def query_by_key(request: Asking) -> Response[dict[str, Any]]:
    return _answer(request, _company(request).query(key=_key(request.query_params.get("idempotency_key"))))


@get("/setups/{reference:str}")
async def query(request: Asking, reference: FromPath[str]) -> Response[dict[str, Any]]:
    return _answer(request, _company(request).query(reference=reference))


@post("/setups/{reference:str}/register", status_code=200)
async def register(request: Asking, reference: FromPath[str]) -> Response[Any]:
    """The slow card delays this answer and the drop card breaks it off, both after the work was done."""
    key = _key(request.headers.get("idempotency-key"))
    setup, did_it = _company(request).register(reference, key)
    if did_it and setup.does == "slow":
        await anyio.sleep(request.app.state.slow_seconds)
    if did_it and setup.does == "drop":
        return _Dropped(None)
    return _answer(request, setup)


@post("/setups/{reference:str}/discard", status_code=200)
async def discard(request: Asking, reference: FromPath[str]) -> Response[dict[str, Any]]:
    return _answer(request, _company(request).discard(reference))


def on_refused(request: Asking, error: Refused) -> Response[dict[str, str]]:
    return _declined(request, _STATUS[error.reason], error.reason)


def on_http_error(request: Asking, error: HTTPException) -> Response[dict[str, str]]:
    reason = {401: "unauthorized", 404: "not_found"}.get(error.status_code, "bad_request")
    return _declined(request, error.status_code, reason)


def router() -> Router:
    return Router(
        "/api",
        route_handlers=[start, query_by_key, query, register, discard],
        guards=[bearer],
        exception_handlers={Refused: on_refused, HTTPException: on_http_error},
    )


def _company(request: Asking) -> Company:
    company: Company = request.app.state.company
    return company


def _key(said: str | None) -> str:
    if said is None or not _KEY.fullmatch(said):
        raise Refused("bad_request")
    return said


def _answer(request: Asking, setup: Setup) -> Response[dict[str, Any]]:
    done = setup.state in {"entered", "registered"}
    content = {
        "reference": setup.reference,
        "idempotency_key": setup.idempotency_key,
        "register_key": setup.register_key,
        "url": f"{request.app.state.public_url}/pay/{setup.reference}",
        "state": setup.state,
        "reason": setup.reason,
        "card": setup.card if done else None,
    }
    return Response(content, media_type=MediaType.JSON, headers=_HEADERS)


def _declined(request: Asking, status: int, reason: str) -> Response[dict[str, str]]:
    event = f"{request.method} {request.scope['path']}"[:200]
    key = (request.headers.get("idempotency-key") or "")[:255] or None
    _company(request).note_refusal(event, reason, None, key)
    return Response({"reason": reason}, status_code=status, media_type=MediaType.JSON, headers=_HEADERS)
