"""Everybody tries every route with everybody else's ids, at every host: nothing foreign is seen or changed.

The attempts follow from the route table. A route without a recipe here fails the test, and so does a text column that
has neither a canary nor a reason. `MYPAGE_RING_SIZE` multiplies the victim's objects and the ids that do not exist.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from attackkit import Browser, Oracle, Seen, browser, columns_changed, differences, jar_of, run_all, session_of

from mypage.audit.trail import record
from mypage.auth import routes_sessions
from mypage.auth.credentials import WIZARD as CREDENTIALS
from mypage.auth.links import issue_link
from mypage.auth.models import LoginCounter, LoginName, PasswordHistory, Registration
from mypage.billing import card_routes
from mypage.billing import routes as billing_routes
from mypage.billing.models import CardSetup
from mypage.db.keys import Vault
from mypage.db.schema import metadata
from mypage.db.session import Tx
from mypage.forms.drafts import save_draft
from mypage.forms.wizard import once
from mypage.hooks.context import Principal
from mypage.lib.tokens import new_token, token_hash
from mypage.mail.service import send_mail
from mypage.notices.models import NoticeRead
from mypage.server.routes import all_routes
from mypage.testing.portal import NOON, Portal
from mypage.web.routing import Route
from portal_rows import Person, add_account, add_bill, add_card, add_contract, add_notice, add_person

SIZE = int(os.environ.get("MYPAGE_RING_SIZE", "1"))
LEAST_ATTEMPTS = 3_000
CANARY = re.compile(r"zq[0-9a-f]{10}z")
PLANT = "'zq' || substr(md5(random()::text || '{place}'), 1, 10) || 'z'"
CLOSED = {
    "kind", "role", "status", "state", "language", "scheme", "purpose", "password_hash", "key_id", "wizard", "template",
    "importance", "currency", "tax_mode", "gateway", "brand", "actor_kind", "action", "object_type", "registration_number",
}  # fmt: skip
"""Columns that hold words of ours or hashes, never a text about somebody."""

METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
SESSION_ENDERS = ("sessions-end", "logout")
OWN_TENANT_BEARER = {"activate", "reset"}
"""Links of mails: who holds one may use it at its own portal, so there only guessed ones are tried."""


@dataclass(frozen=True)
class Victim:
    """Everything that a customer has, under canaries in every text."""

    portal: Portal
    person: Person
    ids: tuple[str, ...]
    tokens: tuple[str, ...]
    texts: dict[str, str]
    canaries: frozenset[str]


class Recipes:
    """What is sent to each route by name, made of a victim's things. A route that is not named raises KeyError."""

    def __init__(self, victim: Victim) -> None:
        self.victim = victim
        ids, texts = victim.ids, victim.texts
        stolen = {"customer_id": str(victim.person.customer_id), "account_id": str(victim.person.account_id)}
        drafts = [{"draft": each, "edit": each, "operation": each} for each in ids]
        operations = [{"operation": each} | stolen for each in ids]
        nothing: list[dict[str, str]] = [{}]
        self.sent: dict[str, list[dict[str, str]]] = {
            "GET display": [{"size": "large", "language": "en", "back": f"/bills/{ids[0]}"}],
            "GET public-page": nothing,
            "GET top": [{}, stolen],
            "GET login": [{"next": f"/bills/{ids[0]}"}],
            "POST login": [{"login": texts["login_id"], "password": "Wrong12345", "local": texts["login_id"]}],
            "POST logout": [stolen],
            "GET captcha": nothing,
            "POST password-rules": [{"password": "Abc12345", "login": texts["login_id"]} | stolen],
            "GET register": drafts,
            "POST register": [
                {
                    "login": "attacker1",
                    "password": "Abc12345",
                    "password_again": "Abc12345",
                    "email": "e@evil.example",
                    "customer_number": texts["number"],
                    "proof_code_1": "a",
                    "proof_code_2": "b",
                    "proof_code_3": "c",
                    "captcha": "0000",
                    "captcha_token": "x",
                }
            ],
            "GET register-confirm": drafts,
            "POST register-confirm": operations,
            "GET register-sent": drafts,
            "GET activate": nothing,
            "POST activate": [{}, stolen],
            "GET recover": [stolen],
            "POST recover": [
                {
                    "login": texts["login_id"],
                    "customer_number": texts["number"],
                    "proof_code_1": "a",
                    "proof_code_2": "b",
                    "proof_code_3": "c",
                }
            ],
            "GET recover-sent": [stolen],
            "GET reset": nothing,
            "POST reset": [{"password": "Abc12345x", "password_again": "Abc12345x"} | stolen],
            "GET credentials": drafts,
            "POST credentials": [
                {"current": "x", "login": texts["login_id"], "password": "Abc12345x", "password_again": "Abc12345x"}
                | stolen
            ],
            "GET credentials-confirm": drafts,
            "POST credentials-confirm": operations,
            "GET credentials-done": drafts,
            "GET sessions": [{}, stolen],
            "POST sessions-end": [stolen],
            "POST sessions-end-one": [{}, stolen],
            "GET reauth": [{"next": f"/bills/{ids[0]}"}],
            "POST reauth": [{"password": "x", "next": f"/bills/{ids[0]}"} | stolen],
            "GET contract": [{}, stolen, {"contract": ids[0]}],
            "GET notices": [{}, stolen, {"page": "2"}],
            "GET notices-one": nothing,
            "GET bills": [{}, stolen],
            "GET bills-csv": [{}, {"encoding": "cp932"} | stolen],
            "GET bills-one": nothing,
            "GET bills-pdf": nothing,
            "GET invoices": [{}, stolen],
            "GET invoices-one": nothing,
            "GET invoices-pdf": nothing,
            "GET home": [{}, stolen],
            "GET card": [{}, stolen],
            "POST card-start": operations[: 2 * SIZE],
            "GET card-return": nothing,
            "GET card-result": [{}, {"onward": "1"}],
            "GET card-confirm": nothing,
            "POST card-confirm": [{"operation": "{id}"} | stolen],
            "GET card-complete": nothing,
        }

    def attempts(self, route: Route, missing: tuple[str, ...], *, at_home: bool) -> Iterator[Attempt]:
        """Every path of a route with everything that is sent to it."""
        holes = re.findall(r"\{([a-z_]+):([a-z]+)\}", route.path)
        for values in product(*(self._fillings(route, name, kind, missing, at_home) for name, kind in holes)):
            path = route.path
            for (name, kind), value in zip(holes, values, strict=True):
                path = path.replace(f"{{{name}:{kind}}}", value)
            for fields in self.sent[f"{route.method} {route.name}"]:
                filled = {k: v.replace("{id}", values[0]) if values else v for k, v in fields.items()}
                yield Attempt(route, path, filled, values[0] if holes and holes[0][1] == "uuid" else "")

    def _fillings(self, route: Route, name: str, kind: str, missing: tuple[str, ...], at_home: bool) -> tuple[str, ...]:
        if kind == "uuid":
            return (*self.victim.ids, *missing)
        guessed = (*self.victim.ids[:2], self.victim.texts["login_id"], "A" * 43)
        named = {
            "token": guessed if at_home and route.name in OWN_TENANT_BEARER else (*self.victim.tokens, *guessed),
            "scheme": ("mypage", "none"),
            "kind": ("login-id", "password", "none"),
            "name": ("x.png", f"{self.victim.tokens[0]}.wav"),
            "slug": ("faq", "guide", self.victim.ids[0]),
        }
        return named[name]


