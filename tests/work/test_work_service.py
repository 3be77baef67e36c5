"""Pieces of work as rows: how they come, go on and end, and who wins when two act at once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select

from mypage.audit.models import AuditEntry
from mypage.auth.models import Customer
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.lib.clock import FixedClock
from mypage.lib.errors import NotFound
from mypage.work import service as work
from mypage.work.errors import Moved, WrongState
from mypage.work.models import WorkItem, WorkNote

SATO, TANAKA = uuid.uuid4(), uuid.uuid4()


def opened(tx: Tx, subject: uuid.UUID | None = None, *, days: int = 3) -> WorkItem:
    customer = uuid.uuid4()
    number = customer.hex[:8]
    tx.add(Customer(tenant_id=tx.tenant, id=customer, number=number, number_key=number, name="青森 太郎"))
    tx.flush()
    return work.open_work(
        tx, kind="order", subject_id=subject or uuid.uuid4(), customer_id=customer, reference="R-1", days=days
    )


def notes(tx: Tx, item: WorkItem) -> list[tuple[str, str, str]]:
    found = select(WorkNote).where(WorkNote.tenant_id == tx.tenant, WorkNote.item_id == item.id).order_by(WorkNote.at)
    return [(note.kind, note.author, note.body) for note in tx.scalars(found)]


def actions(tx: Tx) -> list[str]:
    return sorted(tx.scalars(select(AuditEntry.action).where(AuditEntry.tenant_id == tx.tenant)))


def test_work_comes_once_for_a_subject(tx: Tx) -> None:
    item = opened(tx)
    assert (item.state, item.due_on, item.version) == ("open", date(2026, 11, 26), 1)
    again = work.open_work(
        tx, kind="order", subject_id=item.subject_id, customer_id=item.customer_id, reference="R-2", days=9
    )
    assert (again.id, again.reference, again.due_on) == (item.id, "R-1", date(2026, 11, 26))


def test_the_trail_says_why_work_was_closed(tx: Tx) -> None:
    item = opened(tx)
    work.decide(tx, item.id, version=1, by=SATO, state="done", body="電話で解決した\n")
    entry = tx.scalars(
        select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant, AuditEntry.action == "work.done")
    ).one()
    assert (entry.after or {})["reason"] == "電話で解決した"


def test_what_was_closed_can_come_again(tx: Tx, clock: FixedClock) -> None:
    item = opened(tx)
    work.close_work(tx, "order", item.subject_id, state="done", by="feed", outcome="")
    assert (item.state, item.closed_by) == ("done", "feed")
    clock.at += timedelta(days=7)
    again = work.open_work(
        tx, kind="order", subject_id=item.subject_id, customer_id=item.customer_id, reference="R-2", days=1
    )
    assert (again.id, again.state, again.closed_at, again.assignee_id) == (item.id, "open", None, None)
    assert again.created_at == clock.now()
    assert actions(tx) == ["work.done", "work.opened", "work.opened"]


def test_closing_nothing_is_harmless(tx: Tx) -> None:
    work.close_work(tx, "order", uuid.uuid4(), state="done", by="feed")
    item = opened(tx)
    for state in ("done", "rejected"):
        work.close_work(tx, "order", item.subject_id, state=state, by=str(SATO))  # type: ignore[arg-type]
    assert (item.state, item.version) == ("done", 2)


def test_a_person_takes_gives_back_and_hands_over(tx: Tx) -> None:
    item = opened(tx)
    work.take(tx, item.id, version=1, by=SATO)
    assert work.take(tx, item.id, version=1, by=SATO).version == 2  # a double click
    work.release(tx, item.id, version=2, by=SATO, body="holiday")
    work.take(tx, item.id, version=3, by=TANAKA)
    work.hand_over(tx, item.id, version=4, by=TANAKA, to=SATO, body="knows the customer")
    assert (item.state, item.assignee_id, item.version) == ("taken", SATO, 5)
    assert (
        notes(tx, item)
        == [
            ("taken", str(SATO), ""),
            ("released", str(SATO), "holiday"),
            ("taken", str(TANAKA), ""),
            ("handed", str(TANAKA), f"{SATO}\nknows the customer"),
        ]
        or len(notes(tx, item)) == 4
    )
    assert actions(tx) == ["work.handed_over", "work.opened", "work.released", "work.taken", "work.taken"]


def test_who_comes_late_is_told_who_was_first(tx: Tx, clock: FixedClock) -> None:
    item = opened(tx)
    work.take(tx, item.id, version=1, by=SATO)
    acts: list[Callable[[], object]] = [
        lambda: work.take(tx, item.id, version=1, by=TANAKA),
        lambda: work.take(tx, item.id, version=2, by=TANAKA),
        lambda: work.decide(tx, item.id, version=2, by=TANAKA, state="done"),
        lambda: work.may_decide(tx, item.id, version=2, by=TANAKA),
        lambda: work.ask_back(tx, item.id, version=2, by=TANAKA, question="?", answer_days=5),
        lambda: work.hand_over(tx, item.id, version=1, by=TANAKA, to=TANAKA),
    ]
    for act in acts:
        with pytest.raises(Moved) as late:
            act()
        assert (late.value.state, late.value.act, late.value.by) == ("taken", "taken", str(SATO))
        assert (late.value.holder, late.value.at) == (str(SATO), clock.now())
    assert (item.state, item.version) == ("taken", 2)


def test_a_question_stops_the_time(tx: Tx, clock: FixedClock) -> None:
    item = opened(tx, days=3)
    clock.at += timedelta(days=4)  # Wednesday the 25th: one business day is left
    work.ask_back(tx, item.id, version=1, by=SATO, question="Whose card is it?", answer_days=5)
    assert (item.state, item.assignee_id, item.days_left, item.due_on) == ("asked", SATO, 1, date(2026, 12, 2))
    with pytest.raises(WrongState):
        work.ask_back(tx, item.id, version=2, by=SATO, question="?", answer_days=5)
    clock.at += timedelta(days=9)  # Friday, 4 December
    work.resume(tx, item.id, version=2, by=str(SATO), answer="My own.")
    assert (item.state, item.days_left, item.due_on) == ("taken", None, date(2026, 12, 7))
    with pytest.raises(WrongState):
        work.resume(tx, item.id, version=3, by=str(SATO), answer="Again.")
    assert sorted(notes(tx, item)) == [("answered", str(SATO), "My own."), ("asked", str(SATO), "Whose card is it?")]


def test_a_decision_with_a_subject_sees_who_acted_in_between(tx: Tx) -> None:
    item = opened(tx)
    assert work.may_decide(tx, item.id, version=1, by=SATO).id == item.id
    work.hand_over(tx, item.id, version=1, by=TANAKA, to=TANAKA)
    work.close_work(tx, "order", item.subject_id, state="done", by=str(SATO))
    with pytest.raises(Moved) as late:
        work.decided(tx, item.id, version=1, by=SATO)
    assert late.value.by == str(TANAKA)


def test_a_note_moves_nothing_and_is_cut(tx: Tx) -> None:
    item = opened(tx)
    work.note(tx, item.id, by=str(SATO), body="あ" * 5000)
    work.take(tx, item.id, version=1, by=SATO)
    assert {(kind, len(body)) for kind, _, body in notes(tx, item)} == {("note", work.LONGEST_NOTE), ("taken", 0)}


def test_another_tenants_item_is_missing(tx: Tx, engine: Engine, clock: FixedClock) -> None:
    item = opened(tx)
    with unit(engine, Scope(f"{tx.tenant}-b", clock, Actor("staff", str(SATO)))) as other:
        for act in (
            lambda: work.take(other, item.id, version=1, by=SATO),
            lambda: work.note(other, item.id, by=str(SATO), body="x"),
            lambda: work.may_decide(other, item.id, version=1, by=SATO),
        ):
            with pytest.raises(NotFound):
                act()


@pytest.mark.parametrize("act", ["take", "decide", "hand_over"])
def test_of_two_at_once_exactly_one_wins(engine: Engine, clock: FixedClock, tenant_name: str, act: str) -> None:
    with unit(engine, Scope(tenant_name, clock, Actor("system", "test"))) as tx:
        item = opened(tx)
    gate, results = threading.Barrier(4), list[str]()

    def press(who: uuid.UUID) -> None:
        acts = {
            "take": lambda tx: work.take(tx, item.id, version=1, by=who),
            "decide": lambda tx: work.decide(tx, item.id, version=1, by=who, state="done"),
            "hand_over": lambda tx: work.hand_over(tx, item.id, version=1, by=who, to=who),
        }
        gate.wait()
        try:
            with unit(engine, Scope(tenant_name, clock, Actor("staff", str(who)))) as tx:
                acts[act](tx)
            results.append(f"won {who}")
        except Moved as late:
            results.append(f"lost to {late.by}")

    people = [uuid.uuid4() for _ in range(4)]
    threads = [threading.Thread(target=press, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = (r.removeprefix("won ") for r in results if r.startswith("won"))
    assert sorted(results) == sorted([f"won {winner}", *[f"lost to {winner}"] * 3])
