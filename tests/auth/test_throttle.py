"""The choke point: counts before anything is checked, exact under parallel attempts, growing waits that end."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from authkit import PASSWORD, Kit, csrf_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from mypage.auth.models import LoginCounter
from mypage.auth.throttle import admit, device_target, forgive, link_target, login_target, mail_target, proof_target
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.hooks.auth import ThrottlePolicy
from mypage.lib.clock import FixedClock
from mypage.testing.portal import NOON

POLICY = ThrottlePolicy()
ME = login_target("mypage", "hanako1958", "198.51.100.7")


def failures(tx: Tx, kind: str) -> int:
    rows = select(func.coalesce(func.sum(LoginCounter.failures), 0))
    return int(tx.scalars(rows.where(LoginCounter.tenant_id == tx.tenant, LoginCounter.kind == kind)).one())


@pytest.mark.req("ACTV-11", "ACTV-80")
def test_waits_begin_after_the_free_failures_and_double_up_to_the_longest(tx: Tx, clock: FixedClock) -> None:
    assert [admit(tx, POLICY, ME) for _ in range(6)] == [True] * 5 + [False]
    for wait in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        clock.at += timedelta(seconds=wait - 1)
        assert not admit(tx, POLICY, ME)
        clock.at += timedelta(seconds=1)
        assert admit(tx, POLICY, ME)
    assert not admit(tx, POLICY, ME)


def test_refused_attempts_change_nothing(tx: Tx) -> None:
    for _ in range(30):
        admit(tx, POLICY, ME)
    assert {kind: failures(tx, kind) for kind in ("account", "network", "tenant")} == {
        "account": 5,
        "network": 5,
        "tenant": 5,
    }


def test_a_success_resets_the_account_and_gives_the_others_their_attempt_back(tx: Tx) -> None:
    other = login_target("mypage", "taro", "198.51.100.7")
    for _ in range(3):
        admit(tx, POLICY, other)
    for _ in range(5):
        admit(tx, POLICY, ME)
    forgive(tx, POLICY, ME)
    assert failures(tx, "account") == 3
    assert failures(tx, "network") == 7
    assert admit(tx, POLICY, ME)


def test_a_network_that_waits_counts_for_no_account(tx: Tx) -> None:
    policy = ThrottlePolicy(network_free=3)
    targets = [login_target("mypage", f"name{i}", "203.0.113.9") for i in range(5)]
    assert [admit(tx, policy, target) for target in targets] == [True] * 3 + [False] * 2
    assert failures(tx, "account") == 3
    assert admit(tx, policy, login_target("mypage", "name4", "203.0.113.10"))


def test_a_spray_over_the_tenant_is_slowed_but_locks_nobody_out(tx: Tx, clock: FixedClock) -> None:
    policy = ThrottlePolicy(tenant_free=4)
    targets = [login_target("mypage", f"name{i}", f"203.0.113.{i}") for i in range(8)]
    assert [admit(tx, policy, target) for target in targets] == [True] * 4 + [False] * 4
    clock.at += timedelta(seconds=1)
    assert admit(tx, policy, ME)
    forgive(tx, policy, ME, at=clock.at)
    assert [admit(tx, policy, target) for target in targets[5:7]] == [True, False]


def test_a_success_takes_back_the_wait_that_it_began_and_no_other(tx: Tx, clock: FixedClock) -> None:
    policy = ThrottlePolicy(network_free=2)
    strangers = [login_target("mypage", f"name{i}", "198.51.100.7") for i in range(4)]
    assert [admit(tx, policy, target) for target in strangers[:3]] == [True, True, False]
    clock.at += timedelta(seconds=1)
    assert admit(tx, policy, ME, at=clock.at)
    mine = clock.at
    clock.at += timedelta(seconds=2)
    assert admit(tx, policy, strangers[3])
    forgive(tx, policy, ME, at=mine)
    assert not admit(tx, policy, ME)
    clock.at += timedelta(seconds=4)
    assert admit(tx, policy, ME, at=clock.at)
    forgive(tx, policy, ME, at=clock.at)
    assert admit(tx, policy, ME)


def test_an_attempt_that_another_key_refuses_begins_no_wait(tx: Tx, clock: FixedClock) -> None:
    """Else a network that waits could be used to make an account wait longer and longer."""
    policy = ThrottlePolicy(free=1, network_free=1)
    assert admit(tx, policy, ME)
    clock.at += timedelta(seconds=30)
    elsewhere = login_target("mypage", "hanako1958", "203.0.113.9")
    assert admit(tx, policy, login_target("mypage", "other", "203.0.113.9"))
    for _ in range(5):
        assert not admit(tx, policy, elsewhere)
    assert admit(tx, policy, ME)


def test_a_network_waits_a_second_at_first_and_a_minute_at_most(tx: Tx, clock: FixedClock) -> None:
    """A town behind one address is not kept out for an hour by a neighbour's mistakes."""
    targets = iter([login_target("mypage", f"name{i}", "203.0.113.9") for i in range(200)])
    assert [admit(tx, POLICY, next(targets)) for _ in range(51)] == [True] * 50 + [False]
    for wait in (1, 2, 4, 8, 16, 32, 60, 60):
        clock.at += timedelta(seconds=wait) - timedelta(milliseconds=1)
        assert not admit(tx, POLICY, next(targets))
        clock.at += timedelta(milliseconds=1)
        assert admit(tx, POLICY, next(targets))


