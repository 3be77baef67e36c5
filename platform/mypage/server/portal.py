"""One operator's Litestar application, made of its compiled operator and the route table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import structlog
from litestar import Litestar, Request
from litestar.enums import HttpMethod, ScopeType
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from mypage.web.kernel import Kernel
from mypage.web.routing import FORM_LIMIT, Route

log = structlog.get_logger("mypage.error")

AnyRequest = Request[Any, Any, Any]


class OperatorApp:
    """The application of one operator; only routes given here can be reached in it.

    Reading a page of a fixed path is the most frequent request by far and needs nothing of Litestar's handlers.
    """

    def __init__(self, kernel: Kernel, routes: Sequence[Route]) -> None:
        """Builds the handlers; no connection is opened."""
        self._kernel = kernel
        self._pages = {route.path: route for route in routes if route.method == "GET" and "{" not in route.path}
        self.litestar = Litestar(
            route_handlers=[_handler(kernel, route) for route in routes],
            exception_handlers={Exception: self._failed, HTTPException: self._failed},
            openapi_config=None,
            logging_config=None,
            request_max_body_size=FORM_LIMIT,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of one of the operator's tenants."""
        read = scope["type"] == ScopeType.HTTP and scope["method"] == "GET"
        page = self._pages.get(scope["path"][len(scope["state"]["prefix"]) :]) if read else None
        if page is None:
            await self.litestar(scope, receive, send)
            return
        scope["path_params"] = {}
        request: AnyRequest = Request(cast("HTTPScope", scope), receive, send)
        try:
            response = await self._kernel.serve(page, request)
        except Exception as error:  # noqa: BLE001 - as in Litestar: whatever it was, the answer is a page
            response = self._failed(request, error)
        answer: ASGIApp = response.to_asgi_response(None, request)
        await answer(scope, receive, send)

    def _failed(self, request: AnyRequest, error: Exception) -> Response[Any]:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status >= 500:
            log.error("unhandled error", exc_info=error)
        if status not in (404, 405, 413):
            status = 400 if status < 500 else 500
        return _Branded(self._kernel, request, status)


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
    return HTTPRouteHandler(
        route.path, http_method=methods, name=f"{route.name}:{route.method}", request_max_body_size=route.limit
    )(endpoint)
