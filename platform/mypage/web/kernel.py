"""Serving one route: browser → session → principal → guard → handler → template → commit → response."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import structlog
from litestar import Request
from litestar.response import Response, Stream

from mypage.db.session import Actor, Database, DatabaseDown, Tx
from mypage.hooks.permissions import PUBLIC, SIGNED_IN
from mypage.i18n import LOCALES
from mypage.lib.errors import Busy, DomainError, NotAllowed, ReauthNeeded, SignInNeeded, StaleForm
from mypage.lib.tabular import content_disposition
from mypage.operators.operator import Operator
from mypage.operators.tenants import Tenant
from mypage.web.cookies import CookieJar, new_visitor, read_cookies, visitor_holds
from mypage.web.csrf import FIELD, HEADER, csrf_token, same_origin, token_holds
from mypage.web.errors import ErrorReply, error_reply
from mypage.web.flashes import pack_flashes, unpack_flashes
from mypage.web.formdata import BadForm, FormData, parse_form
from mypage.web.framing import Framer
from mypage.web.headers import page_headers
from mypage.web.rendering import Templates
from mypage.web.replies import Download, Go, GoOut, GoPath, Reply, Show
from mypage.web.request import Authenticator, PortalRequest, Ports
from mypage.web.routing import Route
from mypage.web.statics import YEAR
from mypage.web.urls import UrlTable, safe_path

log = structlog.get_logger("mypage.web")

MONTH = 30 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """Everything that the routes of one operator's application share."""

    operator: Operator
    database: Database
    templates: Templates
    framer: Framer
    urls: UrlTable
    ports: Ports
    authenticate: Authenticator
    signing_key: Callable[[str], bytes]
    origin_of: Callable[[str], str]
    form_targets: Callable[[Tenant], tuple[str, ...]]
    secure: bool

    async def serve(self, route: Route, request: Request[Any, Any, Any]) -> Response[Any]:
        """Answer one request of one route, whatever happens."""
        rq = self._request(request, route.name)
        request.scope["state"]["route"] = route.name
        try:
            if route.method == "POST":
                rq.form = await self._checked_form(rq, request)
            answer = await self._answer(route, rq)
        except DomainError as error:
            return await self._failed(rq, error)
        except DatabaseDown as error:
            log.error("database down", tenant=rq.tenant.name, request_id=rq.request_id, error=str(error)[:200])
            return await self._failed(rq, Busy())
        return answer

    async def fail(self, request: Request[Any, Any, Any], status: int) -> Response[Any]:
        """The error page for what never reached a route: 404, 405, 413, and what a route could not catch."""
        rq = self._request(request, "")
        if status in (404, 405):
            try:
                await self.database.run(rq.tenant.name, lambda tx: self._find_session(rq, tx))
            except DatabaseDown:
                return self._error_response(rq, error_reply(Busy()))
        return self._error_response(rq, ErrorReply(status))

    async def _answer(self, route: Route, rq: PortalRequest) -> Response[Any]:
        if route.waits:
            await rq.database.run(rq.tenant.name, lambda tx: self._enter(route, rq, tx), request_id=rq.request_id)
            reply = await cast("Awaitable[Reply]", route.handler(rq))
            return self._respond(rq, reply)

        def work(tx: Tx) -> Response[Any]:
            self._enter(route, rq, tx)
            rq.unit = tx
            try:
                return self._respond(rq, cast("Reply", route.handler(rq)))
            finally:
                rq.unit = None

        return await rq.database.run(rq.tenant.name, work, request_id=rq.request_id)

    def _enter(self, route: Route, rq: PortalRequest, tx: Tx) -> None:
        self._find_session(rq, tx)
        self._guard(route, rq)

    def _find_session(self, rq: PortalRequest, tx: Tx) -> None:
        token = rq.headers.get(":session", "")
        if token:
            rq.signed_in = self.authenticate(tx, self.operator, token)
            if rq.signed_in is None:
                rq.out.end_session = True
        if rq.signed_in is not None:
            tx.act_as(Actor("account", str(rq.signed_in.principal.account_id)))
        browser = rq.signed_in.token if rq.signed_in else rq.visitor
        rq.csrf_token = csrf_token(rq.key, rq.tenant.name, browser)
        if rq.method == "POST" and rq.route_name:
            sent = rq.form.get(FIELD) or rq.headers.get(HEADER, "")
            if not token_holds(rq.key, rq.tenant.name, browser, sent):
                raise StaleForm

    def _guard(self, route: Route, rq: PortalRequest) -> None:
        if route.permission == PUBLIC:
            return
        if rq.signed_in is None:
            raise SignInNeeded
        gate = rq.signed_in.gate
        if gate is not None and route.gated and route.name not in gate.allowed | {gate.route}:
            raise GateStands(gate.route)
        if route.permission != SIGNED_IN and not rq.principal.may(route.permission):
            raise NotAllowed
        if route.reauth and not rq.signed_in.reauth_fresh:
            raise ReauthNeeded

    async def _checked_form(self, rq: PortalRequest, request: Request[Any, Any, Any]) -> FormData:
        host = rq.headers.get("host", "")
        if not same_origin(host, rq.headers.get("origin"), rq.headers.get("sec-fetch-site")):
            raise StaleForm
        try:
            return parse_form(await request.body(), rq.headers.get("content-type", ""))
        except BadForm as error:
            raise StaleForm from error

    async def _failed(self, rq: PortalRequest, error: DomainError) -> Response[Any]:
        rq.out.cookies.clear()
        if isinstance(error, GateStands):
            return self._redirect(rq, rq.href(error.route))
        if isinstance(error, SignInNeeded | ReauthNeeded):
            return self._redirect(rq, self._door(rq, error))
        return self._error_response(rq, error_reply(error))

    def _door(self, rq: PortalRequest, error: DomainError) -> str:
        """The login or re-authentication page, which leads back to a page that can be read again."""
        back = rq.path if rq.method == "GET" else safe_path(rq.form.get("_back", ""), rq.prefix)
        name = "reauth" if isinstance(error, ReauthNeeded) else "login"
        home = rq.href("home")
        return rq.href(name, next=back if back and back != home else None)

    def _request(self, request: Request[Any, Any, Any], name: str) -> PortalRequest:
        scope = request.scope
        tenant: Tenant = scope["state"]["tenant"]
        prefix: str = scope["state"]["prefix"]
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"] if not k.startswith(b":")}
        cookies = read_cookies(headers.get("cookie", ""))
        jar = CookieJar(tenant.name, prefix, self.secure)
        key = self.signing_key(tenant.name)
        headers[":session"] = cookies.get(jar.name("session"), "")
        locale = cookies.get(jar.name("language"), "")
        locale = locale if locale in LOCALES else tenant.locale
        rq = PortalRequest(
            tenant=tenant,
            operator=self.operator,
            prefix=prefix,
            origin=self.origin_of(tenant.main.host),
            method="GET" if scope["method"] == "HEAD" else scope["method"],
            path=scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""),
            params=request.path_params,
            query=_query(request),
            headers=headers,
            form=FormData(),
            network=scope["state"]["network"],
            request_id=scope["state"]["request_id"],
            locale=locale,
            text_size=cookies.get(jar.name("text"), ""),
            t=self.operator.catalogues[locale],
            key=key,
            visitor=cookies.get(jar.name("visitor"), ""),
            signed_in=None,
            database=self.database,
            clock=self.database.clock,
            ports=self.ports,
            urls=self.urls,
            route_name=name,
            incoming_flashes=unpack_flashes(key, tenant.name, cookies.get(jar.name("flash"), "")),
        )
        if not visitor_holds(key, tenant.name, rq.visitor):
            rq.visitor = new_visitor(key, tenant.name)
            rq.out.cookies.append(jar.set("visitor", rq.visitor))
        rq.csrf_token = csrf_token(key, tenant.name, rq.visitor)
        return rq

    def _respond(self, rq: PortalRequest, reply: Reply) -> Response[Any]:
        match reply:
            case Show():
                return self._html(rq, self.render(rq, reply), reply.status, reply.headers)
            case Go():
                return self._redirect(rq, rq.href(reply.route, **reply.params))
            case GoPath():
                return self._redirect(rq, reply.path)
            case GoOut():
                return self._redirect(rq, reply.url)
            case Download():
                return self._download(rq, reply)

    def render(self, rq: PortalRequest, reply: Show) -> str:
        """The HTML of a page in the tenant's look and the request's language."""
        return self.templates.render(
            reply.page,
            theme=rq.tenant.theme.name,
            locale=rq.locale,
            frame=self.framer.frame(rq),
            href=rq.href,
            static=lambda path: self.framer.statics.url(rq.prefix, rq.tenant.theme.name, path),
        )

    def _html(
        self, rq: PortalRequest, html: str, status: int, headers: Mapping[str, str] | None = None
    ) -> Response[Any]:
        jar = CookieJar(rq.tenant.name, rq.prefix, self.secure)
        if rq.incoming_flashes:
            rq.out.cookies.append(jar.drop("flash"))
        response = Response(html.encode(), status_code=status, media_type="text/html; charset=utf-8")
        return self._finish(rq, response, headers or {})

    def _redirect(self, rq: PortalRequest, location: str) -> Response[Any]:
        jar = CookieJar(rq.tenant.name, rq.prefix, self.secure)
        if rq.out.flashes:
            rq.out.cookies.append(jar.set("flash", pack_flashes(rq.key, rq.tenant.name, rq.out.flashes), max_age=300))
        return self._finish(rq, Response(b"", status_code=303, headers={"location": location}), {})

    def _download(self, rq: PortalRequest, reply: Download) -> Response[Any]:
        headers: dict[str, str] = {}
        if reply.filename:
            headers["content-disposition"] = content_disposition(reply.filename, inline=reply.inline)
        if isinstance(reply.content, bytes):
            response: Any = Response(reply.content, media_type=reply.media_type, headers=headers)
        else:
            response = Stream(reply.content, media_type=reply.media_type, headers=headers)
        if reply.cache_seconds:
            headers["cache-control"] = f"private, max-age={min(reply.cache_seconds, YEAR)}"
        return self._finish(rq, response, headers)

    def _finish(self, rq: PortalRequest, response: Any, headers: Mapping[str, str]) -> Any:
        jar = CookieJar(rq.tenant.name, rq.prefix, self.secure)
        for name, value in page_headers(secure=self.secure, form_targets=self.form_targets(rq.tenant)):
            response.headers.setdefault(name, value)
        for name, value in headers.items():
            response.headers[name.lower()] = value
        if rq.out.new_session is not None:
            rq.out.cookies.append(jar.set("session", rq.out.new_session))
        elif rq.out.end_session:
            rq.out.cookies.append(jar.drop("session"))
        response.cookies = list(rq.out.cookies)
        return response

    def _error_response(self, rq: PortalRequest, error: ErrorReply) -> Response[Any]:
        rq.unit = None
        back = rq.path if rq.method == "GET" else rq.href("top")
        page = error.page(back_url=back, reference=rq.request_id)
        response = self._html(rq, self.render(rq, Show(page)), error.status)
        if error.retry_after:
            response.headers["retry-after"] = str(error.retry_after)
        return response


class GateStands(DomainError):
    """A gate stands between login and portal; `route` is its page."""

    def __init__(self, route: str) -> None:
        """Name the gate's page."""
        super().__init__(route)
        self.route = route


def _query(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {key: value for key, value in request.query_params.items() if isinstance(value, str)}


def new_request_id() -> str:
    """A random id that ties the log lines of one request together."""
    return uuid.uuid4().hex


__all__ = ["MONTH", "GateStands", "Kernel", "new_request_id"]
