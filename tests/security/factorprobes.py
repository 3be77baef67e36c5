"""Short tests of one guard each around second factors; all that they change in the database is taken back."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import click
import policykit
import pyotp
import pytest
from attackkit import run_all
from factorcalls import CHALLENGE, PAPER, SECRETS, SITE, keys_of, locked
from policykit import signed_in
from sqlalchemy import select, text

from mypage.auth import known, login, sessions, throttle
from mypage.auth.errors import FactorsFull
from mypage.auth.factors import challenge, passkeys, recovery_codes, routes_base, service, totp
from mypage.auth.factors import pending as halfway
from mypage.auth.factors.challenge import Answer, Attempt, Means, Proof
from mypage.auth.factors.pending import Pending
from mypage.auth.hashing import HashingBusy
from mypage.auth.models import Credential
from mypage.auth.turns import Turns
from mypage.db.places import Places
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.db.streaming import stream
from mypage.lib.clock import FixedClock
from mypage.lib.errors import NotFound, TooManyAtOnce
from mypage.server.commands import accounts
from mypage.server.routes import all_routes
from mypage.testing.portal import NOON, Portal
from portal_rows import Person
from softkey import Device, b64

if TYPE_CHECKING:
    from mutantprobes import World

OWNER = b"half way"
EVIL = "evil.example"
STEP = int(NOON.timestamp()) // 30


def code(steps: int = 0) -> str:
    """What an app shows some steps from noon."""
    return pyotp.TOTP(SECRETS[0]).at(int(NOON.timestamp()) + 30 * steps)


@contextmanager
def undone(portal: Portal) -> Iterator[Tx]:
    """A unit of which nothing stays."""
    with unit(portal.engine, Scope(portal.name, portal.clock, Actor("system"), "r")) as tx:
        yield tx
        tx.rollback()


def holder(person: Person) -> service.Holder:
    return service.Holder(account_id=person.account_id, session_id=None, language="ja")


def add_app(tx: Tx, portal: Portal, person: Person, step: int = 0) -> tuple[str, ...]:
    return service.add_app(tx, keys_of(portal), holder(person), secret=SECRETS[0], name="n", step=step)


def set_account(tx: Tx, person: Person, change: str) -> None:
    tx.execute(
        text(f"UPDATE account SET {change} WHERE tenant_id = :t AND id = :a"), {"t": tx.tenant, "a": person.account_id}
    )


def count(tx: Tx, table: str, where: str = "true") -> int:
    found: int = tx.execute(
        text(f"SELECT count(*) FROM {table} WHERE {where} AND tenant_id = :t"), {"t": tx.tenant}
    ).scalar_one()
    return found


class Half:
    """Somebody with an app whose password was right."""

    def __init__(self, w: World, tx: Tx) -> None:
        self.tx, self.portal, self.person = tx, w.here, w.pair[0]
        self.keys, self.policy = keys_of(w.here), w.operator.throttle
        self.means = Means(keys=self.keys, site=SITE, policy=self.policy, language="ja")
        add_app(tx, w.here, self.person)
        self.wait(self.person)

    def wait(self, person: Person, owner: bytes = OWNER, purpose: halfway.Purpose = "second-login") -> None:
        wanted = select(Credential.id).where(
            Credential.tenant_id == self.tx.tenant, Credential.account_id == person.account_id
        )
        found = self.tx.scalars(wanted).one()
        halfway.wait(self.tx, self.keys.vault, purpose, owner, credential_id=found)

    def waiting(self, owner: bytes = OWNER, purpose: halfway.Purpose = "second-login") -> Pending | None:
        return halfway.waiting(self.tx, self.keys.vault, purpose, owner)

    def begin(self, typed: str = "") -> Attempt:
        pending = self.waiting()
        assert pending is not None
        return challenge.begin(self.tx, self.policy, pending, Answer("app", typed or code()), "198.51.100.7")

    def settle(self, attempt: Attempt) -> Proof:
        return challenge.settle(self.tx, self.means, "second-login", OWNER, attempt)

    def later(self, seconds: float) -> None:
        self.tx.scope = replace(self.tx.scope, clock=FixedClock(NOON + timedelta(seconds=seconds)))


def app_codes(w: World) -> None:
    found = [totp.step_of(SECRETS[0], code(n), NOON) for n in (-2, -1, 0, 1, 2)]
    assert found == [None, STEP - 1, STEP, STEP + 1, None]


def app_once(w: World) -> None:
    """The code of the enrolment is used up, and so is each one later; nobody else's app counts."""
    mine, other = w.pair
    with undone(w.here) as tx:
        vault = keys_of(w.here).vault
        add_app(tx, w.here, mine, step=STEP)
        assert not challenge._by_app(tx, vault, mine.account_id, code())
        assert not challenge._by_app(tx, vault, other.account_id, code(1))
        assert challenge._by_app(tx, vault, mine.account_id, code(1))
        assert not challenge._by_app(tx, vault, mine.account_id, code(1))
        sealed = tx.execute(text("SELECT sealed FROM second_factor WHERE tenant_id = :t"), {"t": tx.tenant}).scalars()
        assert SECRETS[0].encode() not in [bytes(each) for each in sealed]


