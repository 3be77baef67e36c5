"""The composition root: settings → database, operators, tenants, ports → one ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from mypage.auth.breached import BreachedPasswords
from mypage.auth.former import find_leaving
from mypage.auth.hashing import PasswordHasher
from mypage.auth.line_passwords import LinePasswords
from mypage.auth.sessions import find_session, session_read
from mypage.auth.turns import Turns
from mypage.auth.viewing import StaffViews
from mypage.billing.documents import InvoicePrinter
from mypage.billing.tenant_gateways import Gateways
from mypage.db.keys import Vault
from mypage.db.session import Database
from mypage.hooks.desk import DeskPolicy
from mypage.lib.clock import Clock
from mypage.lib.crypto import Keyring, derive
from mypage.operators.calls import Hooks
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.loading import installed_operators, load_extensions, load_operator
from mypage.operators.operator import OFFICE, Operator, OperatorError
from mypage.operators.tenants import Tenant
from mypage.operators.themes import Theme, load_themes
from mypage.orders.line_passwords import LineSystems
from mypage.orders.provisioning_adapters import Provisioners
from mypage.server.dispatch import Dispatcher, Message, Receive, Scope, Send
from mypage.server.front import Front
from mypage.server.outcomes import outcome_handlers
from mypage.server.portal import OperatorApp
from mypage.server.registry import LiveRegistry
from mypage.server.routes import all_routes, capabilities, office_routes, routes_for
from mypage.server.settings import Settings
from mypage.slots.reserving import Reservations
from mypage.staff import office
from mypage.staff.links import PortalLinks
from mypage.staff.looks import PortalLooks
from mypage.staff.oidc.provider import Providers
from mypage.staff.seats import DeskSeats
from mypage.web.framing import Framer
from mypage.web.kernel import Kernel
from mypage.web.rendering import Templates
from mypage.web.request import Ports
from mypage.web.responder import Responder
from mypage.web.statics import Statics
from mypage.web.urls import UrlTable

log = structlog.get_logger("mypage.server")

PLATFORM = "platform"
PATIENCE = 15.0
"""Seconds that a unit of work of a request may take, waiting for a connection included."""
READY_SECONDS = 2.0


def make_keyring(settings: Settings) -> Keyring:
    """The master keys of the settings, each under an id made of itself; the present one seals."""
    keys = {_key_id(secret): secret for secret in (settings.secret, *settings.old_secrets)}
    return Keyring(keys, _key_id(settings.secret))


def _key_id(secret: bytes) -> str:
    return "m" + hashlib.sha256(b"mypage key id" + secret).hexdigest()[:12]


def make_hasher(settings: Settings) -> PasswordHasher:
    """The hasher with the pepper of the master secret; peppers of earlier secrets still open their hashes."""
    return PasswordHasher(
        derive(settings.secret, "pepper", PLATFORM),
        previous_peppers=[derive(old, "pepper", PLATFORM) for old in settings.old_secrets],
        time_cost=settings.hash_time_cost,
        memory_kib=settings.hash_memory_kib,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """Every installed operator with its hooks and the themes of this installation."""

    operators: Mapping[str, Operator]
    hooks: Mapping[str, Hooks]
    themes: Mapping[str, Theme]

    def desk_of(self, tenant: Tenant) -> DeskPolicy:
        """What a tenant's operator says about the work of its staff."""
        return self.operators[tenant.operator].desk


def compile_all(theme_folders: Sequence[Path], *, plugins: Mapping[str, Any] | None = None) -> Compiled:
    """Compile every operator. Raises OperatorError or ThemeError with one line.

    `plugins` are plugin objects by name instead of the installed distributions, for tests.
    """
    routes = {route.name: route.permission for route in all_routes()}
    found = dict(plugins) if plugins is not None else {name: load_operator(name) for name in installed_operators()}
    if not found:
        raise OperatorError("no operator is installed; install a distribution with a mypage.operators entry point")
    if OFFICE in found:
        raise OperatorError(f"operator {OFFICE!r} is the core's own; rename the entry point of the distribution")
    extensions = load_extensions()
    hooks = {name: make_hooks(name, plugin, extensions) for name, plugin in found.items()}
    pages = {route.name for route in all_routes() if route.method == "GET" and "{" not in route.path}
    operators = {name: compile_operator(hooks[name], found[name], routes, pages, capabilities()) for name in found}
    hooks[OFFICE] = make_hooks(OFFICE, office, {})
    operators[OFFICE] = _compile_office(hooks[OFFICE])
    return Compiled(operators=operators, hooks=hooks, themes=load_themes(list(theme_folders)))


def _compile_office(hooks: Hooks) -> Operator:
    """The staff console, whose menu names its own routes and permissions."""
    routes = {route.name: route.permission for route in office_routes()}
    pages = {route.name for route in office_routes() if route.method == "GET" and "{" not in route.path}
    return compile_operator(hooks, office, routes, pages)


