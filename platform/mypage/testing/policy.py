"""An operator's `policy.toml`: who may use which route, as an auditor reads it (ASVS 8.1.1), held against the code.

The file repeats on purpose what the routes and the plugin's `permission_policy` say: whoever changes one of them has to
say it here, too, where it is seen in a review.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mypage.hooks.permissions import PUBLIC, SIGNED_IN
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.loading import load_extensions
from mypage.operators.operator import Operator
from mypage.server.routes import all_routes, routes_for
from mypage.web.routing import Route

EVERYBODY = "everybody"
ANY_ACCOUNT = "signed in"
Lines = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy file: routes by "METHOD path", roles with their permissions, fields by "table.column"."""

    routes: Lines
    roles: Lines
    fields: Lines


def read_policy(path: Path) -> Policy:
    """Read a file. Raises ValueError for one that is missing, no TOML, or has other tables than these three."""
    if not path.is_file():
        raise ValueError(f"{path} is missing; every operator has a policy.toml beside its plugin")
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    unknown = found.keys() - {"routes", "roles", "fields"}
    if unknown:
        raise ValueError(f"{path}: unknown table {min(unknown)!r} (known: routes, roles, fields)")
    return Policy(routes=found.get("routes", {}), roles=found.get("roles", {}), fields=found.get("fields", {}))


def who_may(operator: Operator, permission: str) -> str | list[str]:
    """Everybody, every account, or the roles that hold the permission."""
    if permission == PUBLIC:
        return EVERYBODY
    if permission == SIGNED_IN:
        return ANY_ACCOUNT
    return sorted(role for role, held in operator.permissions.roles.items() if permission in held)


def expected_routes(operator: Operator, routes: Iterable[Route]) -> dict[str, dict[str, Any]]:
    """The line of every route, by "METHOD path".

    `again` is there when the password must have been given recently, `gated` when a gate does not stop it.
    """
    found: dict[str, dict[str, Any]] = {}
    for route in routes:
        line: dict[str, Any] = {"name": route.name, "who": who_may(operator, route.permission)}
        if route.permission not in (PUBLIC, SIGNED_IN):
            line["needs"] = route.permission
        if route.reauth:
            line["again"] = True
        if not route.gated and route.permission != PUBLIC:
            line["gated"] = False
        found[f"{route.method} {route.path}"] = line
    return found


def expected_roles(operator: Operator) -> dict[str, list[str]]:
    """The line of every role."""
    return {role: sorted(held) for role, held in operator.permissions.roles.items()}


def differences(policy: Policy, operator: Operator, routes: Iterable[Route] | None = None) -> list[str]:
    """What to change in the file so that it says what the code does, one line each; empty when it does."""
    wanted = expected_routes(operator, routes_for(operator) if routes is None else routes)
    return [*_compared("routes", policy.routes, wanted), *_compared("roles", policy.roles, expected_roles(operator))]


def check_policy(name: str, plugin: Any, path: Path) -> list[str]:
    """The differences between a plugin's file and what the plugin compiles to. Raises OperatorError, ValueError."""
    permissions = {route.name: route.permission for route in all_routes()}
    operator = compile_operator(make_hooks(name, plugin, load_extensions()), plugin, permissions)
    return differences(read_policy(path), operator)


def line_of(key: str, value: Any) -> str:
    """A line of the file."""
    name = key if key.isidentifier() else json.dumps(key)
    return f"{name} = {_toml(value)}"


def _compared(table: str, given: Lines, wanted: Lines) -> list[str]:
    found = [f"add to [{table}]: {line_of(key, wanted[key])}" for key in wanted if key not in given]
    found += [f"remove from [{table}]: {line_of(key, given[key])}" for key in given if key not in wanted]
    found += [
        f"correct in [{table}]: {line_of(key, value)}"
        for key, value in wanted.items()
        if key in given and _plain(given[key]) != _plain(value)
    ]
    return found


def _plain(value: Any) -> Any:
    """A value without the order of its lists."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return sorted(value) if isinstance(value, list) else value


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value)