@dataclass(frozen=True)
class Attempt:
    """One path with what is sent to it; `subject` is the id in the path."""

    route: Route
    path: str
    fields: dict[str, str]
    subject: str

    async def send(self, attacker: Browser, method: str) -> Seen:
        """Make the attempt as a form or as a query."""
        if method in ("GET", "HEAD"):
            query = "&".join(f"{k}={v}" for k, v in self.fields.items())
            return await attacker.send(method, self.path + (f"?{query}" if query else ""))
        if method == "POST":
            return await attacker.send(method, self.path, form=self.fields)
        return await attacker.send(method, self.path)


def victim_of(portal: Portal, oracle: Oracle, number: str) -> Victim:
    """A customer with at least one row in every table of tenant data."""
    person = add_person(portal, number)
    bills = [
        add_bill(portal, person, date(2026, month, 1), [("月額", 5000), ("値引", -100)], note="x")
        for month in range(9, 9 + min(2 + SIZE, 3))
    ]
    contracts = [add_contract(portal, person, f"{number}-{i}", [("a", "b", "active")]) for i in range(SIZE)]
    notices = [add_notice(portal, "t", starts_at=NOON - timedelta(days=1), person=person) for _ in range(SIZE)]
    card = add_card(portal, person)
    returned = [new_token(), new_token()]
    vault = portal.server.ports.get(Vault)
    made: dict[str, Any] = {}

    def work(tx: Tx) -> None:
        for token, state in zip(returned, ("entered", "registered"), strict=True):
            entry = CardSetup(
                tenant_id=tx.tenant, id=uuid.uuid4(), customer_id=person.customer_id, account_id=person.account_id,
                gateway="hosted-page", state=state, return_token_hash=token_hash(token), reference="r", url="u",
                brand="visa", last4="4242", exp_month=7, exp_year=2030, reason="x", created_at=tx.now(),
                updated_at=tx.now(),
            )  # fmt: skip
            tx.add(entry)
            made[state] = entry.id
        history = PasswordHistory(
            tenant_id=tx.tenant, credential_id=credential, password_hash="h", replaced_at=tx.now()
        )
        waiting = Registration(
            tenant_id=tx.tenant, id=uuid.uuid4(), customer_id=person.customer_id, scheme=person.scheme, login_id="r",
            login_key="r", password_hash="h", email="r", created_at=tx.now(), expires_at=tx.now() + timedelta(hours=1),
        )  # fmt: skip
        name = LoginName(
            tenant_id=tx.tenant, scheme=person.scheme, login_key="l", state="used", owner_id=person.account_id
        )
        counter = LoginCounter(tenant_id=tx.tenant, kind="customer", key=b"k", failures=1, last_at=tx.now())
        read = NoticeRead(tenant_id=tx.tenant, account_id=person.account_id, notice_id=notices[0], read_at=tx.now())
        for row in (history, waiting, name, counter, read):
            tx.add(row)
        tx.flush()
        made["registration"] = waiting.id
        made["reset"] = issue_link(tx, "reset", credential, "a", timedelta(hours=1))[0]
        made["activate"] = issue_link(tx, "activate", waiting.id, "a", timedelta(hours=1))[0]
        owner = token_hash(f"session:{session}")
        made["draft"] = save_draft(tx, vault, owner=owner, wizard=CREDENTIALS, data={"login_id": "x"}, secret=b"s")
        made["operation"] = str(uuid.uuid4())
        once(tx, made["operation"], owner=owner, wizard=CREDENTIALS, effect=lambda: {"login_id": "x", "email": "x"})
        send_mail(
            tx, vault, template="credentials_changed", recipient="a@b.example", language="ja", values={},
            subject_id=person.account_id,
        )  # fmt: skip
        record(tx, "x", "x", person.account_id, customer_id=person.customer_id, before={"a": "b"}, after={"a": "c"})

    credential = uuid.UUID(
        str(oracle.fetch("SELECT id FROM credential WHERE account_id = %s", person.account_id)[0][0])
    )
    session_of(portal, person)
    session = oracle.fetch("SELECT public_id FROM login_session WHERE account_id = %s", person.account_id)[0][0]
    portal.run(work)
    plant(oracle, portal.name)
    texts = oracle.fetch(
        "SELECT c.number, k.login_id FROM customer c, credential k WHERE c.tenant_id = %s AND k.tenant_id = c.tenant_id",
        portal.name,
    )[0]
    ids = [*bills, *contracts, *notices, card, *(v for v in made.values() if isinstance(v, uuid.UUID)), session]
    ids += [person.customer_id, person.account_id, credential, made["operation"]]
    rows = "\n".join(oracle.rows(portal.name).values())
    return Victim(
        portal, person, tuple(str(each) for each in ids), (*returned, made["reset"], made["activate"]),
        {"number": texts[0], "login_id": texts[1]}, frozenset(CANARY.findall(rows)),
    )  # fmt: skip


