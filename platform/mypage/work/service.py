"""Work that waits for a person: how it comes, what people do with it, and how it ends.

The subject's own area calls `open_work` and `close_work` in the unit that changes the subject. Staff act by the other
functions. Each of those is given the `version` that was shown, locks the row, and leaves a note and a line in the
trail: of two people on one item exactly one wins, and the other is told by `Moved` who that was.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Literal

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert

from mypage.audit.trail import record
from mypage.db.session import Tx
from mypage.hooks.desk import NEW_YEAR, DeskPolicy
from mypage.lib.errors import NotFound
from mypage.work.due import ClosedDays, business_day, days_left
from mypage.work.errors import Moved, WrongState
from mypage.work.models import OPEN_STATES, WorkItem, WorkNote

LONGEST_NOTE = 2000
ClosedState = Literal["done", "rejected", "withdrawn"]
_CLOSED: Mapping[ClosedState, str] = {
    "done": "work.done",
    "rejected": "work.rejected",
    "withdrawn": "work.withdrawn",
}


def short_reference(letter: str, day: date, subject_id: uuid.UUID) -> str:
    """A number to read out for what has none of its own, such as C-261121-9F3A2B."""
    return f"{letter}-{day:%y%m%d}-{subject_id.hex[:6].upper()}"


def open_work(
    tx: Tx,
    *,
    kind: str,
    subject_id: uuid.UUID,
    customer_id: uuid.UUID,
    reference: str,
    title: str = "",
    days: int,
    closed: ClosedDays = NEW_YEAR,
) -> WorkItem:
    """Have something wait for staff, due that many business days from today; flush the customer's row before.

    Again for the same subject: an open item stays as it is, one that was closed is open again, as if it had just come.
    """
    due = business_day(tx.today(), days, closed)
    made = tx.execute(
        insert(WorkItem)
        .values(
            tenant_id=tx.tenant,
            id=uuid.uuid4(),
            kind=kind,
            subject_id=subject_id,
            customer_id=customer_id,
            reference=reference,
            title=title,
            due_on=due,
            created_at=tx.now(),
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "kind", "subject_id"])
        .returning(WorkItem.id)
    ).scalar_one_or_none()
    item = _of_subject(tx, kind, subject_id)
    assert item is not None
    if made is not None:
        record(tx, "work.opened", "work_item", item.id, customer_id=customer_id, after=_shown(item))
    elif item.closed_at is not None:
        _open_again(tx, item, reference, title, due)
    return item


def close_work(
    tx: Tx, kind: str, subject_id: uuid.UUID, *, state: ClosedState, by: str, outcome: str = "", body: str = ""
) -> bool:
    """The item's subject is settled, by a staff member's id or what else settled it. `outcome` is a reason's code.

    Harmless when there is none, or when it is closed; then False.
    """
    item = _of_subject(tx, kind, subject_id)
    if item is None or item.closed_at is not None:
        return False
    item.state, item.closed_at, item.closed_by, item.outcome = state, tx.now(), by[:100], outcome
    item.days_left = None
    _moved(tx, item, "withdrawn" if state == "withdrawn" else "decided", by, body)
    _trail(tx, _CLOSED[state], item, why=body.strip()[:LONGEST_NOTE])
    return True


def open_kind(
    tx: Tx,
    desk: DeskPolicy,
    *,
    kind: str,
    subject_id: uuid.UUID,
    customer_id: uuid.UUID,
    reference: str,
    title: str = "",
) -> WorkItem:
    """As `open_work`, due when the operator's rule for the kind says."""
    return open_work(
        tx,
        kind=kind,
        subject_id=subject_id,
        customer_id=customer_id,
        reference=reference,
        title=title,
        days=desk.rule(kind).days,
        closed=desk.closed,
    )


def take(tx: Tx, item_id: uuid.UUID, *, version: int, by: uuid.UUID) -> WorkItem:
    """Take an item that nobody has. Taken already by the same person it stays so. Raises NotFound or Moved."""
    item = locked_item(tx, item_id)
    if item.state == "taken" and item.assignee_id == by:
        return item
    _check(tx, item, version)
    if item.assignee_id is not None:
        raise moved(tx, item)
    item.state, item.assignee_id, item.taken_at = "taken", by, tx.now()
    _moved(tx, item, "taken", str(by))
    _trail(tx, "work.taken", item)
    return item