class Server:
    """All that one web process holds. `asgi` is the application to serve."""

    def __init__(
        self,
        settings: Settings,
        compiled: Compiled,
        *,
        clock: Clock | None = None,
        patience: float = PATIENCE,
        **engine: Any,
    ) -> None:
        """Builds the applications; opens no connection yet."""
        self.settings, self.compiled = settings, compiled
        self.database = Database(
            settings.database_url,
            clock=clock,
            pool_size=settings.pool_size,
            patience=patience,
            prepared=settings.prepared_statements,
            **engine,
        )
        self.keyring = make_keyring(settings)
        self.registry = LiveRegistry(self.database, compiled.operators, compiled.themes)
        self._ready = False
        self._poll: asyncio.Task[None] | None = None
        self.gateways = Gateways(compiled.hooks)
        self.provisioners = Provisioners(compiled.hooks)
        self.reservations = Reservations(compiled.hooks)
        self.hasher = make_hasher(settings)
        self._urls = {name: UrlTable(routes_for(operator)) for name, operator in compiled.operators.items()}
        self.seats = DeskSeats(lambda: self.registry.current, compiled.operators)
        handlers = outcome_handlers()
        breached = BreachedPasswords(settings.breached_passwords)
        self.ports = Ports(
            breached,
            self.hasher,
            Turns(),
            Vault(self.keyring),
            self.keyring,
            InvoicePrinter(),
            self.gateways,
            self.provisioners,
            handlers,
            LinePasswords(LineSystems(handlers, Vault(self.keyring)).hand_over),
            self.reservations,
            self.seats,
            PortalLinks(self._urls, settings.public_origin),
            Providers(),
            PortalLooks(lambda operator: self.kernels[operator].responder.templates, lambda: self.statics),
        )
        self.statics = Statics({name: theme.static for name, theme in compiled.themes.items()})
        self.kernels: dict[str, Kernel] = {}
        self.apps = {name: self._app(operator) for name, operator in compiled.operators.items()}
        front = Front(settings, self.statics, lambda: self.registry.current, compiled.operators, self.database.clock)
        self.asgi = Dispatcher(
            registry=lambda: self.registry.current,
            apps=self.apps,
            statics=self.statics,
            front=front,
            ready=self.ready,
            trusted_proxies=settings.trusted_proxies,
            front_hosts=front.hosts,
        )

    def _app(self, operator: Operator) -> Any:
        routes = routes_for(operator)
        overriding = {n: t.templates for n, t in self.compiled.themes.items() if t.templates is not None}
        kernel = Kernel(
            operator=operator,
            database=self.database,
            responder=Responder(
                templates=Templates(operator.catalogues, operator.template_folder, overriding),
                framer=Framer(self.statics, {route.name: route.permission for route in routes}),
                form_targets=self.gateways.origins,
                secure=self.settings.secure,
            ),
            urls=self._urls[operator.name],
            ports=self.ports,
            authenticate=find_session,
            session_read=session_read,
            leaving=find_leaving,
            signing_key=_remembered(lambda tenant: self.keyring.derive("signing", tenant)),
            origin_of=self.settings.public_origin,
            views=StaffViews() if operator.name != OFFICE else None,
            seating=self.seats if operator.name == OFFICE else None,
        )
        self.kernels[operator.name] = kernel
        return OperatorApp(kernel, routes)

    async def start(self) -> None:
        """Read the registry and keep watching it."""
        await self.registry.refresh()
        for kernel in self.kernels.values():
            await asyncio.to_thread(kernel.responder.templates.warm)
        self._ready = True
        self._poll = asyncio.create_task(self.registry.watch())

    async def stop(self) -> None:
        """Refuse readiness, then give everything back."""
        self._ready = False
        if self._poll:
            self._poll.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._poll
        await self.gateways.close()
        await self.provisioners.close()
        await self.reservations.close()
        await self.database.close()
        self.hasher.close()

    async def ready(self) -> bool:
        """Whether requests can be served: started, not stopping, database reachable."""
        if not self._ready:
            return False
        try:
            await self.database.platform(lambda c: c.exec_driver_sql("SELECT 1").scalar(), patience=READY_SECONDS)
        except Exception:  # noqa: BLE001 - any failure means not ready
            return False
        return True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: lifespan here, requests to the dispatcher."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self.asgi(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message: Message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self.start()
                    _settle_memory()
                except Exception as error:  # noqa: BLE001 - uvicorn prints the message and stops
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _settle_memory() -> None:
    """The garbage collector looks no more at what lives as long as the process: it would stop requests for that."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)


def _remembered(derive: Any) -> Any:
    known: dict[str, bytes] = {}

    def key(tenant: str) -> bytes:
        if tenant not in known:
            known[tenant] = derive(tenant)
        return known[tenant]

    return key
