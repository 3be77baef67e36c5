"""One operator's Litestar application, made of its compiled operator and the route table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from litestar import Litestar, Request
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response
from litestar.types import ASGIApp, Receive, Scope, Send

from mypage.web.kernel import Kernel
from mypage.web.routing import FORM_LIMIT, Route

log = structlog.get_logger("mypage.error")

AnyRequest = Request[Any, Any, Any]


def create_app(kernel: Kernel, routes: Sequence[Route]) -> Litestar:
    """The application of one operator; only routes given here can be reached in it."""

    def failed(request: AnyRequest, error: Exception) -> Response[Any]:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status >= 500:
            log.error("unhandled error", exc_info=error)
        if status not in (404, 405, 413):
            status = 400 if status < 500 else 500
        return _Branded(kernel, request, status)

    return Litestar(
        route_handlers=[_handler(kernel, route) for route in routes],
        exception_handlers={Exception: failed, HTTPException: failed},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=FORM_LIMIT,
    )


class _Branded(Response[bytes]):
    """An error page that has yet to look for the session: Litestar's exception handlers cannot wait."""

    def __init__(self, kernel: Kernel, request: AnyRequest, status: int) -> None:
        super().__init__(b"", status_code=status)
        self._kernel, self._request, self._status = kernel, request, status

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            page = await self._kernel.fail(self._request, self._status)
            app: ASGIApp = page.to_asgi_response(None, self._request)
            await app(scope, receive, send)

        return answer


def _handler(kernel: Kernel, route: Route) -> HTTPRouteHandler:
    async def endpoint(request: AnyRequest) -> Response[Any]:
        return await kernel.serve(route, request)

    # Litestar reads these at registration, when names of this module's annotations are out of its reach.
    endpoint.__annotations__ = {"request": AnyRequest, "return": Response[Any]}
    methods = [HttpMethod.GET, HttpMethod.HEAD] if route.method == "GET" else [HttpMethod.POST]
    return HTTPRouteHandler(route.path, http_method=methods, name=f"{route.name}:{route.method}")(endpoint)
