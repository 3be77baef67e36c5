"""Declaring routes. A route names its permission, or the application does not start."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from mypage.hooks.permissions import PUBLIC
from mypage.web.replies import Reply

Handler = Callable[[Any], Reply] | Callable[[Any], Awaitable[Reply]]
F = TypeVar("F", bound=Callable[..., Any])

FORM_LIMIT = 64 * 1024
"""Bytes of a form, unless its route takes more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method and path with what guards it."""

    name: str
    method: Literal["GET", "POST"]
    path: str
    permission: str
    handler: Handler
    reauth: bool
    gated: bool
    waits: bool
    """Whether the handler is asynchronous and runs its units of work itself."""
    capability: str = ""
    """What an operator must declare for the route to exist in its portals; "" is there in all."""
    signed: bool = False
    """Whether another system posts here and proves itself by a signature over the body, which the handler checks."""
    desk: bool = False
    """Whether staff work for one tenant here: the handler's unit is that tenant's, and its permissions count."""
    limit: int = FORM_LIMIT
    """Bytes of a body; longer ones are refused before the handler runs."""
    files: bool = False
    """Whether the form may hold text files."""
    uploads: bool = False
    """Whether the form may hold files of any kind, which the handler finds in `rq.form.files`."""


def get(
    path: str, *, name: str, permission: str, reauth: bool = False, gated: bool = True, capability: str = ""
) -> Callable[[F], F]:
    """Declare a page that only reads. `path` has placeholders such as `{notice_id:uuid}`."""
    return _declare("GET", path, name, permission, reauth, gated, capability)


def post(
    path: str,
    *,
    name: str,
    permission: str,
    reauth: bool = False,
    gated: bool = True,
    capability: str = "",
    limit: int = FORM_LIMIT,
    uploads: bool = False,
) -> Callable[[F], F]:
    """Declare a form's target. The body is limited and the form's token checked before the handler runs.

    `reauth` demands that the password was given within the operator's time; `gated` False lets it through
    while a gate stands between login and portal. With `uploads` the form may hold files, and `limit` is its bytes.
    """
    return _declare("POST", path, name, permission, reauth, gated, capability, limit=limit, uploads=uploads)


def desk_get(path: str, *, name: str, permission: str, reauth: bool = False) -> Callable[[F], F]:
    """Declare a page of the staff console that reads the tenant that is worked for (`rq.desk`, `rq.tx`)."""
    return _declare("GET", path, name, permission, reauth, gated=True, capability="", desk=True)


def desk_post(
    path: str,
    *,
    name: str,
    permission: str,
    reauth: bool = False,
    limit: int = FORM_LIMIT,
    files: bool = False,
) -> Callable[[F], F]:
    """Declare what staff do in the tenant that is worked for; a form of another tenant's page is refused as stale.

    `limit` is how many bytes the form may have, and with `files` it may hold text files.
    """
    return _declare(
        "POST", path, name, permission, reauth, gated=True, capability="", desk=True, limit=limit, files=files
    )


def signed_post(path: str, *, name: str, capability: str = "") -> Callable[[F], F]:
    """Declare where another system reports, without browser, session and form token.

    The handler is asynchronous, finds the bytes in `rq.body`, and must check their signature before it believes any.
    """
    return _declare("POST", path, name, PUBLIC, reauth=False, gated=False, capability=capability, signed=True)


def _declare(
    method: Literal["GET", "POST"],
    path: str,
    name: str,
    permission: str,
    reauth: bool,
    gated: bool,
    capability: str,
    signed: bool = False,
    desk: bool = False,
    limit: int = FORM_LIMIT,
    files: bool = False,
    uploads: bool = False,
) -> Callable[[F], F]:
    if not permission:
        raise ValueError(f"route {name} ({method} {path}) declares no permission")

    def mark(handler: F) -> F:
        route = Route(
            name=name,
            method=method,
            path=path,
            permission=permission,
            handler=handler,
            reauth=reauth,
            gated=gated,
            waits=inspect.iscoroutinefunction(handler),
            capability=capability,
            signed=signed,
            desk=desk,
            limit=limit,
            files=files,
            uploads=uploads,
        )
        declared = [*getattr(handler, "__routes__", ()), route]
        handler.__routes__ = declared  # type: ignore[attr-defined]
        return handler

    return mark


def routes_of(*modules: object) -> tuple[Route, ...]:
    """The routes that modules declare, in the order of their source."""
    found: list[Route] = []
    for module in modules:
        for value in vars(module).values():
            if getattr(value, "__module__", None) == getattr(module, "__name__", ""):
                found.extend(getattr(value, "__routes__", ()))
    return tuple(found)


def check_routes(routes: Iterable[Route]) -> None:
    """Refuse two routes for one method and path, or one name for two paths. Raises ValueError."""
    paths: dict[tuple[str, str], str] = {}
    names: dict[str, str] = {}
    for route in routes:
        place = (route.method, route.path)
        if place in paths:
            raise ValueError(f"{route.method} {route.path} is declared by {paths[place]} and {route.name}")
        paths[place] = route.name
        if (path := names.setdefault(route.name, route.path)) != route.path:
            raise ValueError(f"route name {route.name} stands for {path} and {route.path}")
