"""Short tests of one guard each: they pass on the product as it is, and fail when their guard is gone."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import policykit
import pytest
from attackkit import Browser, Oracle, Seen, run_all
from factorprobes import FACTOR_PROBES, add_app
from mutantcalls import Things
from policykit import OTHER, Cast, Cell, policy_of, signed_in
from sessionprobes import SESSION_PROBES
from sqlalchemy import insert, text
from sqlalchemy.exc import ProgrammingError

import rlskit
from mypage.audit.trail import masked
from mypage.auth import captcha, links, login, names, proof, sessions, throttle
from mypage.auth.credentials import WIZARD
from mypage.auth.models import Customer
from mypage.billing import card_entry, cards
from mypage.billing import service as bills
from mypage.billing.tenant_gateways import Gateways
from mypage.contracts import service as contracts
from mypage.db.session import Actor, MissingTenant, Scope, Tx, entering, platform_unit, sync_engine, unit
from mypage.forms import drafts, wizard
from mypage.hooks.context import Principal
from mypage.hooks.permissions import PUBLIC
from mypage.jobs.queue import enqueue
from mypage.jobs.tasks import BadJob, read_job
from mypage.lib.crypto import DecryptError
from mypage.lib.errors import NotFound, SignInNeeded, StaleForm
from mypage.lib.tabular import guarded
from mypage.mail.errors import BadMail
from mypage.mail.service import checked_address
from mypage.mail.values import one_line
from mypage.notices import service as notices
from mypage.server.routes import all_routes
from mypage.testing.database import TestDatabase
from mypage.testing.guard import ON_PURPOSE
from mypage.testing.portal import NOON, Portal
from mypage.web.cookies import CookieJar
from mypage.web.rendering import Templates
from mypage.web.urls import safe_path
from portal_rows import Person, add_account, add_contract, add_notice, add_person, operator_of


@dataclass
class World:
    """What probes need; made when first asked for, shared by all."""

    place: Callable[..., Portal]
    oracle: Oracle
    database: TestDatabase
    things: Things

    @cached_property
    def here(self) -> Portal:
        """A portal of its own for what probes change."""
        return self.place()

    @cached_property
    def cast(self) -> Cast:
        """Roles of the invented operator."""
        return Cast(self.place("nagi"), policy_of("nagi").roles)

    @cached_property
    def members(self) -> tuple[Cast, Cast]:
        """A customer with everything, and one whose password is known."""
        mine, other = Cast(self.here, ("holder",)), Cast(self.place(), ("holder",))
        policykit.give_password(other)
        return mine, other

    @cached_property
    def doors(self) -> tuple[Portal, Portal]:
        """Two portals of one host."""
        host = f"doors{uuid.uuid4().hex[:8]}.example"
        return self.place(prefix="/left", host=host), self.place(prefix="/right", host=host)

    @cached_property
    def pair(self) -> tuple[Person, Person]:
        """Two customers of `here` without factors."""
        return add_person(self.here, "5000001"), add_person(self.here, "5000002")

    @cached_property
    def strict(self) -> tuple[Portal, Person, Person]:
        """A portal that demands a second step: somebody with an app, and somebody without."""
        portal = self.place(second_factor="required")
        having, lacking = add_person(portal), add_person(portal, "1000002")
        portal.run(lambda tx: add_app(tx, portal, having))
        return portal, having, lacking

    @cached_property
    def doorway(self) -> tuple[Portal, Person]:
        """A portal, and somebody with a password and an app."""
        cast = Cast(self.place(), ("holder",))
        policykit.give_password(cast)
        person = cast.accounts["holder"]
        cast.portal.run(lambda tx: add_app(tx, cast.portal, person))
        return cast.portal, person

    @property
    def operator(self) -> Any:
        """Of `here`."""
        return operator_of(self.here)


def roles(w: World) -> None:
    wanted = ("GET /contract", "GET /bills", "POST /credentials", "GET /sessions", "GET /home")
    cells = [
        Cell(*key.split(" "), policy_of("nagi").routes[key], role)  # type: ignore[arg-type]
        for key in wanted
        for role in (policykit.ANONYMOUS, "holder", "reader", OTHER)
    ]
    told = [policykit.wrong_answer(w.cast.portal, c, s) for c, s in zip(cells, w.cast.answers(cells), strict=True)]
    assert [each for each in told if each] == []


def gate(w: World) -> None:
    person = add_account(w.here, w.members[0].holder, "holder")
    policykit.must_change(w.here, person)
    assert ask(w.here, signed_in(w.here, person), "GET", "/bills").header("location") == "/credentials"


def reauth(w: World) -> None:
    browser, portal = w.members[0].browser("holder", own_account=True), w.here
    portal.clock.at += w.operator.sessions.reauth + timedelta(seconds=1)
    try:
        answer = ask(portal, browser, "POST", "/card/start", {"operation": "0" * 32})
    finally:
        portal.clock.at = NOON
    assert answer.header("location").startswith("/reauth")


def forms(w: World) -> None:
    mine, other = w.members[0].browser("holder", own_account=True), w.members[0].browser("holder", own_account=True)
    for token in ("", "A" * 43, other.csrf, policykit.signed_out(w.here).csrf):
        assert ask(w.here, mine, "POST", "/logout", {}, csrf=token).status == 409
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "same-site"}, {"origin": "null"}):
        assert ask(w.here, mine, "POST", "/logout", {}, headers=headers).status == 409


def ask(portal: Portal, browser: Browser, method: str, path: str, form: Any = None, **more: Any) -> Seen:
    answer: Seen = run_all(portal, [lambda: browser.send(method, path, form=form, **more)])[0]
    return answer


def owner(w: World) -> None:
    """Another customer of the same portal, with everything of its own."""
    portal, mine = w.here, w.members[0]
    stranger = add_person(portal, f"9{uuid.uuid4().int % 10**6:06}", name="別人")
    principal = Principal(
        account_id=stranger.account_id, customer_id=stranger.customer_id, session_id=uuid.uuid4(), name="",
        scheme=stranger.scheme, role="holder", customer_number="", email="", permissions=frozenset(),
    )  # fmt: skip
    add_contract(portal, mine.holder, f"X{uuid.uuid4().hex[:6]}", [("a", "b", "active")])
    secret = add_notice(portal, "t", starts_at=NOON - timedelta(days=1), person=mine.holder)
    session = policykit.session_of(portal, mine.holder)
    shown = portal.run(lambda tx: sessions.find_session(tx, w.operator, session))
    assert shown is not None
    vault = w.things.vault

    def prepare(tx: Tx) -> None:
        drafts.save_draft(tx, vault, owner=b"mine", wizard=WIZARD, data={"a": "b"})
        wizard.once(tx, operation, owner=b"mine", wizard=WIZARD, effect=lambda: {"a": "b"})

    operation = uuid.uuid4().hex
    portal.run(prepare)

    def look(tx: Tx) -> None:
        assert bills.list_bills(tx, principal, months=24, page=1).bills == ()
        assert contracts.list_contracts(tx, principal).contracts == ()
        services = contracts.services_in_use(tx, principal)
        assert tuple(services.get() if hasattr(services, "get") else services) == ()
        with pytest.raises(NotFound):
            notices.find_notice(tx, principal, secret, locale="ja")
        assert cards.current_card(tx, principal) is None
        with pytest.raises(NotFound):
            card_entry.find_entry(tx, principal, uuid.UUID(mine.ids["setup_id"]))
        with pytest.raises(NotFound):
            card_entry.find_returned(tx, principal, mine.ids["token"])
        assert not sessions.end_session_of(tx, principal.account_id, shown.principal.session_id)
        assert sessions.list_sessions(tx, principal, idle=timedelta(days=1)) == []
        assert drafts.load_draft(tx, vault, owner=b"other", wizard=WIZARD) is None
        assert wizard.recall(tx, operation, owner=b"other", wizard=WIZARD) is None
        assert wizard.recall(tx, operation, owner=b"mine", wizard="other") is None

    portal.run(look)


def once(w: World) -> None:
    done: list[int] = []

    def effect() -> Mapping[str, Any]:
        done.append(1)
        return {}

    operation = uuid.uuid4().hex
    for _ in range(2):
        w.here.run(lambda tx: wizard.once(tx, operation, owner=b"o", wizard="w", effect=effect))
    with pytest.raises(StaleForm):
        w.here.run(lambda tx: wizard.once(tx, operation, owner=b"other", wizard="w", effect=effect))
    assert len(done) == 1


def mail_links(w: World) -> None:
    subject, portal = uuid.uuid4(), w.here

    def issue(tx: Tx) -> str:
        return links.issue_link(tx, "reset", subject, "a@b.example", timedelta(hours=1))[0]

    token = portal.run(issue)
    assert portal.run(lambda tx: links.peek_link(tx, "activate", token)) is None
    assert portal.run(lambda tx: links.use_link(tx, "activate", token)) is None
    assert portal.run(lambda tx: links.use_link(tx, "reset", token)) is not None
    assert portal.run(lambda tx: links.use_link(tx, "reset", token)) is None
    assert portal.run(lambda tx: links.peek_link(tx, "reset", token)) is None
    late = portal.run(issue)
    portal.clock.at += timedelta(hours=2)
    try:
        assert portal.run(lambda tx: links.peek_link(tx, "reset", late)) is None
        assert portal.run(lambda tx: links.use_link(tx, "reset", late)) is None
    finally:
        portal.clock.at = NOON


def own_sessions(w: World) -> None:
    portal, operator = w.here, w.operator

    def found(token: str, later: timedelta = timedelta()) -> bool:
        portal.clock.at = NOON + later
        try:
            return portal.run(lambda tx: sessions.find_session(tx, operator, token)) is not None
        finally:
            portal.clock.at = NOON

    person = add_account(portal, w.members[0].holder, "holder")
    token = policykit.session_of(portal, person)
    assert found(token)
    assert not found(token, operator.sessions.idle + timedelta(seconds=1))
    portal.run(
        lambda tx: tx.execute(
            text(f"UPDATE login_session SET seen_at = :at WHERE tenant_id = :t {ON_PURPOSE}"),
            {"at": NOON + operator.sessions.absolute, "t": portal.name},
        )
    )
    assert not found(token, operator.sessions.absolute)
    closed = policykit.session_of(portal, person)
    w.oracle.change("UPDATE account SET status = 'suspended' WHERE id = %s", person.account_id)
    assert not found(closed)
    ended = policykit.session_of(portal, w.members[0].holder)
    portal.run(lambda tx: sessions.end_session(tx, ended))
    assert not found(ended)


def waits(w: World) -> None:
    policy, key = w.operator.throttle, uuid.uuid4().hex
    target = throttle.Target((throttle.Key("account", key.encode()),), ())
    admitted = [w.here.run(lambda tx: throttle.admit(tx, policy, target)) for _ in range(policy.free + 3)]
    assert admitted.count(True) == policy.free
    network = f"198.51.100.{uuid.uuid4().int % 250}"
    attempts = [w.here.run(lambda tx: login.begin(tx, policy, "mypage", key, network)) for _ in range(policy.free + 1)]
    assert not attempts[-1].admitted
    found = login.Found(
        id=uuid.uuid4(), account_id=uuid.uuid4(), customer_id=uuid.uuid4(), login_id="l", password_hash="h",
        changed_at=NOON, active=True,
    )  # fmt: skip
    assert replace(attempts[-1], found=found).encoded is None
    assert replace(attempts[0], found=found).encoded == "h"


def logins(w: World) -> None:
    cast = w.members[1]
    person, portal = cast.accounts["holder"], cast.portal
    policy = operator_of(portal).throttle

    def settled(matched: bool, between: str = "") -> bool:
        def work(tx: Tx) -> bool:
            attempt = login.begin(tx, policy, person.scheme, "someone2026", uuid.uuid4().hex[:8])
            assert attempt.found is not None
            if between:
                values = {"t": tx.tenant, "a": person.account_id}
                tx.execute(text(f"{between} {ON_PURPOSE}"), values)
            good = login.settle(tx, policy, replace(attempt, admitted=True), matched)
            throttle.forgive(tx, policy, attempt.target)
            tx.rollback()
            return good

        with unit(portal.engine, Scope(portal.name, portal.clock, Actor("system"))) as tx:
            return work(tx)

    assert settled(True)
    assert not settled(False)
    assert not settled(True, "UPDATE credential SET password_hash = 'x' WHERE tenant_id = :t AND account_id = :a")
    assert not settled(True, "UPDATE account SET status = 'suspended' WHERE tenant_id = :t AND id = :a")


def present_password(w: World) -> None:
    cast = w.members[1]
    mine = signed_in(cast.portal, cast.accounts["holder"])
    new = policykit.PASSWORDS[1]
    sent = {"current": "Chigau2026", "password": new, "password_again": new}
    assert ask(cast.portal, mine, "POST", "/credentials", sent).status == 422
    cast.portal.run(lambda tx: tx.execute(text(f"DELETE FROM login_counter WHERE tenant_id = '{tx.tenant}'")))


def login_ids(w: World) -> None:
    key, first, second = uuid.uuid4().hex, uuid.uuid4(), uuid.uuid4()
    assert w.here.run(lambda tx: names.take(tx, "mypage", key, first))
    assert not w.here.run(lambda tx: names.take(tx, "mypage", key, second))
    assert w.here.run(lambda tx: names.take(tx, "mypage", key, first))


def codes(w: World) -> None:
    ring, name = w.here.server.keyring, w.here.name
    stored = proof.proof_hash(ring, name, "1", ("a", "b"))
    assert proof.proof_matches(ring, name, "1", ("a", "b"), stored)
    assert not proof.proof_matches(ring, name, "1", ("a", "c"), stored)
    assert not proof.proof_matches(ring, name, "2", ("a", "b"), stored)
    assert not proof.proof_matches(ring, name, "1", ("a", "b"), None)


def pictures(w: World) -> None:
    challenge = captcha.new_challenge(b"k" * 32, NOON)
    assert captcha.digits(b"k" * 32, challenge)
    with pytest.raises(captcha.InvalidChallengeError):
        captcha.digits(b"j" * 32, challenge)


def paths(w: World) -> None:
    assert safe_path("/left/bills?page=2", "/left") == "/left/bills?page=2"
    for bad in ("//evil.example", "/right/home", "/left/../right", "/left/\\evil", "/lefty", "https://x", ""):
        assert safe_path(bad, "/left") is None, bad
    assert safe_path("//evil.example", "") is None


def formulas(w: World) -> None:
    assert guarded("=1+1") == "'=1+1"
    assert guarded("-5") == "-5"
    assert guarded(" \u3000=1") == "' \u3000=1"


def escaping(w: World) -> None:
    for environment in Templates(w.operator.catalogues, None, {})._environments.values():
        assert environment.from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"


def trail(w: World) -> None:
    assert masked({"password": "p", "reset_token": "t", "name": "n"}) == {
        "password": "*****", "reset_token": "*****", "name": "n",
    }  # fmt: skip
    with pytest.raises(ProgrammingError, match="permission denied"):
        w.here.run(lambda tx: tx.execute(text(f"DELETE FROM audit_entry {ON_PURPOSE}")))


def network(w: World) -> None:
    scope = {"client": ("203.0.113.5", 1), "headers": [(b"x-forwarded-for", b"198.51.100.1")]}
    assert w.here.server.asgi._network(scope) == "203.0.113.5"


def mail(w: World) -> None:
    with pytest.raises(BadMail):
        one_line("subject", "a\r\nBcc: evil@example.com")
    assert checked_address("a@b.example") == "a@b.example"
    with pytest.raises(BadMail):
        checked_address('"a b"@c.example')


def row_security(w: World) -> None:
    """One tenant's unit reads, and writes, no row of another, whatever its statements say."""
    here, other = w.things.twins.portals[1], w.things.twins.portals[0]
    with unit(here.engine, Scope(here.name, here.clock, Actor("system"))) as tx:
        for table in ("invoice", "notice", "account", "contract", "customer"):
            seen = set(tx.scalars(text(f"SELECT tenant_id FROM {table} {ON_PURPOSE}")))
            assert seen == {here.name}, table
        refused = False
        with suppress(Exception):
            refused = True
            with tx.begin_nested():
                tx.execute(
                    insert(Customer).values(
                        tenant_id=other.name, id=uuid.uuid4(), number="77", number_key="77", name="x"
                    )
                )
                refused = False
                raise RuntimeError
        assert refused
        tx.rollback()


