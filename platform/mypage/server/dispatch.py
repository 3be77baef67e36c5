"""The outermost ASGI application: host, then path prefix, to a tenant; one Litestar application per operator inside."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars

from mypage.operators.tenants import Registry, normalise_host
from mypage.server.metrics import REQUESTS, SECONDS, method_label
from mypage.web.kernel import new_request_id
from mypage.web.statics import Statics

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = structlog.get_logger("mypage.access")


class Dispatcher:
    """Finds the tenant of a request, serves static files and health, and hands the rest to the operator's app."""

    def __init__(
        self,
        *,
        registry: Callable[[], Registry],
        apps: Mapping[str, App],
        statics: Statics,
        front: App,
        ready: Callable[[], Awaitable[bool]],
        trusted_proxies: tuple[str, ...],
        front_hosts: frozenset[str],
    ) -> None:
        """`front` answers for hosts of no tenant: a 421, or the list of portals in a demo."""
        self._registry, self._apps, self._statics, self._front, self._ready = registry, apps, statics, front, ready
        self._trusted = [ipaddress.ip_network(proxy) for proxy in trusted_proxies]
        self._front_hosts = front_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path in ("/healthz", "/readyz"):
            await self._health(path, send)
            return
        host = normalise_host(_header(scope, b"host"))
        found = self._registry().resolve(host, path) if host else None
        if found is None:
            scope.setdefault("state", {})["known_host"] = host in self._front_hosts or self._registry().knows_host(host)
            await self._front(scope, receive, send)
            return
        tenant, prefix = found
        rest = path[len(prefix) :]
        if rest.startswith("/_static/"):
            await self._static(tenant.theme.name, rest.removeprefix("/_static/"), scope, send)
            return
        await self._portal(scope, receive, send, tenant, prefix)

    async def _portal(self, scope: Scope, receive: Receive, send: Send, tenant: Any, prefix: str) -> None:
        request_id = new_request_id()
        inner = dict(scope)
        inner["root_path"] = scope.get("root_path", "") + prefix
        inner["state"] = {
            **scope.get("state", {}),
            "tenant": tenant,
            "prefix": prefix,
            # The application takes the prefix off its own copy, and leaves it on where it finds no route.
            "path": scope["path"],
            "request_id": request_id,
            "network": self._network(scope),
        }
        status = 500
        started = time.perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        with bound_contextvars(tenant=tenant.name, request_id=request_id):
            try:
                await self._apps[tenant.operator](inner, receive, sending)
            finally:
                seconds = time.perf_counter() - started
                route = inner["state"].get("route", "-")
                REQUESTS.labels(tenant.name, method_label(scope["method"]), route, str(status)).inc()
                SECONDS.labels(tenant.name, route).observe(seconds)
                log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))

    def _network(self, scope: Scope) -> str:
        """The client's address; forwarded ones count only when a trusted proxy sent them."""
        client = scope.get("client")
        peer = client[0] if client else ""
        # A proxy may add to the header that it got or add one of its own: both count, the last entry is its word.
        forwarded = ",".join(_values(scope, b"x-forwarded-for"))
        if forwarded and self._is_trusted(peer):
            for hop in reversed([part.strip() for part in forwarded.split(",")]):
                if not self._is_trusted(hop):
                    return _network_of(hop)
        return _network_of(peer)

    def _is_trusted(self, address: str) -> bool:
        ip = _parsed(address)
        return ip is not None and any(ip in network for network in self._trusted)

    async def _health(self, path: str, send: Send) -> None:
        good = path == "/healthz" or await self._ready()
        await _plain(send, 200 if good else 503, "ok\n" if good else "not ready\n")

    async def _static(self, theme: str, path: str, scope: Scope, send: Send) -> None:
        given = {"accepts": _header(scope, b"accept-encoding"), "known": _header(scope, b"if-none-match")}
        answer = self._statics.answer(theme, path, **given) if scope["method"] in ("GET", "HEAD") else None
        if answer is None:
            await _plain(send, 404, "not found\n")
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})


def _header(scope: Scope, name: bytes) -> str:
    return next(_values(scope, name), "")


def _values(scope: Scope, name: bytes) -> Iterator[str]:
    return (value.decode("latin-1") for key, value in scope["headers"] if key == name)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address without its zone; an IPv4 one in IPv6 clothes, as sockets for both give it, is that IPv4 one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def _network_of(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address: one household either way."""
    ip = _parsed(address)
    if ip is None:
        return "unknown"
    if ip.version == 4:
        return str(ip)
    return str(ipaddress.ip_network(f"{ip}/64", strict=False))


async def _plain(send: Send, status: int, text: str) -> None:
    body = text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