def plant(oracle: Oracle, tenant: str) -> None:
    """Another canary into every text of every row of a tenant."""
    for table in metadata().sorted_tables:
        if "tenant_id" not in table.columns:
            continue
        assert (
            oracle.fetch(f'SELECT 1 FROM "{table.name}" WHERE tenant_id = %s', tenant) or table.name == "used_challenge"
        )
        for column in table.columns:
            if column.name == "tenant_id" or column.name in CLOSED:
                continue
            token = PLANT.format(place=f"{table.name}.{column.name}")
            value = {
                "TEXT": token,
                "JSONB": f"jsonb_build_array(jsonb_build_array({token}, {token}))"
                if (table.name, column.name) == ("contract", "details")
                else f"jsonb_build_object('login_id', {token}, 'email', {token}, 'password', true, 'echo', {token})",
            }.get(str(column.type))
            if value and (table.name, column.name) not in {("operation", "operation_id"), ("draft", "sealed")}:
                changed = oracle.change(
                    f'UPDATE "{table.name}" SET "{column.name}" = {value} WHERE tenant_id = %s', tenant
                )
                assert changed, (table.name, column.name)


@dataclass
class Ring:
    """Victims, and who attacks each of them from where."""

    victims: list[Victim]
    attackers: dict[str, list[Browser]]
    own: dict[str, set[str]]
    """Ids of attackers in the tenant of a victim: their rows may change."""


