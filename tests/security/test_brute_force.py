"""T9: guessing is slow by every path, in a row, side by side and spread out; and it keeps no owner out.

The paths are all the changing routes: a new one fails here until it says what can be guessed by it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest
from attackkit import Browser, Oracle, Seen, gather, jar_of, session_of
from racekit import (
    SIZE,
    as_person,
    audited,
    cookie_set,
    counters,
    fresh,
    holder,
    member,
    statuses,
    together,
    visitor,
    watch_hashes,
)

from auth.authkit import CODE, NEW_PASSWORD, PASSWORD, SCHEME, Kit
from auth.authkit import Person as Member
from mypage.auth import captcha
from mypage.auth.factors.service import Holder, Keys, add_app
from mypage.auth.hashing import PasswordHasher
from mypage.auth.known import LIFE
from mypage.auth.throttle import admit, login_target, proof_target, second_target
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.auth import ThrottlePolicy
from mypage.lib.clock import FixedClock
from mypage.lib.crypto import Keyring
from mypage.server.routes import all_routes
from mypage.testing.portal import Portal

POLICY = ThrottlePolicy()
MANY = min(10_000, 2_500 * SIZE)
"""Each guess is a unit of work, so a push makes do with a quarter of the night's."""
AT_ONCE = 64
EIGHT = 8
"""Of one network at a time."""
WRONG = "Chigau2026"

NOTHING_TO_GUESS = {
    "logout", "password-rules", "credentials-confirm", "register-confirm", "sessions-end", "sessions-end-one",
    "card-start", "card-confirm", "factors-app-start", "factors-app", "factors-passkey-start", "factors-passkey",
    "factors-rename", "factors-remove", "factors-codes-new", "factors-codes-kept",
    "accounts-new", "accounts-new-confirm", "accounts-one", "accounts-one-confirm", "accounts-delete", "accounts-mail",
    "accounts-mail-confirm", "option", "option-confirm", "option-pin", "profile", "profile-confirm",
    "first-login", "provisioning-report", "request-answer", "request-confirm", "request-new", "request-withdraw",
    "slots-cancel", "slots-confirm", "slots-one", "slots-remove", "slots-terms", "termination", "termination-confirm",
    "view", "view-end",
}  # fmt: skip
"""They need a session, a draft of 256 random bits or a signature by a secret key, and compare nothing that others could
want to know. `accounts-mail` and `slots-confirm` tell a customer who applies for a mail name that it cannot be had, as
they must; whose it is they tell nobody.
"""


@pytest.fixture
def here(place: Callable[..., Portal]) -> Portal:
    return place(second_factor="offered")


@dataclass(frozen=True)
class Path:
    """One way to guess: how to try, and how many tries were compared with something."""

    attempt: Callable[[], Any]
    compared: Callable[[], int]
    limit: int


