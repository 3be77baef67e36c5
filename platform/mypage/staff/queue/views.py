"""The list and the item as pages show them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.choices import ChoiceField
from mypage.forms.fields import PortalForm, TextAreaField, TextField
from mypage.lib.clock import TOKYO
from mypage.lib.errors import NotFound
from mypage.orders.outcomes import OutcomeHandlers
from mypage.staff.customers.service import find_customer
from mypage.staff.names import active_members, names_of
from mypage.staff.permissions import EXPORT, QUEUE_WORK
from mypage.staff.queue.kinds import KINDS, kind_of
from mypage.staff.queue.listing import (
    CLOSED,
    DUES,
    NOBODY,
    SORTS,
    STATES,
    Counts,
    Row,
    Wanted,
    count_open,
    list_work,
)
from mypage.staff.queue.means import Means
from mypage.staff.queue.pages import (
    ActButton,
    Due,
    ItemPage,
    NoteRow,
    QueueFilters,
    QueuePage,
    Stat,
    WorkRow,
)
from mypage.staff.queue.saying import note_text
from mypage.web.request import PortalRequest
from mypage.work.due import days_left
from mypage.work.models import OPEN_STATES, WorkItem, WorkNote
from mypage.work.service import LONGEST_NOTE

MOST_REFRESHES = 20
"""How often a list asks for itself: a console that nobody looks at must not keep its session alive."""
STATE_WORDS = {
    "open": "New work",
    "taken": "In work",
    "asked": "Waits for an answer",
    "done": "Done",
    "rejected": "Turned down",
    "withdrawn": "Settled otherwise",
    CLOSED: "All that is closed",
}
SORT_WORDS = {"due": "What is due first", "newest": "The newest first"}


def means_of(rq: PortalRequest) -> Means:
    """Of whose work it is about, and who works."""
    operator, vault = rq.desk.operator, rq.ports.get(Vault)
    return Means(
        operator=operator,
        vault=vault,
        outcomes=rq.ports.get(OutcomeHandlers).of(operator, vault),
        t=rq.t,
        words=operator.catalogues[rq.locale],
        by=rq.principal.account_id,
    )


def wanted_of(query: Mapping[str, str], kinds: tuple[str, ...] = ()) -> Wanted:
    """What an address asks for; what it cannot mean counts as not said. `kinds` are those of a fixed list."""
    kind, state, who = query.get("kind", ""), query.get("state", ""), query.get("who", "")
    due, sort = query.get("due", ""), query.get("sort", "")
    return Wanted(
        text=query.get("q", "").strip()[:100],
        kinds=kinds or ((kind,) if kind in KINDS else ()),
        state=state if state in STATES else "",
        who=who if who == NOBODY or _is_uuid(who) else "",
        due=due if due in DUES else "",
        sort=sort if sort in SORTS else SORTS[0],
        after=query.get("after", ""),
    )


def queue_page(
    rq: PortalRequest,
    tx: Tx,
    *,
    title: str,
    kinds: tuple[str, ...] = (),
    titles: tuple[str, ...] = (),
    section: str = "",
) -> QueuePage:
    """A list of work, and how much there is. `titles` are the stored ones that `section` in the address stands for."""
    wanted = replace(wanted_of(rq.query, kinds), titles=titles)
    found, counts = list_work(tx, wanted), count_open(tx, kinds)
    query = _query(wanted, fixed=bool(kinds)) | {"section": section or None}
    refreshed = _number(rq.query.get("refreshed", ""))
    name = rq.route_name
    here = rq.href(name, **query, after=wanted.after or None)
    return QueuePage(
        title=rq.t(title),
        stats=_stats(rq, counts, wanted),
        filters=_filters(rq, tx, wanted, fixed=bool(kinds)),
        rows=work_rows(rq, tx, found.rows),
        here_url=here,
        list_url=rq.href(name),
        next_url=rq.href(name, **query, after=found.after) if found.after else "",
        first_url=rq.href(name, **query) if wanted.after else "",
        export_url=rq.href("queue-export", **_query(wanted), only=_only(rq)) if rq.principal.may(EXPORT) else "",
        refresh_url=rq.href(name, **query, after=wanted.after or None, refreshed=refreshed + 1)
        if refreshed < MOST_REFRESHES
        else "",
        closed=not wanted.open,
    )


def work_rows(rq: PortalRequest, tx: Tx, rows: Iterable[Row]) -> tuple[WorkRow, ...]:
    """Lines of a list, with names."""
    rows = tuple(rows)
    names = names_of(tx, {row.assignee_id for row in rows if row.assignee_id is not None})
    means = means_of(rq)
    return tuple(_row(rq, tx, row, means, names) for row in rows)


def find_item(tx: Tx, item_id: uuid.UUID) -> WorkItem:
    """An item of this tenant, as it stands. Raises NotFound."""
    item = tx.execute(
        select(WorkItem)
        .where(WorkItem.tenant_id == tx.tenant, WorkItem.id == item_id)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if item is None:
        raise NotFound
    return item


def item_page(
    rq: PortalRequest, tx: Tx, item_id: uuid.UUID, *, trouble: str = "", forms: Mapping[str, PortalForm] | None = None
) -> ItemPage:
    """One item. `trouble` says what somebody else did; `forms` are those that were posted and refused, by name."""
    item, forms, means = find_item(tx, item_id), forms or {}, means_of(rq)
    customer, kind, me = find_customer(tx, item.customer_id), kind_of(item.kind), rq.principal.account_id
    subject, works, is_open = kind.subject(tx, item, means), rq.principal.may(QUEUE_WORK), item.state in OPEN_STATES
    notes = _notes(tx, item.id)
    names = names_of(tx, _people(item, notes))
    mine = works and is_open and item.assignee_id in (None, me)
    row = _row(rq, tx, _as_row(item, customer.number, customer.name), means, names)
    said = [note_text(rq, note, item, names) for note in notes]
    return ItemPage(
        row=row,
        subject_links=tuple((link.label, rq.href(link.route, **link.params), link.file) for link in subject.links),
        what=subject.what,
        lines=subject.lines,
        hint=subject.hint if is_open else "",
        customer_url=rq.href("customer", customer_id=item.customer_id),
        page_label=rq.t(subject.page[0]) if subject.page else "",
        page_url=rq.href(subject.page[1], customer_id=item.customer_id)
        if subject.page and rq.principal.may(subject.page[2])
        else "",
        notes=tuple(NoteRow(at=n.at, text=text, body=body) for n, (text, body) in zip(notes, said, strict=True)),
        acts=tuple(
            ActButton(
                label=rq.t(act.label), url=rq.href("queue-decide", item_id=item.id, act=act.name), danger=act.danger
            )
            for act in subject.acts
        )
        if mine
        else (),
        ask_url=rq.href("queue-ask", item_id=item.id) if mine and item.state != "asked" else "",
        release_url=rq.href("queue-release", item_id=item.id) if works and item.state == "taken" and mine else "",
        hand_url=rq.href("queue-hand", item_id=item.id),
        hand_form=forms.get("hand") or hand_form(rq, tx, item) if works and is_open else None,
        resume_url=rq.href("queue-resume", item_id=item.id),
        resume_form=forms.get("resume") or answer_form(rq) if works and item.state == "asked" else None,
        note_url=rq.href("queue-note", item_id=item.id),
        note_form=forms.get("note") or note_form(rq) if works else None,
        back_url=rq.href("queue"),
        trouble=trouble,
        outcome=_outcome(means, item),
        errors=tuple(error for form in forms.values() for error in form.errors_for_summary()),
    )


def hand_form(rq: PortalRequest, tx: Tx, item: WorkItem, *, posted: bool = False) -> PortalForm:
    """To whom, and why."""
    others = tuple((str(m.id), m.name) for m in active_members(tx) if m.id != item.assignee_id and m.role != "reader")
    fields: dict[str, Any] = {
        "to": ChoiceField("To whom", options=(("", rq.t("Please choose")), *others)),
        "why": TextField("Why", required=False, size="", max_length=200),
    }
    return PortalForm(fields, rq.form if posted else None, t=rq.t)


def answer_form(rq: PortalRequest, *, posted: bool = False) -> PortalForm:
    """What the customer answered."""
    field = TextAreaField("What the customer answered", max_length=LONGEST_NOTE, render_kw={"rows": "4"})
    return PortalForm({"answer": field}, rq.form if posted else None, t=rq.t)


def note_form(rq: PortalRequest, *, posted: bool = False) -> PortalForm:
    """A note for staff."""
    field = TextAreaField("Note for staff", max_length=LONGEST_NOTE, render_kw={"rows": "3"})
    return PortalForm({"body": field}, rq.form if posted else None, t=rq.t)


def _row(rq: PortalRequest, tx: Tx, row: Row, means: Means, names: Mapping[uuid.UUID, str]) -> WorkRow:
    kind = KINDS.get(row.kind)
    due = Due(day=row.due_on, left=days_left(tx.today(), row.due_on, means.operator.desk.closed))
    free = row.state == "open" and row.assignee_id is None and rq.principal.may(QUEUE_WORK)
    return WorkRow(
        id=row.id,
        url=rq.href("queue-item", item_id=row.id),
        reference=row.reference,
        kind=rq.t(kind.label) if kind else row.kind,
        title=kind.title(row.title, means) if kind else row.title,
        customer=row.customer_name,
        customer_number=row.customer_number,
        came=_short(tx, row.created_at),
        created_at=row.created_at,
        closed_at=row.closed_at,
        due=due if row.closed_at is None else None,
        state=row.state,
        assignee=names.get(row.assignee_id, "–") if row.assignee_id else "",
        version=row.version,
        take_url=rq.href("queue-take", item_id=row.id) if free else "",
    )


def _short(tx: Tx, at: datetime) -> str:
    local = at.astimezone(TOKYO)
    return f"{local:%m/%d %H:%M}" if local.year == tx.today().year else f"{local:%Y/%m/%d}"


def _as_row(item: WorkItem, number: str, name: str) -> Row:
    return Row(
        id=item.id,
        kind=item.kind,
        subject_id=item.subject_id,
        reference=item.reference,
        title=item.title,
        customer_id=item.customer_id,
        customer_number=number,
        customer_name=name,
        state=item.state,
        assignee_id=item.assignee_id,
        due_on=item.due_on,
        version=item.version,
        created_at=item.created_at,
        closed_at=item.closed_at,
        outcome=item.outcome,
    )


def _notes(tx: Tx, item_id: uuid.UUID) -> list[WorkNote]:
    found = select(WorkNote).where(WorkNote.tenant_id == tx.tenant, WorkNote.item_id == item_id)
    return list(tx.scalars(found.order_by(WorkNote.at, WorkNote.id)))


def _people(item: WorkItem, notes: Iterable[WorkNote]) -> set[uuid.UUID]:
    named = [n.author for n in notes] + [n.body.partition("\n")[0] for n in notes if n.kind == "handed"]
    found = {uuid.UUID(each) for each in named if _is_uuid(each)}
    return found | ({item.assignee_id} if item.assignee_id else set())


def _outcome(means: Means, item: WorkItem) -> str:
    reasons = means.operator.desk.rule(item.kind).reasons
    return next((means.words(reason.label) for reason in reasons if reason.code == item.outcome), "")


def _stats(rq: PortalRequest, counts: Counts, wanted: Wanted) -> tuple[Stat, ...]:
    plain = not (wanted.text or wanted.state or wanted.who or wanted.due)
    shown = replace(wanted, kinds=()) if wanted.kinds else wanted

    def stat(label: str, count: int, *, current: bool, **query: str) -> Stat:
        return Stat(label=rq.t(label), count=count, url=rq.href(rq.route_name, **query), current=current)

    alone = not (shown.text or shown.state)
    return (
        stat("Overdue", counts.overdue, due="overdue", current=alone and wanted.due == "overdue"),
        stat("Due today", counts.today, due="today", current=alone and wanted.due == "today"),
        stat("Taken by nobody", counts.unassigned, who=NOBODY, current=alone and wanted.who == NOBODY),
        stat("All open work", counts.all, current=plain),
    )


def _filters(rq: PortalRequest, tx: Tx, wanted: Wanted, *, fixed: bool) -> QueueFilters:
    t = rq.t
    members = tuple((str(m.id), m.name) for m in active_members(tx))
    return QueueFilters(
        text=wanted.text,
        kind=wanted.kinds[0] if wanted.kinds and not fixed else "",
        state=wanted.state,
        who=wanted.who,
        sort=wanted.sort,
        kinds=(("", t("All")), *((name, t(kind.label)) for name, kind in KINDS.items())),
        states=(("", t("All that is open")), *((name, t(word)) for name, word in STATE_WORDS.items())),
        people=(("", t("Everybody")), (NOBODY, t("Nobody")), *members),
        sorts=tuple((name, t(word)) for name, word in SORT_WORDS.items()),
        fixed=fixed,
    )


def _query(wanted: Wanted, *, fixed: bool = False) -> dict[str, str | None]:
    return {
        "q": wanted.text or None,
        "kind": wanted.kinds[0] if len(wanted.kinds) == 1 and not fixed else None,
        "state": wanted.state or None,
        "who": wanted.who or None,
        "due": wanted.due or None,
        "sort": wanted.sort if wanted.sort != SORTS[0] else None,
    }


def _only(rq: PortalRequest) -> str | None:
    return rq.route_name if rq.route_name != "queue" else None


def _is_uuid(text: str) -> bool:
    try:
        return len(text) == 36 and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