def second_attempts(w: World) -> None:
    with undone(w.here) as tx:
        half = Half(w, tx)
        tried = [half.begin() for _ in range(half.policy.free + 2)]
        assert [each.admitted for each in tried].count(True) == half.policy.free
        assert half.settle(tried[-1]).outcome == "wrong"
        spread = throttle.second_target(half.person.account_id, "198.51.100.7")
        assert tried[0].target == spread
        pending, nobody = half.waiting(), known.Devices(key=b"k", tenant=w.here.name, value="")
        assert pending is not None
        told = challenge.begin(tx, half.policy, pending, Answer("app", code()), "198.51.100.7", nobody)
        assert told.target == spread
        own = login.credential_of(tx, half.person.account_id, "mypage")
        assert own is not None
        for key in ("nobody", own.login_key):
            first = login.begin(tx, half.policy, "mypage", key, "198.51.100.7", nobody)
            assert first.target == throttle.login_target("mypage", key, "198.51.100.7")


def second_step(w: World) -> None:
    """Right once; wrong ones get a new challenge and no more time."""
    with undone(w.here) as tx:
        half = Half(w, tx)
        before = half.waiting()
        half.later(60)
        wrong = half.settle(half.begin("000000"))
        after = half.waiting()
        assert before is not None
        assert after is not None
        assert wrong.outcome == "wrong"
        assert after.challenge != before.challenge
        assert after.expires_at == before.expires_at
        attempt = half.begin(code(2))
        assert half.settle(attempt).outcome == "proved"
        assert half.waiting() is None
        half.wait(half.person)
        half.later(601 + 60)
        assert half.waiting() is None


def second_bonds(w: World) -> None:
    """The draft is bound to browser, purpose, account, credential, and to the password as it was."""
    changed = "UPDATE credential SET changed_at = changed_at + interval '1 s' WHERE tenant_id = :t AND account_id = :a"
    for change in (changed, "UPDATE account SET status = 'suspended' WHERE tenant_id = :t AND id = :a"):
        with undone(w.here) as tx:
            half = Half(w, tx)
            tx.execute(text(change), {"t": tx.tenant, "a": half.person.account_id})
            assert half.settle(half.begin()).outcome == "gone"
    with undone(w.here) as tx:
        half = Half(w, tx)
        attempt, pending = half.begin(), half.waiting()
        assert pending is not None
        assert half.waiting(b"another") is None
        assert half.waiting(purpose="second-reauth") is None
        assert halfway.still_there(tx, replace(pending, credential_id=uuid.uuid4())) is None
        assert half.settle(replace(attempt, account_id=uuid.uuid4())).outcome == "gone"
        half.later(1)
        half.wait(w.pair[1], b"another")
        half.wait(w.pair[1], OWNER, "second-reauth")
        assert half.settle(attempt).outcome == "proved"
        half.wait(half.person)
        tx.execute(text("UPDATE draft SET sealed = sealed || 'x'::bytea WHERE tenant_id = :t"), {"t": tx.tenant})
        assert half.waiting() is None
        assert sessions.rotate_session(tx, uuid.uuid4()) is None


