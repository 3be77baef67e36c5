"""T12: whatever there is one of goes to one, however many want it at once, and the others are told so politely.

`MYPAGE_RING_SIZE` multiplies the rounds.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from attackkit import Oracle
from racekit import SIZE, counters, fresh, holder, member, statuses, together, visitor
from test_mail_links import activation_link, press

from auth.authkit import CODE, EMAIL, PASSWORD, SCHEME, Kit
from auth.authkit import Person as Member
from mypage.auth import captcha
from mypage.hooks.auth import ThrottlePolicy
from mypage.testing.portal import Portal

ROUNDS = 3 * SIZE
AT_ONCE = 24
"""Requests at once; more than there are connections."""


@pytest.fixture
def here(place: Callable[..., Portal]) -> Portal:
    return place()


@pytest.fixture
def calm(logged: list[dict[str, Any]]) -> Callable[[], list[dict[str, Any]]]:
    """The errors that the server logged: a deadlock or a lost connection would be one."""
    # A tenant of another test in this database may be wrong on purpose.
    return lambda: [e for e in logged if e["log_level"] in ("error", "critical") and e["event"] != "tenant left out"]


async def register(here: Portal, who: Member, login: str, peer: str) -> int:
    """The whole registration in a browser of its own, up to the mail; the status of the last answer."""
    door, key = visitor(here, peer=peer), here.server.keyring.derive("captcha", here.name)
    challenge = captcha.new_challenge(key, here.clock.now(), 4)
    form = {
        "login": login, "password": PASSWORD, "password_again": PASSWORD, "email": EMAIL,
        "customer_number": who.number, "proof_code_1": CODE[0], "proof_code_2": CODE[1], "proof_code_3": CODE[2],
        "captcha_token": challenge, "captcha": captcha.digits(key, challenge),
    }  # fmt: skip
    entered = await door.send("POST", f"/register/{SCHEME}", form=form)
    if entered.status != 303:
        return entered.status
    operation = entered.header("location").rpartition("draft=")[2]
    return (await door.send("POST", f"/register/{SCHEME}/confirm", form={"operation": operation})).status


def test_one_customer_registers_from_many_browsers(
    here: Portal, oracle: Oracle, calm: Callable[[], list[dict[str, Any]]], figure: Callable[[str], None]
) -> None:
    """One registration waits at the end, with one login ID held and one link that works; one account comes of it."""
    kit = Kit(here)
    for number in range(ROUNDS):
        who = kit.customer(str(uuid.uuid4().int)[:10])
        work = [lambda n=n, w=who, r=number: register(here, w, fresh(), f"203.0.{r % 200}.{n}") for n in range(AT_ONCE)]
        # The code's own counter lets five through at a time that have not succeeded yet.
        assert set(together(here, work)) <= {303, 422}
        waiting = oracle.fetch(
            "SELECT id FROM registration WHERE tenant_id = %s AND customer_id = %s AND state = 'waiting'",
            here.name,
            who.customer_id,
        )
        assert len(waiting) == 1
        paths = [kit.path(mail["link"]) for mail in kit.mails("activation")]
        presses = [lambda p=p, n=n: visitor(here, peer=f"203.1.0.{n}").send("POST", p) for n, p in enumerate(paths)]
        assert statuses(together(here, presses)) <= {303, 404}
        oracle.change("DELETE FROM mail_message WHERE tenant_id = %s", here.name)
    accounts = oracle.fetch("SELECT count(*), count(DISTINCT customer_id) FROM account WHERE tenant_id = %s", here.name)
    held = oracle.fetch("SELECT state, count(*) FROM login_name WHERE tenant_id = %s GROUP BY state", here.name)
    figure(f"T12 registrations: {ROUNDS} customers from {AT_ONCE} browsers at once, {accounts[0][0]} accounts")
    assert tuple(accounts[0]) == (ROUNDS, ROUNDS)
    assert [tuple(row) for row in held] == [("used", ROUNDS)]
    assert calm() == []


def test_one_login_id_goes_to_one(
    here: Portal, oracle: Oracle, calm: Callable[[], list[dict[str, Any]]], figure: Callable[[str], None]
) -> None:
    """Registrations and changes want the same ID, in other spellings of one key, at the same moment."""
    kit, winners = Kit(here), 0
    for number in range(ROUNDS):
        wanted = fresh()
        strangers = [kit.customer(str(uuid.uuid4().int)[:10]) for _ in range(AT_ONCE // 2)]
        work: list[Callable[[], Any]] = [
            lambda w=w, n=n, name=wanted, r=number: register(here, w, name.upper() if n % 2 else name, f"203.1.{r}.{n}")
            for n, w in enumerate(strangers)
        ]
        for _ in range(AT_ONCE // 2):
            mine = holder(here, member(kit, fresh()))
            entered = here.wait(mine.send("POST", "/credentials", form={"current": PASSWORD, "login": wanted}))
            form = {"operation": entered.header("location").rpartition("draft=")[2]}
            work.append(lambda b=mine, f=form: status_of(b.send("POST", "/credentials/confirm", form=f)))
        answers = together(here, work)
        assert set(answers) <= {303, 422}
        assert answers.count(303) == 1
        owners = oracle.fetch(
            "SELECT count(*) FROM (SELECT login_key FROM credential WHERE tenant_id = %(t)s AND login_key = %(k)s "
            "UNION ALL SELECT login_key FROM registration WHERE tenant_id = %(t)s AND login_key = %(k)s "
            "AND state = 'waiting') found".replace("%(t)s", f"'{here.name}'").replace("%(k)s", f"'{wanted}'")
        )[0][0]
        winners += owners
        oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", here.name)
    figure(f"T12 login IDs: {ROUNDS} IDs wanted by {AT_ONCE} at once, {winners} owners")
    assert winners == ROUNDS
    assert calm() == []


async def status_of(answer: Any) -> int:
    """The status of an answer that is still to come."""
    return int((await answer).status)


def test_many_links_of_one_customer_make_one_account(
    here: Portal, oracle: Oracle, calm: Callable[[], list[dict[str, Any]]]
) -> None:
    """Links of earlier registrations and of the last one are pressed while a new registration comes in."""
    kit = Kit(here)
    for _ in range(ROUNDS * 3):
        first, who = activation_link(kit)
        second, _ = activation_link(kit, customer=who)
        work: list[Callable[[], Any]] = [
            lambda t=token: status_of(press(visitor(here), "activate", t)) for token in (first, second) * 4
        ]
        work.insert(3, lambda w=who: register(here, w, fresh(), "203.0.113.250"))
        assert set(together(here, work)) <= {303, 404, 422}
    found = oracle.fetch("SELECT count(*), count(DISTINCT customer_id) FROM account WHERE tenant_id = %s", here.name)[0]
    assert found[0] == found[1]
    waiting = oracle.fetch(
        "SELECT count(*) FROM registration r JOIN account a ON a.tenant_id = r.tenant_id AND a.customer_id = r.customer_id "
        "WHERE r.tenant_id = %s AND r.state = 'waiting'",
        here.name,
    )[0][0]
    assert waiting == 0
    assert calm() == []


def test_counters_of_many_accounts_and_networks_at_once_are_exact(
    here: Portal, oracle: Oracle, calm: Callable[[], list[dict[str, Any]]], figure: Callable[[str], None]
) -> None:
    """Wrong and right passwords of a few accounts from a few networks: nothing is lost, nobody waits in a circle."""
    kit, policy = Kit(here), ThrottlePolicy()
    people = [member(kit, fresh()) for _ in range(4)]
    work = []
    for number in range(60 * min(SIZE, 3)):
        person, right = people[number % 4], number % 4 == 0
        form = {"login": person.login, "password": PASSWORD if right else "Chigau2026"}
        door = visitor(here, peer=f"203.0.113.{number % 3}")
        work.append(lambda d=door, f=form: status_of(d.send("POST", "/login", form=f)))
    assert set(together(here, work)) <= {303, 422, 503}
    accounts = counters(oracle, here, "account")
    figure(
        f"T12 counters: {len(work)} logins at once, accounts counted {sorted(accounts.values())}, limit {policy.free}"
    )
    assert sorted(accounts.values()) == [policy.free] * 3
    shared = [sum(counters(oracle, here, kind).values()) for kind in ("network", "tenant")]
    assert shared == [3 * policy.free] * 2
    assert calm() == []