def catalogue(w: World) -> None:
    rows = w.oracle.fetch(
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public' "
        "AND relkind = 'r' AND relrowsecurity AND relforcerowsecurity"
    )
    assert set(rlskit.TENANT_TABLES) <= {row[0] for row in rows}


def pool(w: World) -> None:
    engine = sync_engine(w.database.app, pool_size=1, max_overflow=0)
    here = w.things.twins.portals[1]
    try:
        with unit(engine, Scope(here.name, here.clock, Actor("system"))) as tx:
            assert tx.scalars(text(f"SELECT 1 FROM customer {ON_PURPOSE}")).all()
        with platform_unit(engine) as connection:
            assert connection.scalars(text(f"SELECT 1 FROM customer {ON_PURPOSE}")).all() == []
    finally:
        engine.dispose()


def no_tenant(w: World) -> None:
    engine = sync_engine(w.database.app)
    try:
        with engine.connect() as connection, pytest.raises(MissingTenant):
            connection.execute(text(f"SELECT 1 FROM customer {ON_PURPOSE}"))
        for bad in ("", "a'; --", "A", "a b", "ｔ"):
            with pytest.raises(MissingTenant):
                entering(bad)
    finally:
        engine.dispose()


def job(w: World) -> None:
    for arguments in ({"request_id": "r"}, {"tenant": "x'y", "request_id": "r"}, {"tenant": 1, "request_id": "r"}):
        with pytest.raises(BadJob):
            read_job(arguments, 0)
    task = f"probe.{uuid.uuid4().hex[:8]}"
    w.here.run(lambda tx: enqueue(tx, task, at=NOON + timedelta(days=900), tenant="another"))
    made = w.oracle.fetch("SELECT args->>'tenant' FROM procrastinate_jobs WHERE task_name = %s", task)
    w.oracle.change("DELETE FROM procrastinate_jobs WHERE task_name = %s", task)
    assert made == [(w.here.name,)]


