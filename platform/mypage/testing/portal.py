"""A portal in a test: a real tenant of its own, the real application, a browser-like client over ASGI."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import httpx
import lxml.html
import pytest
from sqlalchemy import Engine, delete
from sqlalchemy.dialects.postgresql import insert

from mypage.db.session import Actor, Scope, Tx, platform_unit, sync_engine, unit
from mypage.lib.clock import FixedClock
from mypage.operators.loading import installed_operators
from mypage.operators.models import TenantAddress, TenantRecord
from mypage.server.app import Server, compile_all
from mypage.server.settings import Settings
from mypage.testing.database import TestDatabase

T = TypeVar("T")

THEMES = Path(__file__).parents[3] / "themes"
NOON = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
"""Noon in Japan on 21 November 2026."""
HANG = 600.0
"""Seconds after which something that was waited for hangs; far beyond what the slowest machine needs."""
SETTINGS = {
    "mail_from": "mypage@isp.example",
    "mail_domain": "isp.example",
    "issuer_name": "テスト通信",
    "registration_number": "T1234567890123",
}


@dataclass(slots=True)
class Answer:
    """A response with its HTML parsed on demand."""

    raw: httpx.Response

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.raw.status_code

    @property
    def html(self) -> lxml.html.HtmlElement:
        """The parsed document."""
        return lxml.html.fromstring(self.raw.text)

    @property
    def text(self) -> str:
        """All text of `main`, or of the document, with white space folded."""
        found = self.html.xpath("//main")
        return " ".join((found[0] if found else self.html).text_content().split())

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        return str(self.raw.headers.get("location", ""))

    def all(self, xpath: str) -> list[Any]:
        """Nodes, attributes or texts of an XPath."""
        return list(self.html.xpath(xpath))

    def texts(self, xpath: str) -> list[str]:
        """The folded text of every node of an XPath."""
        return [" ".join(node.text_content().split()) for node in self.html.xpath(xpath)]

    @property
    def errors(self) -> list[str]:
        """The messages of the error summary."""
        return self.texts("//*[contains(@class,'error-summary')]//li")

    def form_values(self, form: str = "//main//form") -> dict[str, str]:
        """What a browser would post from a form: its controls with their values."""
        element = self.html.xpath(form)[0]
        return dict(element.form_values())


class PortalClient:
    """One browser at one portal. Cookies are kept; redirects are not followed unless asked."""

    def __init__(self, portal: Portal) -> None:
        """A fresh browser without cookies."""
        self.portal = portal
        transport = httpx.ASGITransport(app=portal.server, client=("198.51.100.7", 4711), raise_app_exceptions=True)
        self._http = httpx.AsyncClient(transport=transport, base_url=portal.origin, follow_redirects=False)
        self.last: Answer | None = None

    def get(self, path: str, *, follow: bool = False, headers: Mapping[str, str] | None = None) -> Answer:
        """GET a path (the tenant's prefix is added when it is missing)."""
        return self._send("GET", path, follow=follow, headers=headers)

    def post(
        self,
        path: str,
        data: Mapping[str, Any] | None = None,
        *,
        follow: bool = False,
        csrf: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST a form with the token of the last page, or with `csrf` ("" for none)."""
        fields = dict(data or {})
        token = self.csrf if csrf is None else csrf
        if token:
            fields.setdefault("_csrf", token)
        return self._send("POST", path, follow=follow, data=fields, headers=headers)

    def submit(
        self, data: Mapping[str, Any], *, form: str = "//main//form[@method='post']", follow: bool = False
    ) -> Answer:
        """Fill in and post a form of the last page as a browser would."""
        assert self.last is not None
        element = self.last.html.xpath(form)[0]
        values = dict(element.form_values()) | dict(data)
        return self.post(element.get("action") or str(self.last.raw.url), values, follow=follow)

    @property
    def csrf(self) -> str:
        """The token of the last page, fetched from the top page when there is none yet."""
        for _ in range(2):
            found = re.search(r'name="_csrf" value="([^"]+)"', self.last.raw.text) if self.last is not None else None
            if found:
                return found[1]
            self.get("/login", follow=True)
        return ""

    @property
    def cookies(self) -> httpx.Cookies:
        """The browser's cookies."""
        return self._http.cookies

    def _send(self, method: str, path: str, *, follow: bool, **kwargs: Any) -> Answer:
        prefix = self.portal.prefix
        if not path.startswith("http") and prefix and not path.startswith(prefix):
            path = prefix + path
        raw = self.portal.wait(self._http.request(method, path, **kwargs))
        answer = Answer(raw)
        hops = 0
        while follow and answer.status in (302, 303) and hops < 5:
            answer = Answer(self.portal.wait(self._http.get(answer.location)))
            hops += 1
        if "text/html" in answer.raw.headers.get("content-type", ""):
            self.last = answer
        return answer

    async def arequest(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """The bare asynchronous request, for races: gather several within `portal.wait`."""
        return await self._http.request(method, self.portal.prefix + path, **kwargs)


@dataclass(slots=True, kw_only=True)
class Portal:
    """A deployed tenant and the server that serves it."""

    name: str
    host: str
    prefix: str
    server: Server
    engine: Engine
    clock: FixedClock
    loop: asyncio.AbstractEventLoop
    clients: list[PortalClient] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """Scheme and host."""
        return f"https://{self.host}"

    def client(self) -> PortalClient:
        """A fresh browser."""
        client = PortalClient(self)
        self.clients.append(client)
        return client

    def run(self, work: Callable[[Tx], T]) -> T:
        """A committed unit of work in this tenant."""
        with unit(self.engine, Scope(self.name, self.clock, Actor("system", "test"), "test")) as tx:
            return work(tx)

    def wait(self, coroutine: Any) -> Any:
        """Run a coroutine on the server's event loop."""
        future: Future[Any] = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        return future.result(HANG)


MakePortal = Callable[..., Portal]


@pytest.fixture(scope="session")
def server_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One event loop in a thread, on which every server of this worker lives."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(HANG)
    loop.close()


@pytest.fixture(scope="session")
def servers(
    test_database: TestDatabase, server_loop: asyncio.AbstractEventLoop
) -> Iterator[Callable[[Mapping[str, Any] | None], Server]]:
    """Servers by their set of plugins; compiled once per worker. Hashing is cheap so that tests are quick."""
    made: dict[tuple[tuple[str, int], ...], Server] = {}

    def server(plugins: Mapping[str, Any] | None) -> Server:
        key = tuple(sorted((name, id(plugin)) for name, plugin in (plugins or {}).items()))
        if key not in made:
            settings = Settings(
                database_url=test_database.app,
                secret=bytes(range(32)),
                theme_folders=(THEMES,),
                hash_time_cost=1,
                hash_memory_kib=64,
            )
            made[key] = Server(settings, compile_all(settings.theme_folders, plugins=plugins), clock=FixedClock(NOON))
        return made[key]

    yield server
    for each in made.values():
        asyncio.run_coroutine_threadsafe(each.stop(), server_loop).result(HANG)


@pytest.fixture(scope="session")
def owner_engine(test_database: TestDatabase) -> Iterator[Engine]:
    """A synchronous engine as the owner of the tables, who alone deploys tenants."""
    engine = sync_engine(test_database.owner)
    yield engine
    engine.dispose()


@pytest.fixture
def make_portal(
    owner_engine: Engine,
    engine: Engine,
    server_loop: asyncio.AbstractEventLoop,
    servers: Callable[[Mapping[str, Any] | None], Server],
) -> Iterator[MakePortal]:
    """Deploys tenants: `make_portal("name")`, with `plugins={...}` for operators that are not installed.

    They are gone from the registry after the test: every server reads all of it whenever a tenant is deployed.
    """
    names: list[str] = []

    def make(
        operator: str,
        *,
        theme: str = "plain",
        prefix: str = "",
        host: str = "",
        settings: Mapping[str, Any] | None = None,
        extensions: Mapping[str, Mapping[str, str]] | None = None,
        plugins: Mapping[str, Any] | None = None,
        locale: str = "ja",
        second_factor: str = "off",
    ) -> Portal:
        name = f"t{secrets.token_hex(6)}"
        names.append(name)
        server = servers(plugins)
        assert isinstance(server.database.clock, FixedClock)
        server.database.clock.at = NOON
        where = host or f"{name}.example"
        with platform_unit(owner_engine) as connection:
            connection.execute(
                insert(TenantRecord).values(
                    name=name,
                    operator=operator,
                    theme=theme,
                    locale=locale,
                    second_factor=second_factor,
                    extensions=dict(extensions or {}),
                    settings=SETTINGS | dict(settings or {}),
                )
            )
            connection.execute(insert(TenantAddress).values(host=where, prefix=prefix, tenant=name, main=True))
        asyncio.run_coroutine_threadsafe(server.registry.refresh(), server_loop).result(HANG)
        return Portal(
            name=name,
            host=where,
            prefix=prefix,
            server=server,
            engine=engine,
            clock=server.database.clock,
            loop=server_loop,
        )

    yield make
    if names:
        with platform_unit(owner_engine) as connection:
            connection.execute(delete(TenantRecord).where(TenantRecord.name.in_(names)))


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    """A tenant of the first installed operator under the plain theme, at noon on 21 November 2026 in Japan."""
    return make_portal(installed_operators()[0])
