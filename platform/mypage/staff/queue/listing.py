"""Lists of work: filters, order, pages by key instead of by number, and how many there are of what."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, tuple_

from mypage.auth.models import Customer
from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.forms.form import readable
from mypage.lib.text import fold_identifier, fold_kana
from mypage.work.models import OPEN_STATES, WorkItem

PAGE_SIZE = 50
NOBODY = "none"
"""In place of a staff member: what nobody has taken."""
CLOSED = "closed"
"""In place of a state: all that is not open any more."""
STATES = (*OPEN_STATES, "done", "rejected", "withdrawn", CLOSED)
SORTS = ("due", "newest")
DUES = ("overdue", "today")
_LONGEST_TEXT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list shows. `state` "" is all that is open; `who` a staff member's id or NOBODY; `kinds` empty is all."""

    text: str = ""
    kinds: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    """Stored titles: of requests the codes of their forms. Empty is all."""
    state: str = ""
    who: str = ""
    due: str = ""
    sort: str = "due"
    after: str = ""

    @property
    def open(self) -> bool:
        """Whether only open work is wanted."""
        return self.state in ("", *OPEN_STATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a list."""

    id: uuid.UUID
    kind: str
    subject_id: uuid.UUID
    reference: str
    title: str
    customer_id: uuid.UUID
    customer_number: str
    customer_name: str
    state: str
    assignee_id: uuid.UUID | None
    due_on: date
    version: int
    created_at: datetime
    closed_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a list; `after` asks for the next one, "" when this is the last."""

    rows: tuple[Row, ...]
    after: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Open work."""

    overdue: int
    today: int
    unassigned: int
    all: int


_WHOSE = (Customer.tenant_id == WorkItem.tenant_id) & (Customer.id == WorkItem.customer_id)
_COLUMNS = (
    WorkItem.id,
    WorkItem.kind,
    WorkItem.subject_id,
    WorkItem.reference,
    WorkItem.title,
    WorkItem.customer_id,
    WorkItem.state,
    WorkItem.assignee_id,
    WorkItem.due_on,
    WorkItem.version,
    WorkItem.created_at,
    WorkItem.closed_at,
    WorkItem.outcome,
)


def list_work(tx: Tx, wanted: Wanted, *, limit: int = PAGE_SIZE) -> Found:
    """A page of work: what is due first comes first, so what is overdue leads; closed work the newest first."""
    rows = tuple(Row(**row) for row in tx.execute(page_statement(tx, wanted, limit + 1)).mappings())
    keys, _ = _order(wanted)
    more = len(rows) > limit
    rows = rows[:limit]
    return Found(rows, _place(rows[-1], [key.key for key in keys]) if more else "")


def page_statement(tx: Tx, wanted: Wanted, limit: int) -> Select[*tuple[Any, ...]]:
    """The statement of a page: its items first, by their index, and only then whose they are."""
    keys, falling = _order(wanted)
    found = select(*_COLUMNS).where(WorkItem.tenant_id == tx.tenant, *_filters(tx, wanted))
    if wanted.text:
        found = found.where(_text(tx, wanted.text))
    place = _read_place(wanted.after, len(keys))
    if place is not None:
        here = tuple_(*keys)
        found = found.where(here < place if falling else here > place)
    page = found.order_by(*(key.desc() if falling else key for key in keys)).limit(limit).subquery()
    shown = [page.c[key.key] for key in keys]
    return (
        select(page, Customer.number.label("customer_number"), Customer.name.label("customer_name"))
        .join(Customer, (Customer.tenant_id == tx.tenant) & (Customer.id == page.c.customer_id))
        .order_by(*(key.desc() if falling else key for key in shown))
    )


def count_open(tx: Tx, kinds: tuple[str, ...] = ()) -> Counts:
    """How much open work there is of some kinds or all, in one statement."""
    today = tx.today()
    counted = select(
        func.count().filter(WorkItem.due_on < today),
        func.count().filter(WorkItem.due_on == today),
        func.count().filter(WorkItem.assignee_id.is_(None)),
        func.count(),
    ).where(WorkItem.tenant_id == tx.tenant, WorkItem.closed_at.is_(None))
    if kinds:
        counted = counted.where(WorkItem.kind.in_(kinds))
    return Counts(*tx.execute(counted).one())


def _order(wanted: Wanted) -> tuple[Sequence[Any], bool]:
    """The key of a row's place, and whether the list falls."""
    if not wanted.open:
        return (WorkItem.closed_at, WorkItem.id), True
    if wanted.sort == "newest":
        return (WorkItem.created_at, WorkItem.id), True
    return (WorkItem.due_on, WorkItem.created_at, WorkItem.id), False


def _filters(tx: Tx, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        WorkItem.closed_at.is_(None) if wanted.open else WorkItem.closed_at.is_not(None)
    ]
    if wanted.state not in ("", CLOSED):
        found.append(WorkItem.state == wanted.state)
    if wanted.kinds:
        found.append(WorkItem.kind.in_(wanted.kinds))
    if wanted.titles:
        found.append(WorkItem.title.in_(wanted.titles))
    if wanted.who == NOBODY:
        found.append(WorkItem.assignee_id.is_(None))
    elif wanted.who:
        found.append(WorkItem.assignee_id == uuid.UUID(wanted.who))
    if wanted.due:
        today = tx.today()
        found.append(WorkItem.due_on < today if wanted.due == "overdue" else WorkItem.due_on == today)
    return found


_NOTHING = WorkItem.id.is_(None)
"""Of no row; a bare FALSE would swallow the tenant beside it, and no statement goes without its tenant."""


def _text(tx: Tx, text: str) -> ColumnElement[bool]:
    """The number of the work, or of the customer or one of their contracts, or a part of the name or its kana."""
    typed = text[:_LONGEST_TEXT]
    if not readable(typed):
        return _NOTHING
    ways: list[ColumnElement[bool]] = []
    if key := fold_identifier(typed):
        number = select(Customer.id).where(Customer.tenant_id == tx.tenant, Customer.number_key == key)
        contract = select(Contract.customer_id).where(Contract.tenant_id == tx.tenant, Contract.number_key == key)
        ways.append(func.lower(WorkItem.reference).startswith(key, autoescape=True))
        ways.append(WorkItem.customer_id.in_(number))
        ways.append(WorkItem.customer_id.in_(contract))
    named = _named(typed)
    if named is not None:
        ways.append(exists().where(_WHOSE, named))
    return or_(*ways) if ways else _NOTHING


def _named(typed: str) -> ColumnElement[bool] | None:
    """Whose name or kana has this in it; None for what looks like a number, which would look at every name in vain."""
    name, kana = "".join(typed.split()), fold_kana(typed)
    if not name or (any(char.isdigit() for char in kana) and kana.isascii()):
        return None
    plain = func.replace(func.replace(Customer.name, " ", ""), "\u3000", "")
    found = plain.contains(name, autoescape=True)
    return or_(found, Customer.kana_key.contains(kana, autoescape=True)) if kana else found


def _place(row: Row, keys: Sequence[str]) -> str:
    """Where a row stands, for an address."""
    values = [getattr(row, key) for key in keys]
    packed = json.dumps([v.isoformat() if isinstance(v, date) else str(v) for v in values]).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _read_place(after: str, length: int) -> tuple[Any, ...] | None:
    """The values of a place; None for what is none, which then is the first page."""
    if not after or len(after) > 300:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        *moments, row_id = values
        if len(values) != length:
            return None
        instants: list[Any] = [datetime.fromisoformat(moments[-1])]
        if len(moments) == 2:
            instants.insert(0, date.fromisoformat(moments[0]))
        if any(isinstance(each, datetime) and each.tzinfo is None for each in instants):
            return None
        return (*instants, uuid.UUID(row_id))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