def second_locks(w: World) -> None:
    """What is looked at stays as it is until the unit ends."""
    with undone(w.here) as tx:
        half = Half(w, tx)
        pending = half.waiting()
        assert pending is not None
        assert halfway.lock_draft(tx, "second-login", OWNER)
        assert locked(tx, "draft") == [w.here.name]
        assert halfway.still_there(tx, pending)
        assert locked(tx, "credential") == [w.here.name]
    for look in (service.has_factor, service._room):
        with undone(w.here) as tx:
            look(tx, w.pair[0].account_id)
            assert locked(tx, "account") == [w.here.name]


def _pending(person: Person) -> Pending:
    return Pending(
        account_id=person.account_id, customer_id=person.customer_id, credential_id=uuid.uuid4(), changed_at=NOON,
        scheme=person.scheme, device="", challenge=CHALLENGE, expires_at=NOON,
    )  # fmt: skip


def devices(made: Callable[..., Device] = Device) -> dict[str, Device]:
    """One device at its own site, and lured to another one."""
    mine = made(SITE.origin, SITE.rp_id)
    phished = replace(mine, origin=f"https://{EVIL}")
    return {"mine": mine, "phished": phished, "elsewhere": replace(mine, rp_id=EVIL)}


def used_passkeys(w: World) -> None:
    person, other = w.pair
    mine = devices()["mine"]
    with undone(w.here) as tx:
        keys, made = keys_of(w.here), passkeys.NewPasskey(mine.id, mine.public_key, 1)
        assert service.add_passkey(tx, keys, holder(person), made, name="n")
        assert service.add_passkey(tx, keys, holder(person), made, name="n") is None
        assert service.passkey_ids(tx, other.account_id) == []

        def shown(at: int, who: Person = person, asked: bytes = CHALLENGE, padding: int = 0, **wrong: Any) -> bool:
            device = replace(mine, count=at - 1, **wrong)
            answer = device.get({"challenge": b64(asked)}) + " " * padding
            return challenge._by_passkey(tx, SITE, _pending(who), answer)

        assert not shown(5, origin=f"https://{EVIL}")
        assert not shown(5, rp_id=EVIL)
        assert not shown(5, asked=bytes(31) + b"1")
        assert not shown(5, who=other)
        assert not shown(5, key=Device("", "").key)
        assert not shown(5, padding=passkeys.LONGEST_ANSWER)
        assert shown(5)
        assert [shown(n) for n in (5, 4)] == [False, False]
        silent = replace(mine, counts=False, count=0)
        assert not challenge._by_passkey(tx, SITE, _pending(person), silent.get({"challenge": b64(CHALLENGE)}))
        assert shown(6)


def new_passkeys(w: World) -> None:
    all_of, asked = devices(), {"challenge": b64(CHALLENGE)}
    made = passkeys.read_creation(SITE, CHALLENGE, all_of["mine"].create(asked))
    assert made is not None
    assert made.credential_id == all_of["mine"].id
    for lured in ("phished", "elsewhere"):
        assert passkeys.read_creation(SITE, CHALLENGE, all_of[lured].create(asked)) is None
    assert passkeys.read_creation(SITE, bytes(31) + b"1", all_of["mine"].create(asked)) is None
    assert passkeys.read_creation(SITE, CHALLENGE, all_of["mine"].create(asked) + " " * passkeys.LONGEST_ANSWER) is None
    long = replace(all_of["mine"], id=bytes(passkeys.LONGEST_ID + 1))
    assert passkeys.read_creation(SITE, CHALLENGE, long.create(asked)) is None
    name = SimpleNamespace(company="c", portal_name="p")
    asked_at = SimpleNamespace(
        tenant=SimpleNamespace(main=SimpleNamespace(host="main.example")), origin="https://main.example",
        headers={"host": EVIL, "origin": f"https://{EVIL}"}, t=str, operator=SimpleNamespace(portal=name),
    )  # fmt: skip
    site = routes_base.site_of(asked_at)  # type: ignore[arg-type]
    assert (site.rp_id, site.origin) == ("main.example", "https://main.example")


