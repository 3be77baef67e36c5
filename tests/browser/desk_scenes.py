"""Every page of the staff console, with a way to get there. A page whose path has a placeholder needs a thing for it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from desk_people import Clerk, Office, commit, enter
from portal_stack import Site, Stack
from sample_people import People
from scenes import Walk
from sqlalchemy import text
from surfing import Surfers

from mypage.billing.models import PaymentMethod, PaymentReview
from mypage.contracts.line_secrets import PLACE
from mypage.contracts.models import LineSecret
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.desk import CARD_REVIEW
from mypage.hooks.permissions import YES
from mypage.lib.months import add_months
from mypage.mail.service import mark_failed, send_mail
from mypage.notices.writing import NoticeText, publish, write
from mypage.requests.content import ContentRow
from mypage.requests.models import Request
from mypage.server.routes import office_routes
from mypage.staff.approvals.service import propose
from mypage.staff.permissions import STAFF_TABLE
from mypage.web.routing import Route
from mypage.work.service import open_kind, short_reference

FILES: Mapping[str, str] = {
    "queue-export": "text/csv",
    "request-export": "text/csv",
    "request-attachment": "application/pdf",
    "look": "text/css",
    "trail-export": "text/csv",
}
"""Routes of desks that answer with a file, by the kind of file."""
PASSING = frozenset[str]()
"""Routes of desks that only lead on."""
PORTAL_LOOKS = frozenset({"notices-preview"})
"""Pages in the look of the portal and not of the console."""
EXTRA: Mapping[str, tuple[str, ...]] = {
    "queue": ("?q=zzzz", "?who=nobody&sort=age"),
    "approvals": ("?show=all",),
    "customer": ("?show=login",),
}
"""Other states of pages by route: what stands behind the path."""
DRAFTED: Mapping[str, Mapping[str, str]] = {
    "amount-check": {
        "way": "charge", "contract": "{contract_id}", "amount": "100", "rate": "10", "description": "お詫び",
        "reason": "障害のお詫びのため",
    },
    "ending-check": {"contract": "{contract_id}", "last_day": "{day}", "reason": "お客様からのお申し出のため"},
}  # fmt: skip
"""Pages that come after a form, by what is typed into it."""
PUBLIC = {
    "login": "/login",
    "company": "/company",
    "recover": "/recover/password",
    "recover-sent": "/recover/password/sent",
}
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
    office.run(site, lambda tx: made.things.update(_work(stack, site, tx, made)))
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
        "entry_id": one("SELECT id FROM audit_entry WHERE tenant_id = :t AND action = 'work.opened' LIMIT 1"),
    }


def _work(stack: Stack, site: Site, tx: Tx, made: Scenery) -> dict[str, str]:
    """A card to compare, a secret of the line, an amount that waits for a second person, a mail that failed."""
    operator, vault = stack.server.compiled.operators[site.operator], stack.server.ports.get(Vault)
    customer, contract = uuid.UUID(made.things["customer_id"]), uuid.UUID(made.things["contract_id"])
    whose, now = {"tenant_id": tx.tenant, "customer_id": customer}, tx.now()
    method, review, secret = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    tx.add(
        PaymentMethod(
            id=method, gateway="none", token_sealed=b"x", brand="visa", last4="4242", exp_month=7, exp_year=2029,
            current=False, created_at=now, **whose,
        )
    )  # fmt: skip
    tx.flush()
    tx.add(
        PaymentReview(
            id=review, payment_method_id=method, card_name="HANAKO AOMORI", state="waiting", created_at=now, **whose
        )
    )  # fmt: skip
    sealed = vault.seal(tx, b"x7Kd-29pQ", row=str(secret), **PLACE)
    tx.add(LineSecret(id=secret, contract_id=contract, label="認証パスワード", sealed=sealed, updated_at=now, **whose))
    tx.flush()
    item = open_kind(
        tx, operator.desk, kind=CARD_REVIEW, subject_id=review, customer_id=customer,
        reference=short_reference("C", tx.today(), review), title="VISA **** 4242",
    )  # fmt: skip
    month = add_months(tx.today().replace(day=1), 1)
    payload = {
        "contract_id": str(contract), "number": "C1", "month": month.isoformat(), "amount": -100, "rate": "10",
        "description": "お詫び",
    }  # fmt: skip
    waiting = propose(
        tx, kind="posting", customer_id=customer, payload=payload, summary="青森 花子 -100", reason="障害のお詫びのため",
        by=made.agent.account_id,
    )  # fmt: skip
    mail = send_mail(
        tx, vault, template="card_changed", recipient="hanako@mail.example", language="ja",
        values={"card": "VISA 4242", "changed_at": now}, subject_id=uuid.UUID(made.things["account_id"]),
    )  # fmt: skip
    mark_failed(tx, mail, "宛先不明")
    said = NoticeText(
        title="工事のお知らせ", body="本文です。", title_en="Works", body_en="Text.", importance="normal", starts_at=now,
        ends_at=None, audience="plan", aimed=("試験用",),
    )  # fmt: skip
    asked = uuid.uuid4()
    tx.add(
        Request(
            id=asked, number=f"R-261121-{asked.hex[:6].upper()}", contract_id=contract, account_id=uuid.UUID(made.things["account_id"]),
            form="x", form_version=1, section="x", title="申請", state="filed", language="ja", filed_at=now,
            content=[ContentRow(name="a", kind="area", label="ご要望", value="一行目\n二行目").kept()], **whose,
        )
    )  # fmt: skip
    notice = publish(tx, write(tx, said, by=made.agent.account_id).id)
    return {
        "notice_id": str(notice.id), "item_id": str(item.id), "secret_id": str(secret), "approval_id": str(waiting.id), "act": "accept",
        "mail_id": str(mail), "request_id": str(asked),
    }  # fmt: skip


def walk_desk(stack: Stack, office: Office, surfers: Surfers, scenery: Scenery, clerk: Clerk, role: str) -> Walk:
    """Every page that a role may open, from the routes; what is refused to it is left out."""
    walk = Walk(surfers.open(stack.office), "rich")
    office.sit_down(walk.surfer, clerk, stack.actv)
    for route in desk_pages():
        if role in may(route.permission) and route.name not in DRAFTED:
            own = {"account_id": str(scenery.agent.account_id)} if route.name == "role" else {}
            path = path_of(route, scenery.things | own)
            walk.add(route.name, path)
            for number, more in enumerate(EXTRA.get(route.name, ())):
                walk.add(route.name, path + more, str(number))
    if role == "manager":
        for name, values in DRAFTED.items():
            _come_to(walk, name, values, scenery)
        _act(walk, scenery)
    return walk


def _act(walk: Walk, scenery: Scenery) -> None:
    """What will happen to whom, and what was done: acts show both at the address of their form."""
    surfer, reason = walk.surfer, {"reason": "本人から電話、生年月日を確認"}
    customer = f"/customers/{scenery.things['customer_id']}"
    surfer.go(f"{customer}/papers")
    about = f"c{uuid.UUID(scenery.things['contract_id']).hex}"
    enter(surfer, {"about": about, "kind": "payment", "note": "郵送で受領"} | reason)
    commit(surfer)
    walk.here("customer-paper", "check")
    surfer.go(f"{customer}/unlock")
    enter(surfer, reason)
    commit(surfer)
    commit(surfer)
    walk.here("customer-unlock", "done")


def _come_to(walk: Walk, name: str, values: Mapping[str, str], scenery: Scenery) -> None:
    """A page that shows what was typed into the one before it."""
    surfer = walk.surfer
    first = f"/customers/{scenery.things['customer_id']}/{name.removesuffix('-check')}"
    surfer.go(first)
    last_day = (date.today() + timedelta(days=40)).isoformat()
    enter(surfer, {key: value.format(day=last_day, **scenery.things) for key, value in values.items()})
    commit(surfer)
    surfer.at(f"{first}/check")
    walk.here(name)


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
    walk.add("company", "/company?portal=nothing", "unknown", 422)
    walk.add("company-back", "/company/back", "begun-elsewhere", 400)
    return walk


def path_of(route: Route, things: Mapping[str, str]) -> str:
    """The path with things in it. Raises KeyError for a placeholder without one: give it one in `set_up`."""
    return re.sub(r"\{([a-z_]+):[a-z]+\}", lambda hole: things[hole[1]], route.path)


def may(permission: str) -> tuple[str, ...]:
    """The roles that hold a permission of the console."""
    return next(
        tuple(role for role, cell in zip(STAFF_TABLE.roles, row.cells, strict=True) if cell == YES)
        for row in STAFF_TABLE.rows
        if permission in row.permissions
    )