@pytest.fixture
def ring(place: Callable[..., Portal], oracle: Oracle) -> Ring:
    shared = f"shared{uuid.uuid4().hex[:8]}.example"
    portals = {
        "own": place(),
        "near": place(),
        "left": place(prefix="/left", host=shared),
        "right": place(prefix="/right", host=shared),
        "nagi": place("nagi"),
    }
    victims = [victim_of(portals[name], oracle, f"200000{i}") for i, name in enumerate(("own", "left", "nagi"))]
    others = {name: add_person(portal, "9999999", name="攻撃者") for name, portal in portals.items()}
    for name, person in others.items():
        add_bill(portals[name], person, date(2026, 10, 1), [("攻撃者の月額", 1000)])
    tokens = {name: session_of(portals[name], person) for name, person in others.items()}
    result = Ring(victims, {}, {})
    for victim in victims:
        here, mine = victim.portal, victim.portal.name
        home = next(name for name, portal in portals.items() if portal is here)
        low = add_account(here, victim.person, "nobody")
        crowd = [browser(here, label="anonymous"), browser(here, others[home], label="other customer")]
        crowd.append(browser(here, low, label="without permission"))
        for name, portal in portals.items():
            if name == home:
                continue
            crowd.append(browser(portal, others[name], label=f"{name} at its own host"))
            if portal.host == here.host or name == "near":
                # The foreign cookie as it is, and its token under the name of the victim's cookie.
                for cookie in (jar_of(portal).name("session"), jar_of(here).name("session")):
                    planted = Browser(here.server, here.host, here.prefix, {cookie: tokens[name]}, label=f"{name} here")
                    crowd.append(here.wait(planted.open()))
        result.attackers[mine] = crowd
        people = (others[home], low)
        result.own[mine] = {str(i) for person in people for i in (person.account_id,)} | {str(others[home].customer_id)}
    return result


def planned(
    victim: Victim, attacker: Browser, route: Route, missing: tuple[str, ...]
) -> Iterator[tuple[Browser, Attempt, str]]:
    """What an attacker tries at a route. In the small size, of many ids in queries and forms every fifth."""
    home = (attacker.host, attacker.prefix) == (victim.portal.host, victim.portal.prefix)
    for number, attempt in enumerate(Recipes(victim).attempts(route, missing, at_home=home)):
        thinned = SIZE == 1 and not attempt.subject and number > 2 and number % 5
        if thinned or _would_mail(victim, attacker, attempt):
            continue
        yield attacker, attempt, route.method
        if attempt.subject == victim.ids[0] and route.method == "GET":
            yield attacker, attempt, "HEAD"


