"""Two at one moment, in real parallel transactions: the database lets exactly one of them be true."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from slotkit import EAST, Home, all_of, at_once, deploy, job_of, move_in, states

from mypage.contracts.reaching import lock_contract
from mypage.db.session import Tx
from mypage.hooks.provisioning import ProvisioningDone
from mypage.lib.errors import DomainError
from mypage.orders.by_hand import complete_by_hand
from mypage.orders.errors import JobEnded
from mypage.orders.models import ProvisioningJob
from mypage.orders.provisioning import note_done
from mypage.slots.errors import AlreadyProcessed, LimitReached, NameTaken, NotFree
from mypage.slots.models import Slot, SlotApplication, SlotName
from mypage.slots.reading import overview
from mypage.slots.service import cancel, close_pending
from mypage.terminations.closing import end_contract, set_last_day
from mypage.testing.portal import MakePortal


@pytest.fixture
def home(make_portal: MakePortal) -> Home:
    return move_in(deploy(make_portal))


def said(results: list[Any]) -> Counter[str]:
    """What became of each: "ok", or the name of what was raised. Nothing but refusals may be raised."""
    unexpected = [each for each in results if isinstance(each, Exception) and not isinstance(each, DomainError)]
    assert unexpected == []
    return Counter(type(each).__name__ if isinstance(each, Exception) else "ok" for each in results)


def finish(tx: Tx, home: Home, job_id: uuid.UUID, *, slow: bool) -> None:
    """Complete it; `slow` gives the other side a head start of some reads."""
    for _ in range(8 * slow):
        overview(tx, home.operator, home.ref, home.slots)
    complete_by_hand(tx, home.vault, job_id, outcomes=home.outcomes)


@pytest.mark.req("OCN-71")
def test_calling_off_against_doing(home: Home) -> None:
    won: Counter[str] = Counter()
    for round_ in range(8):
        row = home.apply(1, "add", f"boat{round_}")
        job = job_of(home.portal, row)
        works = [
            lambda tx, row=row: cancel(tx, home.operator, home.principal, row.id),
            lambda tx, job=job, slow=round_ % 2: finish(tx, home, job.id, slow=bool(slow)),
        ]
        results = at_once(home.portal, *works)
        counted = said(results)
        assert counted["ok"] == 1
        assert set(counted) - {"ok"} <= {AlreadyProcessed.__name__, JobEnded.__name__}
        in_use = home.rows()[0].state == "used"
        won["done" if in_use else "called off"] += 1
        assert ("berth", 1, True) in home.held() if in_use else ("berth", 1, True) not in home.held()
        live = [name for name in all_of(home.portal, SlotName) if name.ended_at is None]
        assert len(live) == in_use
        if in_use:
            removal = job_of(home.portal, home.apply(1, "remove"))
            home.portal.run(lambda tx, job=removal: complete_by_hand(tx, home.vault, job.id, outcomes=home.outcomes))
    print(f"calling off against doing: {dict(won)}")


def test_calling_off_against_a_report_of_another_system_that_was_not_asked_yet(make_portal: MakePortal) -> None:
    home = move_in(deploy(make_portal, "webhook"))
    row = home.apply(1, "add", "taro")
    job = job_of(home.portal, row)
    called_off, reported = at_once(
        home.portal,
        lambda tx: cancel(tx, home.operator, home.principal, row.id),
        lambda tx: note_done(tx, home.vault, job.id, ProvisioningDone(), home.outcomes),
    )
    won = "done" if reported is True else "cancelled"
    assert isinstance(called_off, AlreadyProcessed) is (won == "done")
    assert (states(home.portal), len(all_of(home.portal, Slot))) == ([won], int(won == "done"))
    print(f"calling off against a report: {won}")


@pytest.mark.req("OCN-72", "OCN-170", "OCN-178")
@pytest.mark.parametrize("taking", [2, 8])
def test_for_the_last_place_one_of_many_gets_it(home: Home, taking: int) -> None:
    home.have("one", "two")
    wishes = [home.wish(3, "add", f"boat{each}") for each in range(taking)]
    results = at_once(home.portal, *(lambda tx, wish=wish: home.post(tx, wish) for wish in wishes))
    counted = said(results)
    assert counted == Counter(ok=1, LimitReached=taking - 1)
    print(f"{taking} additions for the last place: {dict(counted)}")
    wish = wishes[0]
    with pytest.raises(LimitReached):
        home.portal.run(lambda tx: home.post(tx, wish))
    assert len(all_of(home.portal, SlotName)) == 3


def test_of_two_about_one_free_place_one_is_taken(home: Home) -> None:
    wishes = [home.wish(1, "add", local) for local in ("taro", "jiro")]
    counted = said(at_once(home.portal, *(lambda tx, wish=wish: home.post(tx, wish) for wish in wishes)))
    assert counted == Counter({"ok": 1, NotFree.__name__: 1})


@pytest.mark.req("OCN-106")
@pytest.mark.parametrize("customers", [2, 6])
def test_one_name_is_one_customers(home: Home, customers: int) -> None:
    homes = [home, *(move_in(home.portal, f"200000{n}", f"n{n}@example.jp") for n in range(1, customers))]
    wishes = [each.wish(1, "add", "taro") for each in homes]
    works = [lambda tx, each=each, wish=wish: each.post(tx, wish) for each, wish in zip(homes, wishes, strict=True)]
    counted = said(at_once(home.portal, *works))
    assert counted == Counter({"ok": 1, NameTaken.__name__: customers - 1})
    print(f"one name, {customers} customers: {dict(counted)}")
    assert (len(all_of(home.portal, SlotName)), len(all_of(home.portal, ProvisioningJob))) == (1, 1)
    assert sorted(each.seen()[0][0] for each in homes) == ["free"] * (customers - 1) + ["pending"]


@pytest.mark.parametrize("posts", [2, 64])
def test_identical_posts_have_one_effect(home: Home, posts: int) -> None:
    wish, operation = home.wish(1, "add", "taro"), uuid.uuid4()
    ids = set[uuid.UUID]()
    left = posts
    while left:
        some = min(left, 8)
        results = at_once(home.portal, *([lambda tx: home.post(tx, wish, operation)] * some))
        assert said(results) == Counter(ok=some)
        ids |= {row.id for row in results}
        left -= some
    print(f"{posts} identical posts: {len(ids)} application")
    assert (len(ids), states(home.portal), len(all_of(home.portal, ProvisioningJob))) == (1, ["pending"], 1)


@pytest.mark.req("OCN-150")
def test_the_contracts_end_against_doing_and_calling_off(home: Home) -> None:
    home.have("one")
    rows = [home.apply(1, "change", "uno"), home.apply(2, "add", "two")]
    jobs = [job_of(home.portal, row) for row in rows]

    def end(tx: Tx) -> int:
        lock_contract(tx, home.ref)
        set_last_day(tx, home.ref, tx.today() + timedelta(days=9))
        return close_pending(tx, home.operator, home.ref, cause="termination")

    results = at_once(
        home.portal,
        end,
        *(lambda tx, job=job: complete_by_hand(tx, home.vault, job.id, outcomes=home.outcomes) for job in jobs),
        lambda tx: cancel(tx, home.operator, home.principal, rows[1].id),
    )
    said(results)
    ended = states(home.portal)
    print(f"the end of a contract against doing and calling off: {ended}")
    assert "pending" not in ended
    assert len(ended) == 2
    live = {row.address for row in home.rows() if row.address}
    wanted = {"done": f"uno@{EAST}"}.get(by_number(home, 1), f"one@{EAST}")
    assert live == {wanted} | ({f"two@{EAST}"} if by_number(home, 2) == "done" else set())


@pytest.mark.req("OCN-150", "OCN-171")
def test_staff_end_the_contract_while_an_application_is_done(home: Home) -> None:
    ended = Counter[str]()
    for round_ in range(4):
        there = move_in(home.portal, f"300000{round_}", f"m{round_}@example.jp")
        row = there.apply(1, "add", f"boat{round_}")
        job = job_of(home.portal, row)
        results = at_once(
            home.portal,
            lambda tx, job=job, slow=round_ % 2: finish(tx, home, job.id, slow=bool(slow)),
            lambda tx, there=there: end_contract(tx, there.operator, there.ref, tx.today()),
        )
        said(results)
        (app,) = [each for each in all_of(home.portal, SlotApplication) if each.id == row.id]
        ended[app.state] += 1
        assert [running for _, _, running in there.held() if running] == []
        assert [row.address for row in there.rows() if row.address] == []
    print(f"the end of contracts by staff against doing: {dict(ended)}")
    assert set(ended) <= {"done", "closed"}


def by_number(home: Home, number: int) -> str:
    (row,) = [each for each in all_of(home.portal, SlotApplication) if each.slot_number == number]
    return row.state
