"""Serving one route: browser → session → principal → guard → handler → response, in one unit of work."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import structlog
from litestar import Request
from litestar.response import Response

from mypage.db.reads import Ask
from mypage.db.session import Database, DatabaseDown, Tx
from mypage.hooks.permissions import PUBLIC, SIGNED_IN
from mypage.i18n import LOCALES
from mypage.lib.errors import (
    AccountClosed,
    Busy,
    DomainError,
    NotAllowed,
    ReauthNeeded,
    SeatNeeded,
    SignInNeeded,
    StaleForm,
    ViewOver,
)
from mypage.operators.operator import Operator
from mypage.operators.tenants import SecondFactor, Tenant
from mypage.web.cookies import CookieJar, new_visitor, read_cookies, visitor_holds
from mypage.web.csrf import FIELD, HEADER, csrf_token, same_origin, token_holds
from mypage.web.errors import ErrorReply, error_reply
from mypage.web.flashes import unpack_flashes
from mypage.web.formdata import BadForm, FormData, parse_form
from mypage.web.replies import Reply
from mypage.web.request import Authenticator, PortalRequest, Ports, Seating, SignedIn, Views
from mypage.web.responder import Responder
from mypage.web.routing import Route
from mypage.web.uploads import parse_files, parse_upload
from mypage.web.urls import UrlTable, safe_path
from mypage.web.viewing import check_form, enter_page

T = TypeVar("T")

log = structlog.get_logger("mypage.web")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """Everything that the routes of one operator's application share."""

    operator: Operator
    database: Database
    responder: Responder
    urls: UrlTable
    ports: Ports
    authenticate: Authenticator
    session_read: Callable[[Operator, str, str, SecondFactor], Ask]
    """What `authenticate` asks the database, given operator, tenant, token and the tenant's setting."""
    leaving: Callable[[Tx, str], SignedIn | None]
    """The session that had this token before its present one; asked for logouts alone."""
    signing_key: Callable[[str], bytes]
    origin_of: Callable[[str], str]
    views: Views | None = None
    """What finds who of the staff sees a portal as a customer does; the console itself is shown to nobody else."""
    seating: Seating | None = None
    """In the staff console, what finds the tenant that a session works for."""

    async def serve(self, route: Route, request: Request[Any, Any, Any]) -> Response[Any]:
        """Answer one request of one route, whatever happens."""
        rq = self._request(request, route.name)
        request.scope["state"]["route"] = route.name
        try:
            if route.signed:
                return await self._signed(route, rq, request)
            if route.method == "POST":
                rq.form = await self._checked_form(route, rq, request)
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
                await self._run(rq, lambda tx: self._find_session(rq, tx))
            except DatabaseDown:
                return self.responder.error(rq, error_reply(Busy()))
            except ViewOver as error:
                return await self._failed(rq, error)
        return self.responder.error(rq, ErrorReply(status))

    async def _answer(self, route: Route, rq: PortalRequest) -> Response[Any]:
        if route.desk:
            await self._run(rq, lambda tx: self._enter(route, rq, tx))
            return await self._at_desk(route, rq)
        if route.waits:
            if rq.headers[":session"] or rq.headers[":view"]:
                await self._run(rq, lambda tx: self._enter(route, rq, tx))
            else:
                # Without a session there is nothing to look for, and the handler begins units of its own.
                self._enter(route, rq, None)
            reply = await cast("Awaitable[Reply]", route.handler(rq))
            return self.responder.respond(rq, reply)

        def work(tx: Tx) -> Response[Any]:
            self._enter(route, rq, tx)
            rq.unit = tx
            try:
                return self.responder.respond(rq, cast("Reply", route.handler(rq)))
            finally:
                rq.unit = None

        return await self._run(rq, work)

    async def _at_desk(self, route: Route, rq: PortalRequest) -> Response[Any]:
        """Work of staff in the tenant of their seat: a unit of its own, after that of the console's own tenant."""
        if route.waits:
            return self.responder.respond(rq, await cast("Awaitable[Reply]", route.handler(rq)))

        def work(tx: Tx) -> Response[Any]:
            rq.unit = tx
            try:
                return self.responder.respond(rq, cast("Reply", route.handler(rq)))
            finally:
                rq.unit = None

        return await rq.run_at_desk(work)

    async def _signed(self, route: Route, rq: PortalRequest, request: Request[Any, Any, Any]) -> Response[Any]:
        """Another system reports: it has no session, and no cookie that came along counts or is given."""
        rq.body = await request.body()
        reply = await cast("Awaitable[Reply]", route.handler(rq))
        rq.out.cookies.clear()
        return self.responder.respond(rq, reply)

    async def _run(self, rq: PortalRequest, work: Callable[[Tx], T]) -> T:
        """A unit of work that begins with finding the session."""
        token, view, first = rq.headers[":session"], rq.headers[":view"], None
        if view and self.views is not None:
            first = self.views.ask(self.operator, rq.tenant.name, view)
        elif token:
            first = self.session_read(self.operator, rq.tenant.name, token, rq.tenant.second_factor)
        return await self.database.run(rq.tenant.name, work, request_id=rq.request_id, first=first)

    def _enter(self, route: Route, rq: PortalRequest, tx: Tx | None) -> None:
        self._find_session(rq, tx)
        if rq.viewed and tx is not None:
            enter_page(rq, route, tx)
        self._guard(route, rq)

    def _find_session(self, rq: PortalRequest, tx: Tx | None) -> None:
        token, browser = rq.headers[":session"], self._find_reader(rq, tx)
        if rq.method == "POST" and rq.route_name:
            sent = rq.form.get(FIELD) or rq.headers.get(HEADER, "")
            if not token_holds(rq.key, rq.tenant.name, browser, sent):
                if rq.signed_in is not None or not token_holds(rq.key, rq.tenant.name, token, sent):
                    raise StaleForm
                self._leave(rq, tx, token)

    def _find_reader(self, rq: PortalRequest, tx: Tx | None) -> str:
        """Who asks; returns what the tokens of their forms hang on. Raises OnlyViewing and ViewOver."""
        token = rq.headers[":session"]
        if rq.headers[":view"] and tx is not None:
            self._find_view(rq, tx)
        if token and tx is not None and not rq.viewed:
            # A cookie that opens nothing is left alone: it may be the old one of a session that was rotated meanwhile,
            # and dropping it would drop the new one.
            rq.signed_in = self.authenticate(tx, self.operator, token, second_factor=rq.tenant.second_factor)
            if rq.signed_in is not None:
                tx.act_as(rq.actor)
            if rq.signed_in is not None and self.seating is not None:
                self._take_seat(rq, tx, rq.signed_in, self.seating)
        browser = rq.signed_in.token if rq.signed_in else rq.visitor
        # A page of one tenant must not act in another to which its reader went over meanwhile in another window.
        browser += f"\n{rq.seat.tenant.name}" if rq.seat else ""
        rq.csrf_token = csrf_token(rq.key, rq.tenant.name, browser)
        check_form(rq)
        return browser

    def _find_view(self, rq: PortalRequest, tx: Tx) -> None:
        """Before any session, so that in the browser of a viewer who is a customer too nothing is taken for another."""
        rq.signed_in = self.views.find(tx, self.operator, rq.headers[":view"]) if self.views is not None else None
        if rq.signed_in is None:
            rq.out.cookies.append(self.responder.jar(rq).drop("view"))
        else:
            tx.act_as(rq.actor)

    def _take_seat(self, rq: PortalRequest, tx: Tx, signed_in: SignedIn, seating: Seating) -> None:
        rq.seat = seating(tx, signed_in.principal)
        if rq.seat is not None:
            permissions = signed_in.principal.permissions | rq.seat.permissions
            rq.signed_in = replace(signed_in, principal=replace(signed_in.principal, permissions=permissions))
            tx.act_as(rq.actor)

    def _leave(self, rq: PortalRequest, tx: Tx | None, token: str) -> None:
        """A form of a session that has ended meanwhile, or goes on under another token, which a logout still ends.

        The form's token was ours, so the login page is the answer to all others.
        """
        rq.signed_in = self.leaving(tx, token) if tx is not None and rq.route_name == "logout" else None
        if tx is None or rq.signed_in is None:
            raise SignInNeeded
        tx.act_as(rq.actor)

    def _guard(self, route: Route, rq: PortalRequest) -> None:
        if route.permission == PUBLIC:
            return
        if rq.signed_in is None:
            raise SignInNeeded
        if rq.signed_in.closed and route.method == "POST":
            raise AccountClosed
        gate = rq.signed_in.gate
        if gate is not None and (route.gated or gate.alone) and route.name not in gate.allowed | {gate.route}:
            raise GateStands(gate.route)
        if route.desk and rq.seat is None:
            raise SeatNeeded
        if route.permission != SIGNED_IN and not rq.principal.may(route.permission):
            raise NotAllowed(route.permission)
        if route.reauth and not rq.signed_in.reauth_fresh:
            raise ReauthNeeded

    async def _checked_form(self, route: Route, rq: PortalRequest, request: Request[Any, Any, Any]) -> FormData:
        host = rq.headers.get("host", "")
        origin, site = rq.headers.get("origin"), rq.headers.get("sec-fetch-site")
        if not same_origin(host, origin, site, scheme=rq.origin.partition(":")[0]):
            raise StaleForm
        if route.uploads:
            await self._known(route, rq)
        try:
            read = parse_files if route.uploads else parse_upload if route.files else parse_form
            return read(await request.body(), rq.headers.get("content-type", ""))
        except BadForm as error:
            raise StaleForm from error

    async def _known(self, route: Route, rq: PortalRequest) -> None:
        """A large body is read only from somebody who is signed in and may send it; the rest is checked as always."""
        # Its fields are unread, and its page has its own address: that is where a login leads back to.
        rq.form = FormData([("_back", rq.path)])
        cookies = list(rq.out.cookies)
        if rq.headers[":session"] or rq.headers[":view"]:
            await self._run(rq, lambda tx: self._find_reader(rq, tx))
        self._guard(route, rq)
        # Who asks is found once more together with the form, and so is what their browser is told.
        rq.out.cookies[:] = cookies

    async def _failed(self, rq: PortalRequest, error: DomainError) -> Response[Any]:
        rq.out.cookies.clear()
        if isinstance(error, ViewOver):
            rq.out.cookies.append(self.responder.jar(rq).drop("view"))
        if isinstance(error, GateStands):
            return self.responder.redirect(rq, rq.href(error.route))
        if isinstance(error, SeatNeeded):
            return self.responder.redirect(rq, rq.href("seat"))
        if isinstance(error, SignInNeeded | ReauthNeeded):
            return self.responder.redirect(rq, self._door(rq, error))
        reply = error_reply(error)
        if isinstance(error, NotAllowed) and rq.signed_in is not None:
            reply = replace(reply, refusal=rq.signed_in.withheld.get(error.permission, ""))
        return self.responder.error(rq, reply)

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
        jar = CookieJar(tenant.name, prefix, self.responder.secure)
        key = self.signing_key(tenant.name)
        headers[":session"] = cookies.get(jar.name("session"), "")
        headers[":view"] = cookies.get(jar.name("view"), "") if self.views is not None else ""
        locale = cookies.get(jar.name("language"), "")
        locale = locale if locale in LOCALES else tenant.locale
        rq = PortalRequest(
            tenant=tenant,
            operator=self.operator,
            prefix=prefix,
            origin=self.origin_of(tenant.main.host),
            method="GET" if scope["method"] == "HEAD" else scope["method"],
            path=scope["state"]["path"]
            + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""),
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
            menu_of=self.responder.framer.menu,
            route_name=name,
            incoming_flashes=unpack_flashes(key, tenant.name, cookies.get(jar.name("flash"), "")),
        )
        if not visitor_holds(key, tenant.name, rq.visitor):
            rq.visitor = new_visitor(key, tenant.name)
            rq.out.cookies.append(jar.set("visitor", rq.visitor))
        rq.csrf_token = csrf_token(key, tenant.name, rq.visitor)
        return rq


class GateStands(DomainError):
    """A gate stands between login and portal; `route` is its page."""

    def __init__(self, route: str) -> None:
        """Name the gate's page."""
        super().__init__(route)
        self.route = route


def _query(request: Request[Any, Any, Any]) -> dict[str, str]:
    # No text of the database can hold a NUL, and handlers look things up by what the address says.
    given = ((key, value) for key, value in request.query_params.items() if isinstance(value, str))
    return {key: value.replace("\0", "\ufffd") for key, value in given}


def new_request_id() -> str:
    """A random id that ties the log lines of one request together."""
    return uuid.uuid4().hex