def guesses(here: Portal, oracle: Oracle, hashes: Any) -> dict[str, Callable[[], Path]]:
    """A recipe for each route by which something can be guessed; each tries one account from one network."""
    kit = Kit(here)

    def passwords(browser: Browser, path: str, form: dict[str, str]) -> Path:
        before = hashes.real
        return Path(lambda: browser.send("POST", path, form=form), lambda: hashes.real - before, POLICY.free)

    def login() -> Path:
        return passwords(visitor(here), "/login", {"login": member(kit, fresh()).login, "password": WRONG})

    def reauth() -> Path:
        return passwords(holder(here, member(kit, fresh())), "/reauth", {"password": WRONG})

    def change() -> Path:
        form = {"current": WRONG, "password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
        return passwords(holder(here, member(kit, fresh())), "/credentials", form)

    def audits(action: str, attempt: Callable[[], Any], limit: int = POLICY.free) -> Path:
        before = audited(oracle, here, action)
        return Path(attempt, lambda: audited(oracle, here, action) - before, limit)

    def proof() -> Path:
        number, key = kit.customer(str(uuid.uuid4().int)[:10]).number, here.server.keyring.derive("captcha", here.name)

        def attempt() -> Any:
            token = captcha.new_challenge(key, here.clock.now(), 4)
            form = {
                "login": fresh(), "password": PASSWORD, "password_again": PASSWORD, "email": "e@mail.example",
                "customer_number": number, "proof_code_1": "x", "proof_code_2": CODE[1], "proof_code_3": CODE[2],
                "captcha_token": token, "captcha": captcha.digits(key, token),
            }  # fmt: skip
            return visitor(here).send("POST", f"/register/{SCHEME}", form=form)

        return audits("proof.failed", attempt)

    def forgotten() -> Path:
        number = kit.customer(str(uuid.uuid4().int)[:10]).number
        form = {"customer_number": number, "proof_code_1": "x", "proof_code_2": CODE[1], "proof_code_3": CODE[2]}
        return audits("proof.failed", lambda: visitor(here).send("POST", "/recover/login-id", form=form))

    def link(route: str) -> Path:
        form = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
        door = visitor(here, peer=f"203.0.113.{len(route)}")

        def count() -> int:
            return counters(oracle, here, "network").get(door.peer.encode(), 0)

        return Path(lambda: door.send("POST", f"/{route}/{fresh()}", form=form), count, POLICY.network_free)

    def second(path: str) -> Path:
        who = with_app(here, member(kit, fresh()))
        if path == "/login/second":
            door = visitor(here)
            asked = here.wait(door.send("POST", "/login", form={"login": who.login, "password": PASSWORD}))
        else:
            door = holder(here, who)
            asked = here.wait(door.send("POST", "/reauth", form={"password": PASSWORD}))
        assert asked.header("location") == path, asked.text
        return audits("login.second_failed", lambda: door.send("POST", path, form={"way": "app", "code": "000000"}))

    return {
        "login": login,
        "reauth": reauth,
        "credentials": change,
        "register": proof,
        "recover": forgotten,
        "activate": lambda: link("activate"),
        "reset": lambda: link("reset"),
        "login-second": lambda: second("/login/second"),
        "reauth-second": lambda: second("/reauth/second"),
    }


def with_app(here: Portal, who: Member) -> Member:
    """The account has an app for codes."""
    assert who.account_id is not None
    keys = Keys(here.server.ports.get(Vault), here.server.ports.get(Keyring))
    its = Holder(account_id=who.account_id, session_id=None, language="ja")
    here.run(lambda tx: add_app(tx, keys, its, secret=pyotp.random_base32(), name="a", step=0))
    return who


def test_side_by_side_no_path_compares_more_than_the_limit(
    here: Portal, oracle: Oracle, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    """64 tries at once by each path, and each route that changes something is a path or has nothing to guess."""
    recipes = guesses(here, oracle, watch_hashes(here, monkeypatch))
    names = {route.name for route in all_routes() if route.method == "POST"}
    assert names == recipes.keys() | NOTHING_TO_GUESS
    overshoot = 0
    for name, recipe in recipes.items():
        oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", here.name)
        path = recipe()
        answers = together(here, [path.attempt] * AT_ONCE)
        assert statuses(answers) <= {422, 404, 503} | ({303} if name == "recover" else set()), (name, statuses(answers))
        assert path.compared() == path.limit, (name, path.compared())
        overshoot += max(0, path.compared() - path.limit)
    figure(f"T9 side by side: {len(recipes)} paths x {AT_ONCE} tries at once, overshoot {overshoot}")


def waited(policy: ThrottlePolicy, seconds: int) -> int:
    """How many tries of one a second the waits let through."""
    at, tried, wait = 0.0, policy.free, policy.first_wait.total_seconds()
    while (at := at + min(wait, policy.longest_wait.total_seconds())) < seconds:
        tried, wait = tried + 1, wait * 2
    return tried


@pytest.mark.parametrize("kind", ["login", "proof", "second"])
def test_ten_thousand_guesses_at_one(kind: str, tx: Tx, clock: FixedClock, figure: Callable[[str], None]) -> None:
    """One a second, each from another network; ASVS and NIST allow 100 in a row."""
    account = uuid.uuid4()
    admitted = 0
    many = MANY if kind == "login" else MANY // 10
    for number in range(many):
        network = f"203.0.{number % 200}.{number // 200}"
        targets = {
            "login": login_target(SCHEME, "hanako1958", network),
            "proof": proof_target("10012345", network),
            "second": second_target(account, network),
        }
        admitted += admit(tx, POLICY, targets[kind])
        clock.at += timedelta(seconds=1)
    figure(f"T9 guessing ({kind}): {many:,} tries at one account in {many:,} s, {admitted} compared")
    assert admitted == waited(POLICY, many) <= 100


def test_spraying_is_slowed_by_network_and_tenant(tx: Tx, clock: FixedClock, figure: Callable[[str], None]) -> None:
    """One guess at each of many customer numbers: from one network, and from as many networks, ten a second."""
    many, policy = MANY // 2, ThrottlePolicy(tenant_free=MANY // 10)
    began: datetime = clock.at
    one = 0
    for number in range(many):
        one += admit(tx, policy, proof_target(f"{number:08}", "203.0.113.9"))
        clock.at += timedelta(seconds=0.1)
    clock.at = began + timedelta(days=1)
    began, everywhere = clock.at, 0
    for number in range(many):
        network = f"2001:db8:{number:x}::"
        everywhere += admit(tx, policy, login_target(SCHEME, f"name{number}", network))
        clock.at += timedelta(seconds=0.1)
    seconds = many // 10
    figure(
        f"T9 spraying: {many:,} numbers in {seconds:,} s, {one} compared from one network, "
        f"{everywhere:,} from {many:,} networks ({policy.tenant_free:,} of them free)"
    )
    assert policy.network_free < one <= policy.network_free + 6 + seconds / 60
    assert policy.tenant_free < everywhere <= policy.tenant_free + seconds


def test_a_forged_address_is_not_another_network(here: Portal, oracle: Oracle) -> None:
    """Forwarded addresses count only from our own proxies, of which the test has none."""
    attacker = visitor(here, peer="203.0.113.66")
    names = ("x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip", "x-client-ip")

    def tried(number: int) -> Any:
        forged = f"198.51.100.{number}"
        headers = {name: f"for={forged}" if name == "forwarded" else forged for name in names}
        form = {"login": fresh(), "password": WRONG}
        return attacker.send("POST", "/login", form=form, headers=headers)

    assert statuses(here.wait(gather([lambda n=n: tried(n) for n in range(60)]))) == {422}
    assert counters(oracle, here, "network") == {b"203.0.113.66": POLICY.network_free}


async def log_in(door: Browser, who: Member, password: str = PASSWORD) -> Seen:
    """Try a password."""
    return await door.send("POST", "/login", form={"login": who.login, "password": password})


def lock(here: Portal, who: Member) -> None:
    """Strangers use up what is free, and more."""
    strangers = [visitor(here, peer=f"203.0.113.{n}") for n in range(8)]
    assert statuses(together(here, [lambda d=d: log_in(d, who, WRONG) for d in strangers])) == {422}


def known(here: Portal, who: Member) -> Browser:
    """A browser that its owner has logged in with, and out again."""
    door = visitor(here)
    mark = cookie_set(here, here.wait(log_in(door, who)), "device")
    assert mark
    door.cookies[jar_of(here).name("device")] = mark
    return door


def test_the_owner_gets_in_on_a_known_device_while_strangers_wait(
    here: Portal, oracle: Oracle, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    kit = Kit(here)
    me, other = member(kit, "hanako1958"), member(kit, "tarou1958")
    mine, others = known(here, me), known(here, other)
    lock(here, me)
    # Network and tenant wait, too.
    oracle.change(
        "UPDATE login_counter SET failures = 5000, blocked_until = %s WHERE tenant_id = %s AND kind <> 'account'",
        here.clock.now() + timedelta(minutes=1),
        here.name,
    )
    before = {kind: counters(oracle, here, kind) for kind in ("account", "network", "tenant")}
    assert here.wait(log_in(visitor(here), me)).status == 422
    assert here.wait(log_in(others, me)).status == 422
    assert here.wait(log_in(mine, me)).status == 303
    assert {kind: counters(oracle, here, kind) for kind in before} == before
    assert here.wait(log_in(visitor(here), me)).status == 422
    # Re-authentication and the change of the password, from the known device only.
    session = session_of(here, as_person(me))
    bare = holder(here, me, session)
    assert here.wait(bare.send("POST", "/reauth", form={"password": PASSWORD})).status == 422
    bare.cookies |= {jar_of(here).name("device"): mine.cookies[jar_of(here).name("device")]}
    assert here.wait(bare.send("POST", "/reauth", form={"password": PASSWORD})).status == 303
    # The device itself has `free` tries, also at once, and then waits.
    hashes = watch_hashes(here, monkeypatch)
    assert statuses(together(here, [lambda: log_in(mine, me, WRONG)] * AT_ONCE)) <= {422, 503}
    assert hashes.real == POLICY.free
    assert here.wait(log_in(mine, me)).status == 422
    here.clock.at += POLICY.first_wait
    assert here.wait(log_in(mine, me)).status == 303
    figure(
        f"T9 known device: owner in while account, network and tenant wait; {AT_ONCE} wrong from it, {POLICY.free} compared"
    )


def test_a_stolen_mark_is_worth_one_counter_until_the_password_changes(here: Portal, oracle: Oracle) -> None:
    me = member(Kit(here), "hanako1958")
    mine = known(here, me)
    page = here.wait(mine.send("GET", "/home"))
    assert (page.status, page.header("location")) == (303, "/login")
    lock(here, me)
    mark = mine.cookies[jar_of(here).name("device")]
    for forged in (
        mark[:-2] + "AA",
        mark.replace(".", ".1", 1),
        f"{mark}~{mark}"[1:],
        fresh() + mark[22:],
        "~".join("xyz"),
    ):
        thief = visitor(here)
        thief.cookies[jar_of(here).name("device")] = forged
        expected = 303 if mark in forged.split("~") else 422
        assert here.wait(log_in(thief, me)).status == expected, forged
    here.clock.at += LIFE
    lock(here, me)
    assert here.wait(log_in(mine, me)).status == 422
    here.clock.at -= LIFE
    lock(here, me)
    stored = here.server.hasher.hash(PASSWORD)
    oracle.change(
        "UPDATE credential SET password_hash = %s, changed_at = changed_at + interval '1 second' WHERE tenant_id = %s",
        stored,
        here.name,
    )
    assert here.wait(log_in(mine, me)).status == 422


def test_the_owner_on_a_new_device_gets_in_over_the_mailed_link(here: Portal, oracle: Oracle) -> None:
    """While strangers keep the account waiting; the mark stands for the new password and opens nothing by itself."""
    kit = Kit(here)
    me, door = member(kit, "hanako1958"), visitor(here)
    lock(here, me)
    assert here.wait(log_in(door, me)).status == 422
    asked = here.wait(door.send("POST", "/recover/password", form={"login": me.login}))
    assert asked.status == 303
    form = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
    done = here.wait(door.send("POST", kit.path(kit.mails("password_reset")[0]["link"]), form=form))
    assert (done.status, cookie_set(here, done)) == (303, "")
    door.cookies[jar_of(here).name("device")] = cookie_set(here, done, "device")
    assert here.wait(log_in(visitor(here), me, NEW_PASSWORD)).status == 422
    assert here.wait(log_in(door, me, PASSWORD)).status == 422
    assert here.wait(log_in(door, me, NEW_PASSWORD)).status == 303


def test_a_mark_tells_nobody_who_has_an_account(here: Portal, oracle: Oracle, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a mark of another account: who exists and who does not give the same answer, counters and work."""
    kit = Kit(here)
    me, other = member(kit, "hanako1958"), member(kit, "tarou1958")
    door = known(here, other)
    hashes, seen = watch_hashes(here, monkeypatch), []
    for login in (me.login, "nobody1958"):
        oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", here.name)
        before = hashes.all
        answer = here.wait(door.send("POST", "/login", form={"login": login, "password": WRONG}))
        told = answer.text.replace(login, "")
        kinds = [sorted(counters(oracle, here, kind).values()) for kind in ("account", "device", "network", "tenant")]
        seen.append((answer.status, len(answer.headers), told, kinds, hashes.all - before))
    assert seen[0] == seen[1]
    assert seen[0][3:] == ([[1], [], [1], [1]], 1)


def test_a_crowd_behind_one_address_is_served(
    here: Portal, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    """More right logins at once from one network than it has tries: none is refused, for they stand in line."""
    verify, counted, most, held = PasswordHasher.verify_async, 0, 0, None

    async def crowded() -> None:
        while counted < EIGHT:
            await asyncio.sleep(0.005)
        for _ in range(40):
            await asyncio.sleep(0.005)

    async def watching(self: PasswordHasher, encoded: str | None, password: str) -> bool:
        nonlocal counted, most, held
        counted += 1
        most = max(most, counted)
        # The first comparison is held back until as many have come as may, and a while longer for more than should.
        held = held or asyncio.create_task(crowded())
        await held
        try:
            return await verify(self, encoded, password)
        finally:
            counted -= 1

    monkeypatch.setattr(PasswordHasher, "verify_async", watching)
    kit = Kit(here)
    people = [member(kit, fresh()) for _ in range(AT_ONCE)]
    doors = [visitor(here, peer="203.0.113.200") for _ in people]
    answers = together(here, [lambda d=d, p=p: log_in(d, p) for d, p in zip(doors, people, strict=True)])
    assert statuses(answers) == {303}
    assert POLICY.network_free < AT_ONCE
    assert most == EIGHT
    figure(f"T9 crowd: {AT_ONCE} right logins at once from one network, 0 refused, {most} counted at a time")