def paper_codes(w: World) -> None:
    mine, other = w.pair
    with undone(w.here) as tx:
        keys = keys_of(w.here)
        codes = [each.replace("-", "") for each in add_app(tx, w.here, mine)]
        tx.execute(
            text("INSERT INTO recovery_code (tenant_id, account_id, code_hash, created_at) "
                "SELECT tenant_id, CAST(:b AS uuid), code_hash, created_at FROM recovery_code "
                 "WHERE tenant_id = :t AND account_id = :a"),
            {"t": tx.tenant, "a": mine.account_id, "b": other.account_id},
        )  # fmt: skip
        assert recovery_codes._hash(b"k", mine.account_id, PAPER) != recovery_codes._hash(b"k", other.account_id, PAPER)
        assert not recovery_codes.use_code(tx, keys.keyring, mine.account_id, PAPER)
        assert recovery_codes.use_code(tx, keys.keyring, mine.account_id, codes[0])
        assert not recovery_codes.use_code(tx, keys.keyring, mine.account_id, codes[0])
        assert recovery_codes.codes_left(tx, mine.account_id) == 9
        assert recovery_codes.codes_left(tx, other.account_id) == 10
        service.renew_codes(tx, keys, holder(mine))
        assert not recovery_codes.use_code(tx, keys.keyring, mine.account_id, codes[1])
        assert recovery_codes.codes_left(tx, mine.account_id) == 10
        assert recovery_codes.codes_left(tx, other.account_id) == 10
        with pytest.raises(NotFound):
            service.renew_codes(tx, keys, holder(other))


def managed(w: World) -> None:
    """Adding and removing: whose they are, who is told, which sessions and codes end."""
    mine, other = w.pair
    keys = keys_of(w.here)

    def opened(tx: Tx) -> None:
        sessions.open_session(tx, w.operator, mine.account_id, mine.scheme, device="t")

    def left(tx: Tx) -> int:
        return count(tx, "login_session", f"account_id = '{mine.account_id}'")

    with undone(w.here) as tx:
        opened(tx)
        mails, notes = count(tx, "mail_message"), count(tx, "audit_entry", "action = 'factor.added'")
        add_app(tx, w.here, mine)
        assert left(tx) == 0
        assert count(tx, "mail_message") == mails + 1
        assert count(tx, "audit_entry", "action = 'factor.added'") == notes + 1
        assert service.has_factor(tx, mine.account_id)
        assert not service.has_factor(tx, other.account_id)
        assert service.factors_of(tx, other.account_id) == []
        assert service._count(tx, other.account_id) == 0
        add_app(tx, w.here, other)
        [factor] = service.factors_of(tx, mine.account_id)
        with pytest.raises(NotFound):
            service.remove(tx, keys, holder(other), factor.id, keep_one=False)
        with pytest.raises(NotFound):
            service.rename(tx, other.account_id, factor.id, "x")
        assert not service.remove(tx, keys, holder(mine), factor.id, keep_one=True)
        opened(tx)
        assert service.remove(tx, keys, holder(mine), factor.id, keep_one=False)
        assert (left(tx), recovery_codes.codes_left(tx, mine.account_id)) == (0, 0)
        add_app(tx, w.here, mine)
        opened(tx)
        assert service.remove_all(tx, keys, holder(mine), reason="r") == 1
        assert (left(tx), recovery_codes.codes_left(tx, mine.account_id)) == (0, 0)
        assert service.has_factor(tx, other.account_id)