def keys(w: World) -> None:
    """Names and keys of two tenants differ, and what is sealed for one opens for no other."""
    ring = w.here.server.keyring
    assert ring.derive("signing", "a") != ring.derive("signing", "b")
    assert CookieJar("a", "", True).name("session") != CookieJar("b", "", True).name("session")
    wrapped = ring.new_key("a", "k1")
    assert ring.unwrap("a", "k1", wrapped)
    with pytest.raises(DecryptError):
        ring.unwrap("b", "k1", wrapped)


def gateways(w: World) -> None:
    left, right = (portal.server.registry.current.get(portal.name) for portal in w.doors)
    assert left is not None and right is not None
    made = Gateways(w.here.server.compiled.hooks)
    assert made.of(left) is made.of(left)
    assert made.of(left) is not made.of(right)
    asyncio.run(made.close())


def menus(w: World) -> None:
    """A menu leads within its own portal, and shows what its reader may do. New prefixes, for frames are kept."""
    place, host, mark = w.place, f"menus{uuid.uuid4().hex[:8]}.example", uuid.uuid4().hex[:6]
    left, right = place(prefix=f"/l{mark}", host=host), place(prefix=f"/r{mark}", host=host)
    for portal in (left, right, left):
        page = ask(portal, signed_in(portal, add_person(portal, uuid.uuid4().hex[:8])), "GET", "/home")
        found = page.html.xpath("//nav//a/@href")
        assert f"{portal.prefix}/bills" in found
        assert not [href for href in found if href.startswith("/") and not href.startswith(portal.prefix)]
    nagi = place("nagi", prefix=f"/n{mark}", host=host)
    customer = add_person(nagi)
    for role, told in (("holder", True), ("reader", False), ("holder", True)):
        page = ask(nagi, signed_in(nagi, add_account(nagi, customer, role)), "GET", "/bills")
        assert (f"{nagi.prefix}/contract" in page.html.xpath("//nav//a/@href")) is told


