"""What the cells of a policy file are tried with: an account for each role, its things, and one request per cell."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from attackkit import Browser, Oracle, Seen, jar_of, run_all, session_of
from sqlalchemy import select

from mypage.auth.models import Account, Credential, LoginName
from mypage.billing.models import CardSetup
from mypage.db.session import Tx
from mypage.lib.tokens import new_token, token_hash
from mypage.testing.policy import ANY_ACCOUNT, EVERYBODY, Policy, read_policy
from mypage.testing.portal import NOON, Portal
from mypage.web.cookies import new_visitor
from mypage.web.csrf import csrf_token
from portal_rows import (
    Person,
    add_account,
    add_bill,
    add_card,
    add_contract,
    add_notice,
    add_person,
    operator_of,
    sign_in,
)

ROOT = Path(__file__).parents[2]
FILES = {
    "actv": ROOT / "plugins/actv/policy.toml",
    "nagi": ROOT / "tests/sample_operator/policy.toml",
    "ocn": ROOT / "plugins/ocn/policy.toml",
    "ucom": ROOT / "plugins/ucom/policy.toml",
    "usen": ROOT / "plugins/usen/policy.toml",
}
ANONYMOUS = "anonymous"
OTHER = "any-other"
"""A role that no operator names: it must be able to do nothing beyond what every account may."""
BACK = "/pages/back"
ANSWERS = ("birth_date", "mobile", "fax", "call", "boats")
"""Fields of the operators' profile forms that stand in the customer's profile, as text that is shown."""
FORM = {
    "password": "Abc12345",
    "password_again": "Abc12345",
    "login": "someone1",
    "current": "x",
    "operation": "0" * 32,
    "_back": BACK,
}
"""Sent with every form; `_back` shows in the address of the login page that refuses it."""


def policy_of(operator: str) -> Policy:
    """The file of an operator."""
    return read_policy(FILES[operator])


@dataclass(frozen=True, slots=True)
class Cell:
    """One route and one kind of visitor."""

    method: str
    path: str
    line: Mapping[str, Any]
    role: str

    @property
    def allowed(self) -> bool:
        """What the file says."""
        who = self.line["who"]
        if who == EVERYBODY:
            return True
        if self.role == ANONYMOUS:
            return False
        return who == ANY_ACCOUNT or self.role in who

    def __str__(self) -> str:
        return f'"{self.method} {self.path}" for {self.role}'


def cells_of(policy: Policy) -> list[Cell]:
    """Every route for a visitor, each role and a role that is not named."""
    found = []
    for key, line in policy.routes.items():
        method, _, path = key.partition(" ")
        found += [Cell(method, path, line, role) for role in (ANONYMOUS, *policy.roles, OTHER)]
    return found


def verdict(portal: Portal, seen: Seen) -> str:
    """How the portal's guards answered: "403", "login", "reauth", "" for any answer of the route itself."""
    if seen.status == 403:
        return "403"
    if seen.status == 303:
        path, _, query = seen.header("location").removeprefix(portal.prefix).partition("?")
        # A second step whose time is over leads to the password again, without having been asked for by a guard.
        if path in ("/login", "/reauth") and query.startswith("next="):
            return path[1:]
    return ""


def wrong_answer(portal: Portal, cell: Cell, seen: Seen) -> str:
    """One line when an answer contradicts the file."""
    got = verdict(portal, seen)
    # The home page is where a login leads without being asked to, so its door carries no way back.
    bare = seen.status == 303 and seen.header("location") == f"{portal.prefix}/login"
    if cell.allowed:
        refused = got or (cell.line["who"] != EVERYBODY and bare) or seen.status >= 500
        return f"{cell} is allowed but was refused: {seen.status} {seen.header('location')}" if refused else ""
    wanted = "login" if cell.role == ANONYMOUS else "403"
    if got == wanted or (wanted == "login" and bare and cell.path == "/home"):
        return ""
    return f"{cell} is forbidden but answered {seen.status} {seen.header('location')}, not {wanted}"


