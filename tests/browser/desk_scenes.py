"""Every page of the staff console, with a way to get there. A page whose path has a placeholder needs a thing for it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from desk_people import Clerk, Office
from portal_stack import Stack
from sample_people import People
from scenes import Walk
from sqlalchemy import text
from surfing import Surfers

from mypage.db.session import Tx
from mypage.server.routes import office_routes
from mypage.web.routing import Route

FILES: Mapping[str, str] = {}
"""Routes of desks that answer with a file, by the kind of file."""
PASSING = frozenset[str]()
"""Routes of desks that only lead on."""
EXTRA: Mapping[str, tuple[str, ...]] = {}
"""Other states of pages by route: what stands behind the path."""
PUBLIC = {"login": "/login", "recover": "/recover/password", "recover-sent": "/recover/password/sent"}
OWN = ("seat", "sessions", "credentials", "factors", "reauth")
"""Pages of one's own account at the console."""


def desk_pages() -> tuple[Route, ...]:
    """The routes of the console's desks that show a page."""
    return tuple(
        route
        for route in office_routes()
        if route.desk and route.method == "GET" and route.name not in FILES and route.name not in PASSING
    )


@dataclass
class Scenery:
    """A portal with somebody to work for, and who works there."""

    manager: Clerk
    agent: Clerk
    reader: Clerk
    things: dict[str, str] = field(default_factory=dict)
    """A thing for each placeholder of a path."""
    number: str = ""
    """The customer's."""


def set_up(stack: Stack, people: People, office: Office) -> Scenery:
    """One customer with everything, whose work waits."""
    site = stack.actv
    person = people.rich(site)
    made = Scenery(
        office.clerk("佐藤 花子", (site, "manager"), (stack.nagi, "agent")),
        office.clerk("鈴木 次郎", (site, "agent")),
        office.clerk("高橋 三郎", (site, "reader")),
        number=person.number,
    )
    for clerk in (made.manager, made.agent, made.reader):
        office.introduce(clerk, site)
    office.run(site, lambda tx: made.things.update(_things(tx, person.number)))
    made.things["member_id"] = made.things["staff_id"] = str(made.agent.account_id)
    return made


def _things(tx: Tx, number: str) -> dict[str, str]:
    """Ids of what the import brought."""

    def one(sql: str, **values: object) -> str:
        found = tx.execute(text(sql), {"t": tx.tenant, **values}).scalar()
        return str(found) if found else ""

    customer = one("SELECT id FROM customer WHERE tenant_id = :t AND number = :n", n=number)
    whose = {"c": uuid.UUID(customer)}
    return {
        "customer_id": customer,
        "account_id": one("SELECT id FROM account WHERE tenant_id = :t AND customer_id = :c", **whose),
        "contract_id": one("SELECT id FROM contract WHERE tenant_id = :t AND customer_id = :c", **whose),
        "invoice_id": one("SELECT id FROM invoice WHERE tenant_id = :t AND customer_id = :c", **whose),
        "notice_id": one("SELECT id FROM notice WHERE tenant_id = :t AND customer_id IS NULL"),
    }


def walk_desk(stack: Stack, office: Office, surfers: Surfers, scenery: Scenery, clerk: Clerk, role: str) -> Walk:
    """Every page that a role may open, from the routes; what is refused to it is left out."""
    walk = Walk(surfers.open(stack.office), "rich")
    office.sit_down(walk.surfer, clerk, stack.actv)
    for route in desk_pages():
        if role in may(route.permission):
            path = path_of(route, scenery.things)
            walk.add(route.name, path)
            for number, more in enumerate(EXTRA.get(route.name, ())):
                walk.add(route.name, path + more, str(number))
    return walk


def walk_account(stack: Stack, office: Office, surfers: Surfers, clerk: Clerk) -> Walk:
    """The pages of one's own account."""
    walk = Walk(surfers.open(stack.office), "rich")
    office.sit_down(walk.surfer, clerk, stack.actv)
    for name in OWN:
        walk.add(name, f"/{name}")
    return walk


def walk_door(stack: Stack, surfers: Surfers) -> Walk:
    """The pages in front of the sign-in."""
    walk = Walk(surfers.open(stack.office), "visitor")
    for name, path in PUBLIC.items():
        walk.add(name, path)
    return walk


def path_of(route: Route, things: Mapping[str, str]) -> str:
    """The path with things in it. Raises KeyError for a placeholder without one: give it one in `set_up`."""
    return re.sub(r"\{([a-z_]+):[a-z]+\}", lambda hole: things[hole[1]], route.path)


def may(permission: str) -> tuple[str, ...]:
    """The roles that hold a permission of the console."""
    from mypage.hooks.permissions import YES
    from mypage.staff.permissions import STAFF_TABLE

    return next(
        tuple(role for role, cell in zip(STAFF_TABLE.roles, row.cells, strict=True) if cell == YES)
        for row in STAFF_TABLE.rows
        if permission in row.permissions
    )