def release(tx: Tx, item_id: uuid.UUID, *, version: int, by: uuid.UUID, body: str = "") -> WorkItem:
    """Give an item back, so that anybody may take it. Raises NotFound, Moved, or WrongState for one that nobody has."""
    item = _held(tx, item_id, version)
    if item.state != "taken":
        raise WrongState(item.state)
    item.state, item.assignee_id, item.taken_at = "open", None, None
    _moved(tx, item, "released", str(by), body)
    _trail(tx, "work.released", item, why=body)
    return item


def hand_over(tx: Tx, item_id: uuid.UUID, *, version: int, by: uuid.UUID, to: uuid.UUID, body: str = "") -> WorkItem:
    """Give an item to somebody, or take it over from who has it (`to` is oneself). The caller checks who may have it.

    The note's text begins with the id of who has it now. Raises NotFound or Moved.
    """
    item = _held(tx, item_id, version)
    before = item.assignee_id
    item.assignee_id, item.taken_at = to, tx.now()
    if item.state == "open":
        item.state = "taken"
    _moved(tx, item, "handed", str(by), f"{to}\n{body}")
    record(
        tx,
        "work.handed_over",
        "work_item",
        item.id,
        customer_id=item.customer_id,
        before={"assignee": before},
        after=_shown(item) | {"assignee": to, "reason": body},
    )
    return item


def ask_back(
    tx: Tx,
    item_id: uuid.UUID,
    *,
    version: int,
    by: uuid.UUID,
    question: str,
    answer_days: int,
    closed: ClosedDays = NEW_YEAR,
) -> WorkItem:
    """The customer is asked something: who asks has the item, and its time stands still until the answer.

    Meanwhile it is due when the answer should be there. Telling the customer is the caller's. Raises NotFound, Moved,
    or WrongState for one that waits for an answer already.
    """
    item = _held(tx, item_id, version)
    if item.state == "asked":
        raise WrongState(item.state)
    _must_be_free_for(tx, item, by)
    item.days_left = max(0, days_left(tx.today(), item.due_on, closed))
    item.state, item.assignee_id, item.taken_at = "asked", by, item.taken_at or tx.now()
    item.due_on = business_day(tx.today(), answer_days, closed)
    _moved(tx, item, "asked", str(by), question)
    _trail(tx, "work.asked", item)
    return item


def resume(
    tx: Tx, item_id: uuid.UUID, *, version: int, by: str, answer: str, closed: ClosedDays = NEW_YEAR
) -> WorkItem:
    """The answer is there: the item goes on with the days that it had left. Raises NotFound, Moved or WrongState."""
    item = _held(tx, item_id, version)
    if item.state != "asked":
        raise WrongState(item.state)
    item.state = "taken" if item.assignee_id else "open"
    item.due_on, item.days_left = business_day(tx.today(), item.days_left or 0, closed), None
    _moved(tx, item, "answered", by, answer)
    _trail(tx, "work.answered", item)
    return item


def note(tx: Tx, item_id: uuid.UUID, *, by: str, body: str) -> None:
    """Write something about an item, open or closed. It changes nothing, so no version is asked. Raises NotFound.

    The same again by the same person, with nothing in between, is a second press of one button.
    """
    item = locked_item(tx, item_id)
    if _last_note(tx, item) == ("note", by[:100], body.strip()[:LONGEST_NOTE]):
        return
    _write(tx, item, "note", by, body)
    _trail(tx, "work.noted", item)


def decide(
    tx: Tx,
    item_id: uuid.UUID,
    *,
    version: int,
    by: uuid.UUID,
    state: ClosedState,
    outcome: str = "",
    body: str = "",
) -> WorkItem:
    """Close an item whose subject needs nothing else. Raises NotFound or Moved.

    Where the subject changes too, use `may_decide`, the subject's own function, and `decided`.
    """
    item = _held(tx, item_id, version)
    _must_be_free_for(tx, item, by)
    close_work(tx, item.kind, item.subject_id, state=state, by=str(by), outcome=outcome, body=body)
    return item


def may_decide(tx: Tx, item_id: uuid.UUID, *, version: int, by: uuid.UUID) -> WorkItem:
    """The item, if this person may decide it as it stands. Raises NotFound or Moved.

    It is not locked yet: its subject is locked first, as everywhere else, and `decided` looks again.
    """
    item = tx.execute(_one(tx, item_id)).scalar_one_or_none()
    if item is None:
        raise NotFound
    _check(tx, item, version)
    _must_be_free_for(tx, item, by)
    return item