def test_nobody_sees_or_changes_what_is_anothers(ring: Ring, oracle: Oracle) -> None:
    routes = all_routes()
    missing = tuple(str(uuid.uuid4()) for _ in range(1 + SIZE))
    counted: Counter[str] = Counter()
    leaks: list[str] = []
    sizes: dict[tuple[str, ...], set[tuple[int, int]]] = defaultdict(set)
    before = {victim.portal.name: oracle.rows(victim.portal.name) for victim in ring.victims}
    for victim in ring.victims:
        crowd, shown_to_all = ring.attackers[victim.portal.name], own_name(victim, oracle)
        for last in (False, *SESSION_ENDERS):
            chosen = [r for r in routes if (r.name == last if last else r.name not in SESSION_ENDERS)]
            plans = [
                plan for attacker in crowd for route in chosen for plan in planned(victim, attacker, route, missing)
            ]
            plans += [
                (attacker, Attempt(route, path_of(route, victim), {}, ""), method)
                for attacker in crowd[:2]
                for route in chosen
                for method in METHODS
                if method not in {r.method for r in routes if r.path == route.path} | {"HEAD"}
            ]
            answers = run_all(victim.portal, [lambda a=a, t=t, m=m: t.send(a, m) for a, t, m in plans])
            for (attacker, attempt, method), seen in zip(plans, answers, strict=True):
                counted[attacker.label] += 1
                told = f"{attacker.label}: {method} {attempt.path} {attempt.fields} → {seen.status}"
                assert seen.status < 500 or (seen.status == 503 and attempt.route.name.startswith("card")), told
                allowed = set(CANARY.findall(f"{attempt.path} {attempt.fields}"))
                if attacker.label == "without permission":
                    allowed |= shown_to_all
                found = (set(CANARY.findall(seen.everything.lower())) & victim.canaries) - allowed
                if found:
                    leaks.append(f"{told}: {found}")
                if attempt.subject:
                    key = (
                        victim.portal.name,
                        str(id(attacker)),
                        method,
                        attempt.route.name,
                        str(attempt.fields).replace(attempt.subject, ""),
                    )
                    sizes[key].add((seen.status, len(seen.body)))
    after = {name: oracle.rows(name) for name in before}
    attempts = sum(counted.values())
    print(f"\nring: {attempts} attempts on {len(routes)} routes, {dict(counted)}")
    assert not leaks, leaks[:10]
    uneven = {key: found for key, found in sizes.items() if len(found) != 1}
    assert not uneven, list(uneven.items())[:5]
    for victim in ring.victims:
        name = victim.portal.name
        assert foreign_changes(before[name], after[name], ring.own[name], victim) == []
    assert attempts >= LEAST_ATTEMPTS


def own_name(victim: Victim, oracle: Oracle) -> set[str]:
    """What the header shows to every account of a customer."""
    rows = oracle.fetch("SELECT name, number FROM customer WHERE id = %s", victim.person.customer_id)
    return set(rows[0])


def _would_mail(victim: Victim, attacker: Browser, attempt: Attempt) -> bool:
    """Asking for help, and failing to log in, with somebody's ID at the right portal is everybody's right."""
    at_home = (attacker.host, attacker.prefix) == (victim.portal.host, victim.portal.prefix)
    return at_home and f"{attempt.route.method} {attempt.route.name}" in ("POST recover", "POST login", "POST register")


def path_of(route: Route, victim: Victim) -> str:
    """The route's path with the victim's things in it."""
    return re.sub(r"\{[a-z_]+:([a-z]+)\}", lambda m: victim.ids[0] if m[1] == "uuid" else victim.tokens[0], route.path)


def foreign_changes(before: dict[Any, str], after: dict[Any, str], own: set[str], victim: Victim) -> list[str]:
    """Rows of others that came, went or changed, and new rows that speak of the victim."""
    found = []
    for (table, key), (old, new) in differences(before, after).items():
        text = f"{old or ''}{new or ''}"
        if old is None and not any(each in text for each in (*victim.ids, *victim.canaries)):
            continue
        if table in ("login_session", "card_setup", "draft", "audit_entry") and any(each in text for each in own):
            row = json.loads(new or old or "{}")
            if row.get("account_id") in own or row.get("actor") in own:
                continue
        found.append(f"{table} {key}: {columns_changed(old, new)}")
    return found