def unsigned(w: World) -> None:
    """The kernel's own guard, without the handlers' second one behind it."""
    kernel = w.here.server.kernels["actv"]
    for route in all_routes():
        if route.permission != PUBLIC:
            with pytest.raises(SignInNeeded):
                kernel._guard(route, SimpleNamespace(signed_in=None))  # type: ignore[arg-type]


def hosts(w: World) -> None:
    left, right = w.doors
    registry = w.here.server.registry.current
    for portal in w.doors:
        found = registry.resolve(left.host, f"{portal.prefix}/home")
        assert found is not None and found[0].name == portal.name
    assert registry.resolve(left.host, "/other/home") is None
    assert registry.resolve("nowhere.example", "/") is None
    assert right.host == left.host


Probe = Callable[[World], None]
PROBES: Mapping[str, Probe] = {
    "roles": roles, "gate": gate, "reauth": reauth, "forms": forms, "owner": owner, "once": once, "links": mail_links,
    "sessions": own_sessions, "throttle": waits, "login": logins, "present password": present_password,
    "login IDs": login_ids, "proof": codes, "captcha": pictures, "paths": paths, "formulas": formulas,
    "escaping": escaping, "trail": trail, "network": network, "mail": mail, "row security": row_security,
    "catalogue": catalogue, "pool": pool, "no tenant": no_tenant, "job": job, "keys": keys, "gateways": gateways,
    "menus": menus, "unsigned": unsigned, "hosts": hosts, **FACTOR_PROBES,
    **SESSION_PROBES,
}  # fmt: skip