def decided(tx: Tx, item_id: uuid.UUID, *, version: int, by: uuid.UUID) -> WorkItem:
    """After the subject's own function has closed the item: make sure that nobody else acted in between.

    Raises Moved, upon which the unit must not be committed.
    """
    item = locked_item(tx, item_id)
    if item.version != version + 1 or item.closed_by != str(by):
        raise moved(tx, item, but=str(by))
    return item


def locked_item(tx: Tx, item_id: uuid.UUID) -> WorkItem:
    """The item, locked until the unit ends. Raises NotFound, also for one of another tenant."""
    item = tx.execute(_one(tx, item_id).with_for_update()).scalar_one_or_none()
    if item is None:
        raise NotFound
    return item


def moved(tx: Tx, item: WorkItem, *, but: str = "") -> Moved:
    """What to raise because somebody else acted on the item; `but` is whose own acts do not count."""
    last = tx.execute(
        select(WorkNote.kind, WorkNote.author, WorkNote.at)
        .where(
            WorkNote.tenant_id == tx.tenant,
            WorkNote.item_id == item.id,
            WorkNote.kind != "note",
            WorkNote.author != but,
        )
        .order_by(WorkNote.at.desc(), WorkNote.id)
        .limit(1)
    ).one_or_none()
    holder = str(item.assignee_id) if item.assignee_id and item.state in OPEN_STATES else None
    if last is None:
        return Moved(state=item.state, act="opened", by="", at=item.created_at, holder=holder)
    return Moved(state=item.state, act=last.kind, by=last.author, at=last.at, holder=holder)


def _held(tx: Tx, item_id: uuid.UUID, version: int) -> WorkItem:
    item = locked_item(tx, item_id)
    _check(tx, item, version)
    return item


def _check(tx: Tx, item: WorkItem, version: int) -> None:
    if item.version != version or item.closed_at is not None:
        raise moved(tx, item)


def _must_be_free_for(tx: Tx, item: WorkItem, by: uuid.UUID) -> None:
    if item.assignee_id not in (None, by):
        raise moved(tx, item)


def _one(tx: Tx, item_id: uuid.UUID) -> Select[WorkItem]:
    return (
        select(WorkItem)
        .where(WorkItem.tenant_id == tx.tenant, WorkItem.id == item_id)
        .execution_options(populate_existing=True)
    )


def _of_subject(tx: Tx, kind: str, subject_id: uuid.UUID) -> WorkItem | None:
    return tx.execute(
        select(WorkItem)
        .where(WorkItem.tenant_id == tx.tenant, WorkItem.kind == kind, WorkItem.subject_id == subject_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _open_again(tx: Tx, item: WorkItem, reference: str, title: str, due: date) -> None:
    item.state, item.assignee_id, item.taken_at = "open", None, None
    item.closed_at, item.closed_by, item.outcome = None, "", ""
    item.reference, item.title, item.due_on, item.created_at = reference, title, due, tx.now()
    _moved(tx, item, "opened", tx.actor.ref or tx.actor.kind)
    _trail(tx, "work.opened", item)


def _moved(tx: Tx, item: WorkItem, act: str, by: str, body: str = "") -> None:
    item.version += 1
    tx.flush()
    _write(tx, item, act, by, body)


def _last_note(tx: Tx, item: WorkItem) -> tuple[str, str, str] | None:
    row = tx.execute(
        select(WorkNote.kind, WorkNote.author, WorkNote.body)
        .where(WorkNote.tenant_id == tx.tenant, WorkNote.item_id == item.id)
        .order_by(WorkNote.at.desc())
        .limit(1)
    ).one_or_none()
    return (row.kind, row.author, row.body) if row is not None else None


def _write(tx: Tx, item: WorkItem, kind: str, by: str, body: str) -> None:
    tx.add(
        WorkNote(
            tenant_id=tx.tenant,
            id=uuid.uuid4(),
            item_id=item.id,
            at=tx.now(),
            author=by[:100],
            kind=kind,
            body=body.strip()[:LONGEST_NOTE],
        )
    )
    tx.flush()


def _trail(tx: Tx, action: str, item: WorkItem, *, why: str = "") -> None:
    after = _shown(item) | ({"reason": why} if why else {})
    record(tx, action, "work_item", item.id, customer_id=item.customer_id, after=after)


def _shown(item: WorkItem) -> dict[str, object]:
    shown: dict[str, object] = {
        "kind": item.kind,
        "reference": item.reference,
        "state": item.state,
        "due_on": item.due_on.isoformat(),
    }
    if item.outcome:
        shown["outcome"] = item.outcome
    return shown
