"""The staff console for attackers and auditors: browsers at a desk, the console's policy file, one request per cell."""

from __future__ import annotations

import re
import tomllib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attackkit import Browser, Seen, jar_of

from mypage.auth.models import LoginSession
from mypage.auth.sessions import open_session
from mypage.db.session import Tx
from mypage.hooks.permissions import YES
from mypage.lib.tokens import token_hash
from mypage.operators.operator import OFFICE
from mypage.staff.models import DeskSeat, StaffMember
from mypage.staff.office import SCHEME
from mypage.staff.permissions import STAFF_TABLE
from mypage.testing.policy import EVERYBODY, line_of
from mypage.testing.portal import Portal
from mypage.web.cookies import new_visitor
from mypage.web.csrf import csrf_token
from mypage.web.routing import Route
from staff_rows import Staff

ROOT = Path(__file__).parents[2]
FILE = ROOT / "tests/staff/policy.toml"
ACCOUNT = "every account"
"""Who may use what belongs to one's own account, with or without a seat."""
ANONYMOUS, NO_SEAT = "anonymous", "no seat"
ROLES = STAFF_TABLE.roles
VISITORS = (ANONYMOUS, NO_SEAT, *ROLES)
FORM = {"password": "Abc12345", "operation": "0" * 32, "tenant": "", "reason": "x", "_back": "/pages/back"}
"""Sent with every form: enough to be a form, and mostly not enough to do anything; `_back` shows in the login's address."""


# ---------------------------------------------------------------- the policy file


@dataclass(frozen=True)
class DeskCell:
    """One route of the console and one kind of visitor."""

    method: str
    path: str
    line: Mapping[str, Any]
    role: str

    @property
    def at_desk(self) -> bool:
        """Whether the route works for a tenant."""
        return self.line["who"] not in (EVERYBODY, ACCOUNT)

    @property
    def expected(self) -> str:
        """The answer by the file and the table of rights: "" when allowed, else "login", "seat" or "403"."""
        if self.line["who"] == EVERYBODY:
            return ""
        if self.role == ANONYMOUS:
            return "login"
        if not self.at_desk:
            return ""
        if self.role == NO_SEAT:
            return "seat"
        return "" if self.role in holders(self.line["who"]) else "403"

    def __str__(self) -> str:
        return f'"{self.method} {self.path}" for {self.role}'


def holders(permission: str) -> tuple[str, ...]:
    """The roles that the table of rights gives a permission; raises KeyError for one that is not in it."""
    for row in STAFF_TABLE.rows:
        if permission in row.permissions:
            return tuple(role for role, cell in zip(STAFF_TABLE.roles, row.cells, strict=True) if cell == YES)
    raise KeyError(permission)


def read_desk_policy() -> dict[str, dict[str, Any]]:
    """The console's policy file: route → its line."""
    found: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["routes"]
    return found


def expected_line(route: Route) -> dict[str, Any]:
    """The line of a route as its declaration has it; a desk route's `who` is its permission."""
    who = route.permission if route.desk else EVERYBODY if route.permission == "public" else ACCOUNT
    return {"name": route.name, "who": who} | ({"again": True} if route.reauth else {})


def differences(policy: Mapping[str, Mapping[str, Any]], routes: Iterable[Route]) -> list[str]:
    """What to change in the file so that it says what the code does, one line each."""
    wanted = {f"{route.method} {route.path}": expected_line(route) for route in routes}
    found = [f"add: {line_of(key, wanted[key])}" for key in wanted if key not in policy]
    found += [f"remove: {line_of(key, policy[key])}" for key in policy if key not in wanted]
    return found + [
        f"correct: {line_of(key, line)}" for key, line in wanted.items() if key in policy and dict(policy[key]) != line
    ]


def desk_cells(policy: Mapping[str, Mapping[str, Any]]) -> list[DeskCell]:
    """Every route for every kind of visitor."""
    return [
        DeskCell(*key.split(" ", 1), line=line, role=role)  # type: ignore[misc]
        for key, line in policy.items()
        for role in VISITORS
    ]


def verdict(seen: Seen) -> str:
    """How the console's guards answered: "403", "login", "reauth", "seat", "" for any answer of the route itself."""
    if seen.status == 403:
        return "403"
    if seen.status == 303:
        path, _, query = seen.header("location").partition("?")
        # A guard leads back to where one was going; a second step whose time is over leads to the password without.
        if path == "/seat" or (path in ("/login", "/reauth") and query.startswith("next=")):
            return path[1:]
    return ""


def path_with(pattern: str, ids: Mapping[str, str]) -> str:
    """A route's path with these things in it, and with an id of nothing where there is none of them."""
    return re.sub(r"\{([a-z_]+):[a-z]+\}", lambda hole: ids.get(hole[1], str(uuid.UUID(int=7))), pattern)


# ---------------------------------------------------------------- browsers


def desk_token(office: Portal, staff: Staff, worked: Portal | None = None, *, factor: bool = True) -> str:
    """The token of a new session of the console, at the desk of a portal when one is given."""

    def work(tx: Tx) -> str:
        operator = office.server.compiled.operators[OFFICE]
        token = open_session(tx, operator, staff.account_id, SCHEME, device="t", factor=factor)
        if worked is not None:
            tx.flush()
            session = tx.query(LoginSession).filter_by(tenant_id=tx.tenant, token_hash=token_hash(token)).one()
            tx.add(DeskSeat(tenant_id=tx.tenant, session_id=session.public_id, worked=worked.name, taken_at=tx.now()))
        return token

    return office.run(work)


def introduce(staff: Staff, worked: Portal) -> None:
    """The copy of a staff member's name in a tenant, as taking the seat there leaves it."""
    worked.run(
        lambda tx: tx.merge(
            StaffMember(
                tenant_id=tx.tenant, id=staff.account_id, name=staff.name, email=staff.email,
                role=staff.roles[worked.name], updated_at=tx.now(),
            )
        )
    )  # fmt: skip


def key_of(office: Portal) -> bytes:
    """The console's signing key."""
    return office.server.kernels[OFFICE].signing_key(office.name)


def desk_csrf(office: Portal, token: str, worked: Portal | None) -> str:
    """The form token of a session's pages."""
    browser = f"{token}\n{worked.name}" if worked else token
    return csrf_token(key_of(office), office.name, browser)


def desk_browser(office: Portal, staff: Staff | None, worked: Portal | None = None, *, factor: bool = True) -> Browser:
    """A browser at the console: of nobody, of somebody without a seat, or of somebody who works for a portal.

    It keeps no cookies, so that each request stands for itself.
    """
    if staff is None:
        visitor = new_visitor(key_of(office), office.name)
        cookies, csrf = {jar_of(office).name("visitor"): visitor}, csrf_token(key_of(office), office.name, visitor)
    else:
        token = desk_token(office, staff, worked, factor=factor)
        cookies, csrf = {jar_of(office).name("session"): token}, desk_csrf(office, token, worked)
    return Browser(office.server, office.host, office.prefix, cookies, csrf, keep_cookies=False)
