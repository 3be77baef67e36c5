"""What a handler is given: tenant, operator, who is there, the form, and one unit of work."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from litestar.datastructures import Cookie

from mypage.db.reads import Ask
from mypage.db.session import Actor, Database, Tx
from mypage.hooks.auth import Gate
from mypage.hooks.context import HookContext, Principal
from mypage.i18n import Catalogue
from mypage.lib.clock import Clock, tokyo_day
from mypage.lib.errors import SeatNeeded, SignInNeeded
from mypage.lib.tokens import token_hash
from mypage.operators.naming import portal_called
from mypage.operators.operator import Operator
from mypage.operators.tenants import SecondFactor, Tenant
from mypage.web.frame import Flash, MenuGroup
from mypage.web.urls import UrlTable

if TYPE_CHECKING:
    from mypage.web.formdata import FormData

T = TypeVar("T")

VIEW_FORMS = frozenset({("POST", "view"), ("POST", "view-end")})
"""Beginning and ending a view: the only forms that whoever views may send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The staff member who looks at a portal as a customer does, and until when."""

    view_id: uuid.UUID
    staff_id: uuid.UUID
    name: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session that was found: its account, when the password was last given, and open gates.

    `contract_name` is that of the customer's first living contract, read only where the operator's header shows it.
    """

    principal: Principal
    token: str
    reauth_fresh: bool
    gate: Gate | None
    language: str
    contract_name: str = ""
    closed: bool = False
    """The account was deleted while it was signed in: it may read until it logs out, and change nothing (UCOM-15)."""
    withheld: Mapping[str, str] = field(default_factory=dict)
    """Permission of the role → why it is not held while the customer's contracts stand as they do."""
    viewer: Viewer | None = None
    """This is no session of the account: somebody of the staff sees what it sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where a staff member works just now: one tenant, with what the role that is held there permits."""

    tenant: Tenant
    operator: Operator
    role: str
    permissions: frozenset[str]

    def called(self, locale: str) -> str:
        """What people call the tenant."""
        return portal_called(self.tenant, self.operator, locale)


class Views(Protocol):
    """Finds who sees a portal as a customer does; made by the auth area."""

    def ask(self, operator: Operator, tenant: str, token: str) -> Ask:
        """What `find` asks the database, for sending it ahead."""
        ...

    def find(self, tx: Tx, operator: Operator, token: str) -> SignedIn | None:
        """The view of a token, None when we did not issue it. Raises ViewOver when it has ended."""
        ...


class Seating(Protocol):
    """Finds the tenant that a session of the staff console works for; made by the staff area."""

    def __call__(self, tx: Tx, principal: Principal) -> Seat | None:
        """The seat, or None when none was taken, the role was withdrawn, or the tenant is not served any more."""
        ...


class Authenticator(Protocol):
    """Finds the session of a token inside a unit of work; made by the auth area."""

    def __call__(
        self, tx: Tx, operator: Operator, token: str, *, second_factor: SecondFactor = "off"
    ) -> SignedIn | None:
        """The session, or None when it is unknown, ended or its account closed."""
        ...


class Ports:
    """Long-lived objects of the process (hasher, gateways, printer), found by their type."""

    def __init__(self, *objects: object) -> None:
        """Register objects under their own classes."""
        self._objects: dict[type, object] = {type(o): o for o in objects}

    def get(self, kind: type[T]) -> T:
        """The object of a class. Raises KeyError when the composition root forgot it."""
        found = self._objects[kind]
        assert isinstance(found, kind)
        return found


@dataclass(slots=True)
class Outgoing:
    """What a handler wants sent along with its reply."""

    cookies: list[Cookie] = field(default_factory=list)
    flashes: list[Flash] = field(default_factory=list)
    new_session: str | None = None
    end_session: bool = False