def limit(w: World) -> None:
    mine = w.pair[0]
    many = text(
        "INSERT INTO second_factor (tenant_id, id, account_id, kind, name, created_at) "
        "SELECT :t, gen_random_uuid(), :a, 'totp', 'n', now() FROM generate_series(1, :n)"
    )
    with undone(w.here) as tx:
        tx.execute(many, {"t": tx.tenant, "a": mine.account_id, "n": service.MOST})
        with pytest.raises(FactorsFull):
            add_app(tx, w.here, mine)
    with undone(w.here) as tx:
        set_account(tx, mine, "status = 'suspended'")
        with pytest.raises(NotFound):
            add_app(tx, w.here, mine)


def factor_gate(w: World) -> None:
    """Where a second step is demanded, whoever has none gets no further."""
    portal, having, lacking = w.strict
    bills = [run_all(portal, [partial(signed_in(portal, p).send, "GET", "/bills")])[0] for p in (having, lacking)]
    assert [(each.status, each.header("location")) for each in bills] == [(200, ""), (303, "/factors")]


def factor_reauth(w: World) -> None:
    portal, browser = w.here, w.members[0].browser("holder", own_account=True)
    routes = [route for route in all_routes() if route.name.startswith("factors")]
    assert len(routes) > 10
    portal.clock.at += w.operator.sessions.reauth + timedelta(seconds=1)
    try:
        answers = run_all(
            portal,
            [
                lambda r=r: browser.send(
                    r.method, w.members[0].path(r.path), form={"operation": "0"} if r.method == "POST" else None
                )
                for r in routes
            ],
            at_once=1,
        )
    finally:
        portal.clock.at = NOON
    assert [a.header("location")[:7] for a in answers] == ["/reauth"] * len(routes)


def second_doors(w: World) -> None:
    """A right password opens nothing by itself, and makes no device known."""
    portal, person = w.doorway
    word = {"login": "someone2026", "password": policykit.PASSWORDS[0]}
    visitor, mine = policykit.signed_out(portal), signed_in(portal, person)
    first, again = run_all(
        portal,
        [
            lambda: visitor.send("POST", "/login", form=word),
            lambda: mine.send("POST", "/reauth", form={"password": policykit.PASSWORDS[0]}),
        ],
        at_once=1,
    )
    assert (first.status, first.header("location")) == (303, "/login/second")
    assert not [value for name, value in first.headers if name == "set-cookie" and "device" in value.partition("=")[0]]
    assert (again.status, again.header("location")) == (303, "/reauth/second")


def known_devices(w: World) -> None:
    one, key = uuid.uuid4(), b"k" * 32

    def jar(value: str, tenant: str = "a") -> known.Devices:
        return known.Devices(key=key, tenant=tenant, value=value)

    mark = jar("").remembering(one, NOON, NOON)
    name, issued, signature = mark.split(".")
    assert jar(mark).known(one, NOON, NOON) == name
    assert not jar(mark, "b").known(one, NOON, NOON)
    assert not jar(mark).known(uuid.uuid4(), NOON, NOON)
    assert not jar(mark).known(one, NOON + timedelta(seconds=1), NOON)
    assert not jar(mark).known(one, NOON, NOON + known.LIFE)
    for forged in (f"x{name}.{issued}.{signature}", f"{name}.{int(issued) + 9}.{signature}", f"{name}.{issued}.x"):
        assert not jar(forged).known(one, NOON, NOON)
    assert not jar("~".join(["x"] * 3 + [mark])).known(one, NOON, NOON)
    assert not jar(mark + "~" + "x" * 600).known(one, NOON, NOON)
    value = mark
    for _ in range(3):
        value = jar(value).remembering(uuid.uuid4(), NOON, NOON)
    assert value.count("~") == 2


