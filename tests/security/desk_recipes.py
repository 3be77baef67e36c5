"""What is sent to the routes of the console: every field that a form of staff has, with somebody's things in it.

A new route needs nothing here unless its path has a placeholder that `HOLES` does not know, or its form a value that
nobody would guess (`CHOICES`).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ring_victims import Victim

from mypage.server.routes import office_routes
from mypage.web.routing import Route

CORE = Path(__file__).parents[2] / "platform/mypage"
ASKED = re.compile(r"""(?:form|query)\.(?:get|get_all|getlist|getall|all)\(\s*["']([a-z_]+)["']""")
FIELD = re.compile(r"""^\s+(?:([a-z_]+)\s*(?::[^=]+)?=|"([a-z_]+)":)\s*\w*[Ff]ield\w*\(""", re.MULTILINE)
NAMED = re.compile(r"""name=["']([a-z_]+)["']""")

HOLES: Mapping[str, str] = {
    "customer_id": "customer", "item_id": "item", "work_id": "item", "approval_id": "approval", "notice_id": "notice",
    "account_id": "account", "contract_id": "contract", "secret_id": "secret", "paper_id": "paper", "view_id": "view",
    "member_id": "member", "bill_id": "bill", "invoice_id": "bill", "credential_id": "credential", "order_id": "order",
    "mail_id": "mail", "message_id": "mail", "mail": "mail", "paper": "paper", "login": "credential", "session_id": "session", "entry_id": "entry", "staff_id": "member",
    "application_id": "paper", "note_id": "note", "login_id": "credential", "proposal_id": "approval",
    "request_id": "request", "file_id": "file", "service_id": "service", "subject_id": "order", "review_id": "review", "factor_id": "factor",
}  # fmt: skip
"""What a placeholder or a field means, by the name that `Victim.things` has for it."""
CHOICES: Mapping[str, tuple[str, ...]] = {
    "reason": ("other", "理由です"),
    "why": ("お客様からの電話による",),
    "note": ("メモです",),
    "body": ("本文です",),
    "question": ("ご確認ください",),
    "version": ("1", "2"),
    "decision": ("accept", "reject"),
    "act": ("take", "release"),
    "to": ("member",),
    "page": ("1", "2"),
    "encoding": ("utf8", "cp932"),
    "email": ("e@evil.example",),
    "q": ("x",),
}
"""Values for fields that are no ids."""


WORDS: Mapping[str, str] = {"act": "accept", "file": "look.css"}
"""What stands in a path where no id is asked for."""


def desk_routes(method: str = "") -> tuple[Route, ...]:
    """The routes that work for a tenant."""
    return tuple(route for route in office_routes() if route.desk and method in ("", route.method))


@cache
def field_names() -> tuple[str, ...]:
    """Every name that the console's code or templates ask a form or a query for."""
    found: set[str] = set()
    for path in (CORE / "staff").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        found.update(ASKED.findall(source), (one or other for one, other in FIELD.findall(source)))
    for path in (CORE / "templates/staff").rglob("*.html"):
        found.update(NAMED.findall(path.read_text(encoding="utf-8")))
    return tuple(sorted(found - {"_csrf"}))


def placeholders(route: Route) -> list[tuple[str, str]]:
    """Name and kind of the placeholders of a path."""
    return re.findall(r"\{([a-z_]+):([a-z]+)\}", route.path)


def value_of(name: str, victim: Victim, turn: int = 0) -> str:
    """What stands in a field of this name when somebody's things are meant."""
    if name in HOLES:
        return victim.things.get(HOLES[name], victim.ids[turn % len(victim.ids)])
    if name in CHOICES:
        chosen = CHOICES[name][turn % len(CHOICES[name])]
        return victim.things.get(chosen, chosen)
    if "operation" in name:
        return str(uuid.uuid4())
    if name in victim.things:
        return victim.things[name]
    return victim.ids[turn % len(victim.ids)]


def form_of(victim: Victim, turn: int = 0) -> dict[str, str]:
    """Every field of every form of staff, with the victim's things in them."""
    return {name: value_of(name, victim, turn) for name in field_names()} | {"tenant": victim.portal.name}


def path_for(route: Route, victim: Victim, instead: str = "") -> str:
    """The route's path with the victim's things in it; `instead` stands for the first id of them."""
    path = route.path
    for name, kind in placeholders(route):
        value = (
            value_of(name, victim)
            if kind == "uuid" or name in HOLES
            else WORDS.get(name, victim.portal.name if name == "tenant" else "x")
        )
        if kind == "uuid" and instead:
            value, instead = instead, ""
        path = path.replace(f"{{{name}:{kind}}}", value)
    return path


def meant(route: Route, victim: Victim) -> str:
    """The thing that the first id of a route's path means, or nothing."""
    ids = [name for name, kind in placeholders(route) if kind == "uuid"]
    return value_of(ids[0], victim) if ids else ""