@dataclass(slots=True, kw_only=True)
class PortalRequest:
    """One request of one tenant."""

    tenant: Tenant
    operator: Operator
    prefix: str
    origin: str
    """Scheme, host and port of the tenant's main address, from the registry and never from the request."""
    method: str
    path: str
    params: Mapping[str, Any]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: FormData
    network: str
    request_id: str
    locale: str
    text_size: str
    t: Catalogue
    key: bytes
    """The tenant's signing key."""
    visitor: str
    signed_in: SignedIn | None
    seat: Seat | None = None
    """In the staff console, the tenant that is worked for; `tenant` is the console's own."""
    database: Database
    clock: Clock
    ports: Ports
    urls: UrlTable
    menu_of: Callable[[PortalRequest], tuple[MenuGroup, ...]]
    route_name: str = ""
    body: bytes = b""
    """What another system posted, for routes that check its signature; forms are in `form`."""
    csrf_token: str = ""
    incoming_flashes: tuple[Flash, ...] = ()
    unit: Tx | None = None
    out: Outgoing = field(default_factory=Outgoing)

    @property
    def tx(self) -> Tx:
        """The unit of work of a synchronous handler."""
        assert self.unit is not None, "asynchronous handlers use `await rq.run(...)`"
        return self.unit

    @property
    def principal(self) -> Principal:
        """Who is signed in. Raises SignInNeeded."""
        if self.signed_in is None:
            raise SignInNeeded
        return self.signed_in.principal

    @property
    def desk(self) -> Seat:
        """The tenant that a staff member works for. Raises SeatNeeded."""
        if self.seat is None:
            raise SeatNeeded
        return self.seat

    @property
    def owner(self) -> bytes:
        """The key of drafts and operations of this browser: its session when signed in, else its visitor cookie.

        A session keeps it when its token is rotated, so that a draft survives a re-authentication.
        """
        return token_hash(f"session:{self.principal.session_id}" if self.signed_in else self.visitor)

    @property
    def viewed(self) -> bool:
        """Whether staff only look: what a page notes about its reader is not noted then."""
        return self.signed_in is not None and self.signed_in.viewer is not None

    @property
    def today(self) -> date:
        """The current day in Japan."""
        return tokyo_day(self.clock.now())

    @property
    def menu(self) -> tuple[MenuGroup, ...]:
        """The menu as the frame shows it, for a page that repeats it as tiles."""
        return self.menu_of(self)

    @property
    def htmx(self) -> bool:
        """Whether htmx asks, for a fragment or a swap."""
        return self.headers.get("hx-request") == "true"

    @property
    def actor(self) -> Actor:
        """Who acts, for the audit trail."""
        if self.signed_in is None:
            return Actor("visitor")
        if self.signed_in.viewer is not None:
            viewer, account = self.signed_in.viewer, self.signed_in.principal.account_id
            return Actor("staff", str(viewer.staff_id), as_whom=str(account))
        return Actor("staff" if self.seat else "account", str(self.signed_in.principal.account_id))

    @property
    def context(self) -> HookContext:
        """What hooks and ports are told about this moment."""
        principal = self.signed_in.principal if self.signed_in else None
        return HookContext(tenant=self.tenant.name, principal=principal, locale=self.locale, clock=self.clock)

    def href(self, name: str, /, **params: Any) -> str:
        """The path of a route inside this portal."""
        return self.urls.href(self.prefix, name, params)

    def absolute(self, name: str, /, **params: Any) -> str:
        """The full URL of a route at the tenant's main address, for mails and return URLs."""
        return self.origin + self.urls.href(self.tenant.main.prefix, name, params)

    def flash(self, kind: Any, text: str) -> None:
        """Show a message on the next page."""
        self.out.flashes.append(Flash(kind, text))

    def uuid_param(self, name: str) -> uuid.UUID:
        """A path parameter of type uuid."""
        value = self.params[name]
        return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))

    async def run(self, work: Callable[[Tx], T]) -> T:
        """One unit of work of an asynchronous handler; in the staff console, of the console's own tenant.

        While staff only look, the database refuses every change in it.
        """
        if self.viewed and (self.method, self.route_name) not in VIEW_FORMS:
            work = partial(_reading, work)
        return await self.database.run(self.tenant.name, work, actor=self.actor, request_id=self.request_id)

    async def run_at_desk(self, work: Callable[[Tx], T]) -> T:
        """One unit of work of the tenant that a staff member works for. Raises SeatNeeded."""
        return await self.database.run(self.desk.tenant.name, work, actor=self.actor, request_id=self.request_id)


def _reading(work: Callable[[Tx], T], tx: Tx) -> T:
    tx.read_only()
    return work(tx)