async def spin(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """A task that had every chance to go on."""
    task = asyncio.ensure_future(work)
    for _ in range(10):
        await asyncio.sleep(0)
    return task


async def _turn(turns: Turns, tenant: str, network: str) -> None:
    async with turns.take(tenant, network):
        pass


def taking_turns(w: World) -> None:
    async def crowd() -> None:
        turns = Turns(at_once=1, waiting=1)
        async with turns.take("a", "n"):
            for place in (("b", "n"), ("a", "m")):
                assert (await spin(_turn(turns, *place))).done(), place
            second = await spin(_turn(turns, "a", "n"))
            assert not second.done()
            third = await spin(_turn(turns, "a", "n"))
            assert third.done()
            assert isinstance(third.exception(), HashingBusy)
        await second
        assert turns._lines == {}

    asyncio.run(crowd())


def taking_places(w: World) -> None:
    async def readers() -> None:
        places = Places(4)
        mine = [await places.take("a", None) for _ in range(2)]
        more = [await spin(places.take("a", None)) for _ in range(2)]
        assert not any(each.done() for each in more)
        late = await spin(places.take("a", 0))
        assert late.done()
        assert isinstance(late.exception(), TooManyAtOnce)
        others = [await spin(places.take(reader, None)) for reader in ("b", "c")]
        assert all(each.done() for each in others)
        for leave in (*mine, *(each.result() for each in others)):
            leave()
        await spin(asyncio.sleep(0))
        for each in more:
            assert each.done()
            each.result()()
        assert places._readers == {}
        found = [await spin(places.take(None, None)) for _ in range(5)]
        assert [each.done() for each in found] == [True] * 4 + [False]
        found[-1].cancel()

    asyncio.run(asyncio.wait_for(readers(), 5))
    asked: list[Any] = []

    class Asked(Exception):
        pass

    async def take(reader: Any, _: Any) -> None:
        asked.append(reader)
        raise Asked

    database: Any = SimpleNamespace(streams=SimpleNamespace(take=take), patience=None)
    for tenant, actor in (("a", Actor("account", "1")), ("b", Actor("account", "1")), ("a", Actor("account", "2"))):
        with pytest.raises(Asked):
            asyncio.run(stream(database, tenant, lambda _tx, _sink: None, actor=actor))
    assert len(set(asked)) == 3


def help_desk(w: World) -> None:
    with pytest.raises(click.ClickException, match="too short"):
        accounts._Desk("left", "because", "x")
    with pytest.raises(click.ClickException, match="there is no tenant"):
        accounts._Desk("No tenant!", "because of a stolen phone", "x")
    mine = w.pair[0]
    with undone(w.here) as tx:
        wanted = select(Credential).where(Credential.tenant_id == tx.tenant, Credential.account_id == mine.account_id)
        credential = tx.scalars(wanted).one()
        name, scheme = credential.login_id, credential.scheme
        assert accounts._holder(tx, name, None).account_id == mine.account_id
        tx.add(
            Credential(
                tenant_id=tx.tenant, account_id=w.pair[1].account_id, scheme="other", login_id=name, login_key=name
            )
        )
        tx.flush()
        with pytest.raises(click.ClickException, match="more than once"):
            accounts._holder(tx, name, None)
        assert accounts._holder(tx, name, scheme).account_id == mine.account_id
        set_account(tx, mine, "status = 'suspended'")
        with pytest.raises(click.ClickException, match="no active login"):
            accounts._holder(tx, name, scheme)
    nowhere = Scope("nowhere9", w.here.clock, Actor("system"), "r")
    with unit(w.here.engine, nowhere) as tx, pytest.raises(click.ClickException, match="there is no tenant"):
        accounts._holder(tx, "k", None)


FACTOR_PROBES: Mapping[str, Callable[[World], None]] = {
    "app codes": app_codes, "app once": app_once, "second attempts": second_attempts, "second step": second_step,
    "second bonds": second_bonds, "second locks": second_locks, "used passkeys": used_passkeys,
    "new passkeys": new_passkeys, "paper codes": paper_codes, "managed": managed, "limit": limit,
    "factor gate": factor_gate, "factor reauth": factor_reauth, "second doors": second_doors,
    "known devices": known_devices, "turns": taking_turns, "places": taking_places, "help desk": help_desk,
}  # fmt: skip