class Cast:
    """A customer with everything, and an account of it for every role."""

    def __init__(self, portal: Portal, roles: Iterable[str]) -> None:
        self.portal, self.roles = portal, tuple(roles)
        self.holder = add_person(portal)
        self.ids = belongings(portal, self.holder)
        self.accounts = {role: _account(portal, self.holder, role) for role in (*self.roles, OTHER)}

    def browser(self, role: str, *, own_account: bool = False) -> Browser:
        """A browser with a session of a role; `own_account` when the request may end sessions of the account."""
        if role == ANONYMOUS:
            return signed_out(self.portal)
        person = add_account(self.portal, self.holder, role) if own_account else self.accounts[role]
        return signed_in(self.portal, person)

    def path(self, pattern: str) -> str:
        """A route's path with the customer's things in it."""
        return re.sub(r"\{([a-z_]+):[a-z]+\}", lambda hole: self.ids.get(hole[1], str(uuid.UUID(int=7))), pattern)

    def answers(self, cells: list[Cell], form: Mapping[str, Any] = FORM, *, language: str = "ja") -> list[Seen]:
        """One request per cell."""
        reading = {role: self.browser(role) for role in (ANONYMOUS, *self.roles, OTHER)}
        for browser in reading.values():
            browser.cookies[jar_of(self.portal).name("language")] = language
        browsers = [reading[c.role] if c.method == "GET" else self.browser(c.role, own_account=True) for c in cells]
        return run_all(
            self.portal,
            [
                lambda c=c, b=b: b.send(c.method, self.path(c.path), form=form if c.method == "POST" else None)
                for c, b in zip(cells, browsers, strict=True)
            ],
        )


def _account(portal: Portal, holder: Person, role: str) -> Person:
    """Another account of the customer; one that customers hand out has a login ID of that kind."""
    account, handed_out = add_account(portal, holder, role), operator_of(portal).sub_accounts
    if handed_out is None or role not in handed_out.roles:
        return account
    login = f"sub-{account.account_id.hex[:8]}"
    portal.run(
        lambda tx: tx.add(
            Credential(
                tenant_id=tx.tenant,
                account_id=account.account_id,
                scheme=handed_out.scheme,
                login_id=login,
                login_key=login,
            )
        )
    )
    return replace(account, scheme=handed_out.scheme)