def test_the_owner_sees_all_of_it(ring: Ring) -> None:
    """Otherwise the ring would prove nothing: the canaries do show where they belong."""
    for victim in ring.victims[:2]:
        mine = browser(victim.portal, victim.person)
        paths = [path_of(r, victim) for r in all_routes() if r.method == "GET" and r.name != "card-return"]
        paths += [f"/notices/{each}" for each in victim.ids] + [f"/bills/{each}/pdf" for each in victim.ids]
        answers = run_all(victim.portal, [lambda p=p, mine=mine: mine.send("GET", p) for p in paths])
        seen = {c for answer in answers for c in CANARY.findall(answer.everything.lower())} & victim.canaries
        assert len(seen) >= 15
        assert any(a.header("content-type") == "application/pdf" and CANARY.search(a.text) for a in answers)


def test_the_oracle_and_the_canaries_are_sharp(ring: Ring, oracle: Oracle) -> None:
    """A changed foreign row is seen."""
    victim = ring.victims[0]
    name = victim.portal.name
    before = oracle.rows(name)
    oracle.change("UPDATE notice SET importance = 'urgent' WHERE tenant_id = %s", name)
    found = foreign_changes(before, oracle.rows(name), ring.own[name], victim)
    assert found
    assert all(each.startswith("notice ") for each in found)
    assert len(victim.canaries) > 40


@pytest.mark.parametrize("hole", ["bill", "card entry", "session", "token"])
def test_the_ring_finds_a_hole(
    place: Callable[..., Portal], oracle: Oracle, monkeypatch: pytest.MonkeyPatch, hole: str
) -> None:
    """One guard taken away: the neighbour's attempts at that route are noticed."""
    here = place()
    victim = victim_of(here, oracle, "2000001")
    neighbour = add_person(here, "9999999", name="攻撃者")
    attacker = browser(here, neighbour)
    owner = principal_of(victim)
    opened = {"bill": "bills-one", "card entry": "card-confirm", "session": "sessions-end-one", "token": "card-return"}
    if hole == "bill":
        original = billing_routes.find_bill
        monkeypatch.setattr(billing_routes, "find_bill", lambda tx, _, *a, **k: original(tx, owner, *a, **k))
    elif hole == "card entry":
        find = card_routes.find_entry
        monkeypatch.setattr(card_routes, "find_entry", lambda tx, _, *a: find(tx, owner, *a))
    elif hole == "session":
        end = routes_sessions.end_session_of
        monkeypatch.setattr(routes_sessions, "end_session_of", lambda tx, _, i: end(tx, victim.person.account_id, i))
    else:
        back = card_routes.find_returned
        monkeypatch.setattr(card_routes, "find_returned", lambda tx, _, t: back(tx, owner, t))
    before = oracle.rows(here.name)
    route = next(r for r in all_routes() if r.name == opened[hole])
    plans = list(planned(victim, attacker, route, (str(uuid.uuid4()),)))
    answers = run_all(here, [lambda t=t, m=m: t.send(attacker, m) for _, t, m in plans])
    leaked = any(set(CANARY.findall(seen.everything.lower())) & victim.canaries for seen in answers)
    uneven = len({(seen.status, len(seen.body)) for seen in answers}) > 1
    changed = foreign_changes(before, oracle.rows(here.name), {str(neighbour.account_id)}, victim)
    assert {"bill": leaked, "card entry": leaked, "session": bool(changed), "token": uneven}[hole]


def principal_of(victim: Victim) -> Principal:
    """The victim as its own pages know it."""
    person = victim.person
    return Principal(
        account_id=person.account_id, customer_id=person.customer_id, session_id=uuid.uuid4(), scheme=person.scheme,
        role="holder", name="", customer_number="", email="", permissions=frozenset(),
    )  # fmt: skip
