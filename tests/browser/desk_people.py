"""People of the staff console in a browser: with a password and an authenticator app, at the desk of a portal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import pyotp
from portal_stack import Site, Stack, some_id
from second_steps import App
from surfing import Surfer

from mypage.auth.factors.service import Holder, Keys, add_app
from mypage.auth.models import Account, Credential, Customer, LoginName, LoginSession
from mypage.auth.sessions import open_session
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.lib.clock import SystemClock
from mypage.lib.crypto import Keyring
from mypage.lib.tokens import token_hash
from mypage.operators.operator import OFFICE
from mypage.staff.models import DeskRole, DeskSeat, StaffMember
from mypage.staff.office import ROLE, SCHEME
from mypage.web.cookies import CookieJar

T = TypeVar("T")
PASSWORD = "Tsugaru2026Sora"


@dataclass(frozen=True)
class Clerk:
    """Somebody who works at the console; `roles` by the name of the tenant."""

    account_id: uuid.UUID
    name: str
    email: str
    app: App
    roles: Mapping[str, str]


class Office:
    """Makes staff, and seats them."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def run(self, site: Site, work: Callable[[Tx], T]) -> T:
        """A committed unit of work in a tenant."""
        with unit(self._stack.engine, Scope(site.tenant, SystemClock(), Actor("system", "test"), "test")) as tx:
            return work(tx)

    def clerk(self, name: str, *roles: tuple[Site, str]) -> Clerk:
        """Somebody with these roles, who can sign in."""
        server, account_id, email = self._stack.server, uuid.uuid4(), f"{some_id(8)}@staff.example"
        keys, secret = Keys(server.ports.get(Vault), server.ports.get(Keyring)), pyotp.random_base32()
        named = {site.tenant: role for site, role in roles}
        hashed = server.hasher.hash(PASSWORD)

        def add(tx: Tx, *rows: Any) -> None:
            tx.add_all(rows)
            tx.flush()

        def work(tx: Tx) -> None:
            whose, now = {"tenant_id": tx.tenant}, tx.now()
            add(tx, Customer(id=account_id, number=email, number_key=email, name=name, **whose))
            add(
                tx,
                Account(id=account_id, customer_id=account_id, role=ROLE, email=email, email_verified_at=now, **whose),
            )
            add(
                tx,
                Credential(
                    account_id=account_id, scheme=SCHEME, login_id=email, login_key=email, password_hash=hashed, **whose
                ),
                LoginName(scheme=SCHEME, login_key=email, state="used", owner_id=account_id, **whose),
                *(
                    DeskRole(account_id=account_id, worked=worked, role=role, granted_by="t", granted_at=now, **whose)
                    for worked, role in named.items()
                ),
            )  # fmt: skip
            add_app(
                tx, keys, Holder(account_id=account_id, session_id=None, language="ja"), secret=secret, name="a", step=0
            )

        self.run(self._stack.office, work)
        return Clerk(account_id, name, email, App(secret), named)

    def sit_down(self, surfer: Surfer, clerk: Clerk, worked: Site | None = None) -> None:
        """Give the browser a session of the console, at the desk of a portal when one is given."""
        operator = self._stack.server.compiled.operators[OFFICE]

        def work(tx: Tx) -> str:
            token = open_session(tx, operator, clerk.account_id, SCHEME, device="t", factor=True)
            tx.flush()
            if worked is not None:
                row = tx.query(LoginSession).filter_by(tenant_id=tx.tenant, token_hash=token_hash(token)).one()
                tx.add(DeskSeat(tenant_id=tx.tenant, session_id=row.public_id, worked=worked.tenant, taken_at=tx.now()))
            return token

        token = self.run(self._stack.office, work)
        if worked is not None:
            self.introduce(clerk, worked)
        cookie = CookieJar(self._stack.office.tenant, "", False).name("session")
        surfer.context.add_cookies([{"name": cookie, "value": token, "url": self._stack.office.url()}])

    def introduce(self, clerk: Clerk, worked: Site) -> None:
        """The copy of somebody's name in a tenant, as taking the seat there leaves it."""
        self.run(
            worked,
            lambda tx: tx.merge(
                StaffMember(
                    tenant_id=tx.tenant, id=clerk.account_id, name=clerk.name, email=clerk.email,
                    role=clerk.roles[worked.tenant], updated_at=tx.now(),
                )
            ),
        )  # fmt: skip


def sign_in(surfer: Surfer, clerk: Clerk) -> None:
    """Password, code of the app, and then the choice of a tenant."""
    surfer.go("/login")
    surfer.put(surfer.main.locator("input[name=login], input[name=email]").first, clerk.email)
    surfer.put(surfer.main.locator("input[type=password]").first, PASSWORD)
    surfer.use(surfer.main.locator("form button[type=submit]").first)
    surfer.at("/login/second")
    surfer.put(surfer.page.locator("#code"), clerk.app.code())
    surfer.use(surfer.main.locator("form button[type=submit]").first)
    surfer.at("/seat")


def take_seat(surfer: Surfer, worked: Site) -> None:
    """Choose the tenant to work for."""
    surfer.use(surfer.main.locator(f"button[name=tenant][value='{worked.tenant}']"))
    surfer.at("/home")


def enter(surfer: Surfer, values: Mapping[str, str]) -> None:
    """Fill in the controls of `main` by their names: choose, tick or type."""
    for name, value in values.items():
        control = surfer.main.locator(f"[name='{name}']")
        kind = control.first.evaluate("(e) => e.tagName === 'SELECT' ? 'select' : e.type")
        if kind == "radio" and surfer.way == "keyboard":
            _arrow_to(surfer, name, value)
        elif kind in ("radio", "checkbox"):
            surfer.tick(surfer.main.locator(f"[name='{name}'][value='{value}']"))
        elif kind == "select":
            surfer.reach(control.first) if surfer.way == "keyboard" else None
            control.first.select_option(value)
        else:
            surfer.put(control.first, value)


def _arrow_to(surfer: Surfer, name: str, value: str) -> None:
    """Tab stops once in a group of choices; arrows go through it."""
    choices = surfer.main.locator(f"[name='{name}']")
    wanted = surfer.main.locator(f"[name='{name}'][value='{value}']")
    checked = surfer.main.locator(f"[name='{name}']:checked")
    surfer.reach(checked.first if checked.count() else choices.first)
    surfer.page.keyboard.press("Space")
    for _ in range(choices.count()):
        if wanted.is_checked():
            return
        surfer.page.keyboard.press("ArrowDown")
    assert wanted.is_checked(), (name, value)


def commit(surfer: Surfer, action: str = "") -> None:
    """Press the button of the form of `main` whose target ends so, or of the only one."""
    form = f"form[action$='{action}']" if action else "form[method=post]"
    surfer.use(surfer.main.locator(f"{form} button[type=submit]").last)