def test_a_known_device_counts_by_itself(tx: Tx) -> None:
    for _ in range(6):
        admit(tx, POLICY, ME)
    mine, other = device_target(uuid.UUID(int=1), "mine"), device_target(uuid.UUID(int=1), "other")
    assert [admit(tx, POLICY, mine) for _ in range(6)] == [True] * 5 + [False]
    assert failures(tx, "network") == 5
    assert admit(tx, POLICY, other)
    forgive(tx, POLICY, mine)
    assert admit(tx, POLICY, mine)
    assert not admit(tx, POLICY, ME)


def test_failures_leak_away(tx: Tx, clock: FixedClock) -> None:
    for _ in range(4):
        admit(tx, POLICY, ME)
    clock.at += timedelta(hours=12) * 2 / 5
    assert [admit(tx, POLICY, ME) for _ in range(4)] == [True] * 3 + [False]
    clock.at += timedelta(hours=13)
    assert [admit(tx, POLICY, ME) for _ in range(6)] == [True] * 5 + [False]


def test_a_clock_that_goes_backwards_frees_nobody(tx: Tx, clock: FixedClock) -> None:
    for _ in range(5):
        admit(tx, POLICY, ME)
    clock.at -= timedelta(days=1)
    assert not admit(tx, POLICY, ME)


def test_kinds_of_attempts_do_not_block_each_other(tx: Tx) -> None:
    policy = ThrottlePolicy(free=1)
    network = "198.51.100.7"
    assert admit(tx, policy, login_target("mypage", "x", network))
    assert admit(tx, policy, proof_target("x", network))
    assert admit(tx, policy, mail_target("mypage", "x", network))
    assert admit(tx, policy, link_target(network))
    assert not admit(tx, policy, login_target("mypage", "x", network))


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(["fail", "succeed", "wait"]), st.integers(0, 4000)), max_size=30))
def test_never_more_checks_than_the_waits_allow(engine: Engine, steps: list[tuple[str, int]]) -> None:
    """Whatever comes: between two successes at most `free` checks plus one for every wait that has passed."""
    clock = FixedClock(NOON)

    class _Undo(Exception):
        pass

    with contextlib.suppress(_Undo), unit(engine, Scope("throttled", clock, Actor("system"))) as tx:
        checks, blocked_until = 0, clock.at
        for step, seconds in steps:
            if step == "wait":
                clock.at += timedelta(seconds=seconds)
                continue
            allowed = admit(tx, POLICY, ME)
            if clock.at < blocked_until:
                assert not allowed
            if not allowed:
                continue
            if step == "succeed":
                forgive(tx, POLICY, ME)
                checks, blocked_until = 0, clock.at
            else:
                checks += 1
                row = tx.execute(
                    select(LoginCounter.failures, LoginCounter.blocked_until).where(
                        LoginCounter.tenant_id == tx.tenant, LoginCounter.kind == "account"
                    )
                ).one()
                assert row.failures <= checks
                assert (row.blocked_until is not None) == (row.failures >= POLICY.free)
                blocked_until = row.blocked_until or clock.at
        raise _Undo


def test_side_by_side_not_one_attempt_exceeds_the_limit(
    in_unit: Callable[[Callable[[Tx], object]], object],
) -> None:
    with ThreadPoolExecutor(16) as pool:
        done: list[Any] = list(pool.map(lambda _: in_unit(lambda tx: admit(tx, POLICY, ME)), range(64)))
    assert sum(done) == POLICY.free


def test_attempts_on_many_accounts_at_once_wait_for_nobody_in_a_circle(
    in_unit: Callable[[Callable[[Tx], object]], object],
) -> None:
    targets = [login_target("mypage", f"name{i % 3}", f"203.0.113.{i % 4}") for i in range(60)]

    def go(i: int) -> object:
        def work(tx: Tx) -> bool:
            good = admit(tx, POLICY, targets[i])
            if good and i % 5 == 0:
                forgive(tx, POLICY, targets[i])
            return good

        return in_unit(work)

    with ThreadPoolExecutor(12) as pool:
        assert len(list(pool.map(go, range(60)))) == 60


@pytest.mark.req("ACTV-11")
def test_64_parallel_logins_at_the_limit_compare_no_more_passwords_than_allowed(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit.member()
    hasher = kit.portal.server.hasher
    compared: list[str | None] = []
    plain = type(hasher).verify_async

    async def watching(self: Any, encoded: str | None, password: str) -> bool:
        compared.append(encoded)
        return await plain(self, encoded, password)

    monkeypatch.setattr(type(hasher), "verify_async", watching)
    browser = kit.portal.client()
    token = csrf_of(browser.get("/login"))

    async def attack() -> list[int]:
        data = {"_csrf": token, "login": "hanako1958", "password": "Chigau2026"}
        answers = await asyncio.gather(*(browser.arequest("POST", "/login", data=data) for _ in range(64)))
        return [answer.status_code for answer in answers]

    statuses = kit.portal.wait(attack())
    assert set(statuses) <= {422, 503}
    assert sum(encoded is not None for encoded in compared) == 5
    assert len(compared) == 64
    assert kit.login(kit.portal.client(), password=PASSWORD).status == 422