def belongings(portal: Portal, person: Person) -> dict[str, str]:
    """One thing of the customer for every placeholder of a path."""
    bill = add_bill(portal, person, date(2026, 10, 1), [("月額", 5000)], note="備考")
    add_contract(
        portal, person, "C1", [("ネット", "光", "active")], place="青森市", details=[["速度", "1 Gbps"]],
        features=sorted({each.feature for each in operator_of(portal).contract_policy.conditions if each.feature}),
    )  # fmt: skip
    add_card(portal, person)
    notice = add_notice(portal, "件名", starts_at=NOON - timedelta(days=1), person=person, title_en="t", body_en="b")
    token = new_token()
    entry = CardSetup(
        tenant_id=portal.name, customer_id=person.customer_id, account_id=person.account_id, gateway="hosted-page",
        state="entered", return_token_hash=token_hash(token), reference="r", url="https://pay.example/", brand="visa",
        last4="4242", exp_month=7, exp_year=2030, created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    portal.run(lambda tx: tx.add(entry))
    return {
        "invoice_id": str(bill),
        "notice_id": str(notice),
        "setup_id": str(entry.id),
        "token": token,
        "scheme": person.scheme,
        "kind": "password",
        "slug": next(
            (slug for slug, page in operator_of(portal).public_pages.items() if slug and not page.url), "none"
        ),
        "name": "x.png",
        "code": next(iter(operator_of(portal).slots), "none"),
        "number": "1",
    }


def key_of(portal: Portal) -> bytes:
    """The portal's signing key."""
    return portal.server.kernels[operator_of(portal).name].signing_key(portal.name)


def signed_in(portal: Portal, person: Person) -> Browser:
    """A browser with a fresh session and its form token."""
    token = session_of(portal, person)
    cookies = {jar_of(portal).name("session"): token}
    return Browser(
        portal.server, portal.host, portal.prefix, cookies, csrf_token(key_of(portal), portal.name, token),
        keep_cookies=False,
    )  # fmt: skip


def signed_out(portal: Portal) -> Browser:
    """A browser of nobody with its form token."""
    visitor = new_visitor(key_of(portal), portal.name)
    cookies = {jar_of(portal).name("visitor"): visitor}
    return Browser(
        portal.server, portal.host, portal.prefix, cookies, csrf_token(key_of(portal), portal.name, visitor),
        keep_cookies=False,
    )  # fmt: skip


def before_first_login(cast: Cast) -> bool:
    """The first role's account has confirmed nothing yet, where a gate asks for that; whether one does."""
    asked = any(gate.condition == "unconfirmed" for gate in operator_of(cast.portal).gates)
    if asked:
        must_confirm(cast.portal, cast.accounts[cast.roles[0]])
    return asked


def confirm_first_login(cast: Cast) -> None:
    """Through the page."""
    client = sign_in(cast.portal, cast.accounts[cast.roles[0]])
    client.get("/first-login")
    assert client.submit({}).status == 303


def must_confirm(portal: Portal, person: Person) -> None:
    """What the first login shows was not confirmed: the operator's gate stands for this account."""

    def work(tx: Tx) -> None:
        account = tx.scalars(select(Account).where(Account.tenant_id == tx.tenant, Account.id == person.account_id))
        account.one().confirmed_at = None

    portal.run(work)


def must_change(portal: Portal, person: Person) -> None:
    """A password that somebody else chose: the core's gate stands for this account."""
    portal.run(
        lambda tx: tx.add(
            Credential(
                tenant_id=tx.tenant,
                account_id=person.account_id,
                scheme=person.scheme,
                must_change=True,
                login_id=f"g{person.account_id.hex[:8]}",
                login_key=f"g{person.account_id.hex[:8]}",
            )
        )
    )


PASSWORDS = ("Kaze2026nomachi", "Umi2026benomachi")
"""The password that the holder has, and the one that it is changed to; also good for who takes few characters."""


def give_password(cast: Cast, *, must_change: bool = False) -> None:
    """The first role's account gets a password, and its login ID its place among the names."""
    person, portal = cast.accounts[cast.roles[0]], cast.portal
    hashed = portal.server.hasher.hash(PASSWORDS[0])

    def work(tx: Tx) -> None:
        key = "someone2026"
        if len(operator_of(portal).schemes[person.scheme].parts) > 1:
            key = "someone2026@nagi.example"
        credential = Credential(
            tenant_id=tx.tenant, account_id=person.account_id, scheme=person.scheme, login_id=key, login_key=key,
            password_hash=hashed, must_change=must_change,
        )  # fmt: skip
        name = LoginName(
            tenant_id=tx.tenant, scheme=person.scheme, login_key=key, state="used", owner_id=person.account_id
        )
        tx.add_all([credential, name])

    portal.run(work)


def change_credentials(cast: Cast) -> None:
    """Login ID, where it may be changed, and password through the pages."""
    person = cast.accounts[cast.roles[0]]
    if person.scheme not in operator_of(cast.portal).credential_changes:
        return
    client = sign_in(cast.portal, person)
    new = PASSWORDS[1][: operator_of(cast.portal).password_policies[person.scheme].length[1]]
    values = {"current": PASSWORDS[0], "password": new, "password_again": new}
    if operator_of(cast.portal).credential_changes[person.scheme].login:
        values["login"] = "someone2027"
    cast.portal.clock.at += timedelta(seconds=1)
    client.get("/credentials")
    entered = client.submit(values)
    assert entered.status == 303, entered.errors
    client.get(entered.location)
    done = client.submit({}, follow=True)
    assert done.status == 200, done.text


def change_profile(cast: Cast) -> None:
    """What the operator's form of the customer's data may change; from the accounts' mail address to another one."""
    form = operator_of(cast.portal).profile_form
    if form is None:
        return
    values = {"phone": "03-1234-5678", "fax": "03-1234-5678", "mobile": "090-1234-5678", "count": "2"}
    for address in ("taro@example.jp", "new@example.jp"):
        client = sign_in(cast.portal, cast.holder)
        client.get("/profile")
        entered = client.submit(
            {f.name: values.get(f.kind, f.choices[-1] if f.choices else address) for f in form.fields if not f.locked}
        )
        assert entered.status == 303, entered.errors
        client.get(entered.location)
        done = client.submit({}, follow=True)
        assert done.status == 200, done.text


PLANTED = re.compile(r"zq[0-9a-f]{10}z")


def plant_fields(
    oracle: Oracle, tenant: str, columns: Iterable[tuple[str, str, str]], *, labels: Iterable[str] = ()
) -> dict[str, str]:
    """A text of its own into every text column of a tenant; returns text → "table.column".

    `labels` are those of a contract's details that some page looks for.
    """
    planted: dict[str, str] = {}
    for table, column, kind in columns:
        digest = hashlib.sha256(f"{table}.{column}".encode()).hexdigest()[:9]
        if kind == "JSONB":
            texts = [f"zq{digest}0z", f"zq{digest}1z"]
            details = [texts, *([label, texts[1]] for label in labels)]
            value = json.dumps(dict.fromkeys(ANSWERS, texts[0]) if column == "profile" else details)
            sql = f'UPDATE "{table}" SET "{column}" = %s::jsonb WHERE tenant_id = %s'
            changed = oracle.change(sql, value, tenant)
        else:
            # A digit of its own for each row keeps unique columns unique.
            sql = (
                f'UPDATE "{table}" t SET "{column}" = %s || (n %% 10) || %s FROM '
                f'(SELECT ctid AS place, row_number() OVER () AS n FROM "{table}" WHERE tenant_id = %s) r '
                "WHERE t.ctid = r.place AND t.tenant_id = %s"
            )
            changed = oracle.change(sql, f"zq{digest}", "z", tenant, tenant)
        assert changed, f"{table}.{column}: there is no row to plant a text in"
        planted |= {f"zq{digest}{n}z": f"{table}.{column}" for n in range(10)}
    return planted
