"""Drafts, one-time operations, mail links, the namespace of login IDs, and deleting what has ended."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from mypage.auth import names
from mypage.auth.cleanup import cleanup
from mypage.auth.links import end_links, issue_link, just_used, peek_link, use_link
from mypage.auth.models import (
    Customer,
    LoginCounter,
    LoginName,
    LoginSession,
    MailLink,
    Registration,
    UsedChallenge,
)
from mypage.auth.throttle import admit, login_target
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.forms.drafts import drop_all, drop_draft, load_draft, save_draft
from mypage.forms.models import Draft, Operation
from mypage.forms.wizard import once, recall
from mypage.hooks.auth import ThrottlePolicy
from mypage.lib.clock import FixedClock
from mypage.lib.crypto import Keyring
from mypage.lib.errors import StaleForm
from mypage.testing.portal import HANG

VAULT = Vault(Keyring({"m0": bytes(32)}, "m0"))
ME, YOU = b"m" * 32, b"y" * 32
InUnit = Callable[[Callable[[Tx], Any]], Any]


def rows(tx: Tx, model: Any) -> int:
    return int(tx.scalars(select(func.count()).select_from(model).where(model.tenant_id == tx.tenant)).one())


def keep(tx: Tx, owner: bytes = ME, **more: Any) -> uuid.UUID:
    return save_draft(tx, VAULT, owner=owner, wizard="w", data={"a": "1"}, secret=b"hush", **more)


def test_a_draft_comes_back_to_its_owner_only(tx: Tx) -> None:
    draft_id = keep(tx)
    found = load_draft(tx, VAULT, owner=ME, wizard="w", draft_id=draft_id)
    assert found is not None
    assert (found.data, found.secret) == ({"a": "1"}, b"hush")
    assert load_draft(tx, VAULT, owner=YOU, wizard="w", draft_id=draft_id) is None
    assert load_draft(tx, VAULT, owner=ME, wizard="v") is None
    sealed = tx.scalars(select(Draft.sealed).where(Draft.tenant_id == tx.tenant)).one()
    assert sealed is not None
    assert b"hush" not in sealed


def test_a_draft_replaces_the_one_before_and_nobody_elses(tx: Tx) -> None:
    keep(tx, YOU)
    first, second = keep(tx), keep(tx)
    assert load_draft(tx, VAULT, owner=ME, wizard="w", draft_id=first) is None
    assert load_draft(tx, VAULT, owner=ME, wizard="w", draft_id=second)
    assert keep(tx, YOU, draft_id=second) == second
    mine = load_draft(tx, VAULT, owner=ME, wizard="w")
    assert mine is not None
    assert mine.id == second


def test_a_draft_ends_by_time_by_its_wizard_and_by_logout(tx: Tx, clock: FixedClock) -> None:
    keep(tx)
    clock.at += timedelta(minutes=10)
    assert load_draft(tx, VAULT, owner=ME, wizard="w") is None
    keep(tx)
    drop_draft(tx, owner=ME, wizard="w")
    assert rows(tx, Draft) == 0
    keep(tx)
    once(tx, "op", owner=ME, wizard="w", effect=lambda: {"x": 1})
    keep(tx, YOU)
    drop_all(tx, ME)
    assert (rows(tx, Draft), rows(tx, Operation)) == (1, 0)


def test_an_operation_has_one_effect_and_one_result(tx: Tx) -> None:
    effects: list[int] = []

    def effect() -> dict[str, int]:
        effects.append(1)
        return {"n": len(effects)}

    outcomes = [once(tx, "op", owner=ME, wizard="w", effect=effect) for _ in range(3)]
    assert [outcome.result for outcome in outcomes] == [{"n": 1}] * 3
    assert [outcome.repeated for outcome in outcomes] == [False, True, True]
    assert recall(tx, "op", owner=ME, wizard="w") == {"n": 1}
    for owner, wizard in ((YOU, "w"), (ME, "v")):
        assert recall(tx, "op", owner=owner, wizard=wizard) is None
        with pytest.raises(StaleForm):
            once(tx, "op", owner=owner, wizard=wizard, effect=effect)
    assert effects == [1]


def test_an_operation_that_failed_left_nothing_and_can_be_tried_again(tx: Tx) -> None:
    def failing() -> dict[str, int]:
        keep(tx)
        raise LookupError

    with pytest.raises(LookupError):
        once(tx, "op", owner=ME, wizard="w", effect=failing)
    assert (rows(tx, Draft), rows(tx, Operation)) == (0, 0)
    assert once(tx, "op", owner=ME, wizard="w", effect=dict).repeated is False


@pytest.mark.parametrize("operation_id", ["", "\x00", "é", "x" * 101, "\ud800"])
def test_a_strange_operation_id_is_unknown(tx: Tx, operation_id: str) -> None:
    assert recall(tx, operation_id, owner=ME, wizard="w") is None


def test_parallel_operations_have_one_effect(in_unit: InUnit) -> None:
    barrier, effects = Barrier(6), []

    def go(_: int) -> Any:
        def work(tx: Tx) -> Any:
            barrier.wait(HANG)
            return once(tx, "op", owner=ME, wizard="w", effect=lambda: effects.append(1) or {"done": 1}).result

        return in_unit(work)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(go, range(6))) == [{"done": 1}] * 6
    assert effects == [1]


@pytest.mark.req("ACTV-54", "ACTV-68")
def test_a_link_is_bound_to_purpose_time_and_tenant_and_used_once(
    engine: Engine, tx: Tx, clock: FixedClock, tenant_name: str
) -> None:
    subject = uuid.uuid4()
    token, ends = issue_link(tx, "reset", subject, "a@b.example", timedelta(hours=1))
    assert ends == clock.at + timedelta(hours=1)
    assert peek_link(tx, "activate", token) is None
    assert use_link(tx, "activate", token) is None
    with unit(engine, Scope(f"{tenant_name}x", clock, Actor("system"))) as elsewhere:
        assert use_link(elsewhere, "reset", token) is None
    assert peek_link(tx, "reset", token)
    used = use_link(tx, "reset", token)
    assert used is not None
    assert (used.subject_id, used.address) == (subject, "a@b.example")
    assert use_link(tx, "reset", token) is None
    assert peek_link(tx, "reset", token) is None
    assert just_used(tx, "reset", token)
    clock.at += timedelta(minutes=10)
    assert just_used(tx, "reset", token) is None


def test_a_newer_link_ends_the_older_and_time_ends_all(tx: Tx, clock: FixedClock) -> None:
    subject = uuid.uuid4()
    first, _ = issue_link(tx, "reset", subject, "a@b.example", timedelta(hours=1))
    second, _ = issue_link(tx, "reset", subject, "a@b.example", timedelta(hours=1))
    assert peek_link(tx, "reset", first) is None
    clock.at += timedelta(hours=1)
    assert use_link(tx, "reset", second) is None
    third, _ = issue_link(tx, "reset", subject, "a@b.example", timedelta(hours=1))
    end_links(tx, "reset", subject)
    assert use_link(tx, "reset", third) is None


@pytest.mark.req("ACTV-54", "ACTV-55")
def test_of_parallel_uses_of_a_link_one_succeeds(in_unit: InUnit) -> None:
    token, _ = in_unit(lambda tx: issue_link(tx, "activate", uuid.uuid4(), "a@b.example", timedelta(hours=1)))
    barrier = Barrier(8)

    def go(_: int) -> Any:
        def work(tx: Tx) -> bool:
            barrier.wait(HANG)
            return use_link(tx, "activate", token) is not None

        return in_unit(work)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(go, range(8))) == 1


@pytest.mark.req("ACTV-16", "ACTV-54")
def test_a_login_id_is_held_used_retired(tx: Tx, clock: FixedClock) -> None:
    me, you, registration, late = (uuid.uuid4() for _ in range(4))
    until = clock.at + timedelta(hours=1)
    assert names.is_free(tx, "s", "hanako")
    assert names.hold(tx, "s", "hanako", registration, until)
    assert not names.is_free(tx, "s", "hanako")
    assert names.is_free(tx, "other", "hanako")
    assert not names.hold(tx, "s", "hanako", late, until)
    assert not names.take(tx, "s", "hanako", you)
    assert not names.use_held(tx, "s", "hanako", late, you)
    clock.at = until
    assert names.is_free(tx, "s", "hanako")
    assert names.hold(tx, "s", "hanako", late, until + timedelta(hours=1))
    assert not names.use_held(tx, "s", "hanako", registration, you)
    assert names.use_held(tx, "s", "hanako", late, me)
    assert not names.take(tx, "s", "hanako", you)
    names.retire(tx, "s", "hanako")
    assert not names.take(tx, "s", "hanako", you)
    assert not names.hold(tx, "s", "hanako", registration, until + timedelta(hours=9))
    assert names.is_free(tx, "s", "hanako", account_id=me)
    assert names.take(tx, "s", "hanako", me)


def test_of_parallel_takers_of_a_login_id_one_gets_it(in_unit: InUnit) -> None:
    barrier = Barrier(8)

    def go(_: int) -> Any:
        def work(tx: Tx) -> bool:
            barrier.wait(HANG)
            return names.take(tx, "s", "wanted", uuid.uuid4())

        return in_unit(work)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(go, range(8))) == 1


def test_cleanup_deletes_what_has_ended_and_nothing_else(tx: Tx, clock: FixedClock) -> None:
    customer = Customer(tenant_id=tx.tenant, number="1", number_key="1", name="名")
    tx.add(customer)
    tx.flush()
    fill_all(tx, customer.id, "old")
    clock.at += timedelta(days=2)
    fill_all(tx, customer.id, "new")
    assert names.take(tx, "s", "kept", uuid.uuid4())
    kept = (Draft, Operation, MailLink, UsedChallenge, Registration)
    # Each once, and the counters of the old account and network; the one of the tenant is still in use.
    assert cleanup(tx, 500) == len(kept) + 2
    assert [rows(tx, model) for model in kept] == [1] * len(kept)
    assert rows(tx, LoginCounter) == 3
    assert sorted(tx.scalars(select(LoginName.login_key).where(LoginName.tenant_id == tx.tenant))) == ["kept", "new"]
    assert cleanup(tx, 500) == 0


def test_cleanup_goes_in_portions(tx: Tx, clock: FixedClock) -> None:
    for number in range(7):
        keep(tx, bytes([number]) * 32)
    clock.at += timedelta(hours=1)
    # The plan that looks up for each row which are to go; the figures of a table lead to it now and then.
    for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
        tx.execute(text(f"SET LOCAL enable_{way} = off"))
    assert [cleanup(tx, 3) for _ in range(4)] == [3, 3, 1, 0]


def fill_all(tx: Tx, customer_id: uuid.UUID, name: str) -> None:
    """A row of every kind that ends within a day."""
    until = tx.now() + timedelta(hours=1)
    keep(tx, name.encode())
    once(tx, name, owner=ME, wizard="w", effect=dict)
    issue_link(tx, "reset", uuid.uuid4(), "a@b.example", timedelta(hours=1))
    tx.add(UsedChallenge(tenant_id=tx.tenant, challenge=name.encode(), expires_at=until))
    registration = Registration(
        tenant_id=tx.tenant,
        id=uuid.uuid4(),
        customer_id=customer_id,
        scheme="s",
        login_id=name,
        login_key=name,
        password_hash="x",
        email="a@b.example",
        created_at=tx.now(),
        expires_at=until,
    )
    tx.add(registration)
    tx.flush()
    assert names.hold(tx, "s", name, registration.id, until)
    admit(tx, ThrottlePolicy(), login_target("s", name, name))
    assert rows(tx, LoginSession) == 0
