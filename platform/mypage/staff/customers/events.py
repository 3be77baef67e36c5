"""Everything that happened to a customer, from the trail, the mails and the bills, in pages from the newest on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, or_, select, union_all

from mypage.audit.models import AuditEntry
from mypage.auth.models import Account, Registration
from mypage.billing.models import Invoice
from mypage.db.session import Tx
from mypage.lib.clock import TOKYO, tokyo_day
from mypage.mail.models import MailMessage
from mypage.staff.customers.words import WORDS, Topic

PAGE = 30
Show = Literal["all", "application", "bill", "login", "mail", "staff"]
"""What the timeline can be narrowed to."""
SHOWS: tuple[Show, ...] = ("all", "application", "bill", "login", "mail", "staff")
SEEN = "desk.customer_seen"
"""Looking at the page is told among what staff did, and nowhere else: it would bury all the rest."""


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """The place of something in the timeline."""

    at: datetime
    id: uuid.UUID

    def __str__(self) -> str:
        """As it stands in an address."""
        return f"{int(self.at.timestamp() * 1_000_000)}-{self.id.hex}"

    @classmethod
    def parse(cls, typed: str) -> Cursor | None:
        """The place that an address names; None when it names none."""
        moment, _, hexed = typed[:64].partition("-")
        if not (moment.isascii() and moment.isdigit() and len(moment) < 17):
            return None
        try:
            return cls(datetime.fromtimestamp(int(moment) / 1_000_000, UTC), uuid.UUID(hexed))
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """A line of the trail."""

    place: Cursor
    action: str
    actor_kind: str
    actor: str
    as_whom: str
    object_type: str
    object_id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """A mail and what became of it. `recipient` is the whole address: mask it."""

    place: Cursor
    template: str
    recipient: str
    state: Literal["queued", "sent", "failed"]
    tries: int
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """A bill; only its day is known. `total` in yen with tax."""

    place: Cursor
    day: date
    number: str
    month: date
    total: int
    status: str


Event = Acted | Mailed | Billed


@dataclass(frozen=True, slots=True)
class Events:
    """A page of the timeline, the newest first; `older` is where the next page begins."""

    events: tuple[Event, ...]
    older: Cursor | None


def list_events(tx: Tx, customer_id: uuid.UUID, *, show: Show = "all", before: Cursor | None = None) -> Events:
    """The events before a place, or the newest ones. Four statements at most, however much there is."""
    found: list[Event] = [*_acted(tx, customer_id, show, before)]
    if show in ("all", "mail"):
        found.extend(_mailed(tx, customer_id, before))
    if show in ("all", "bill"):
        found.extend(_billed(tx, customer_id, before))
    found.sort(key=lambda event: event.place, reverse=True)
    page = found[:PAGE]
    return Events(tuple(page), page[-1].place if len(found) > PAGE else None)


def subjects_of(tx: Tx, customer_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """Whatever a mail to the customer may be about: the accounts, the registrations, the customer. One statement."""
    accounts = select(Account.id).where(Account.tenant_id == tx.tenant, Account.customer_id == customer_id)
    waiting = select(Registration.id).where(
        Registration.tenant_id == tx.tenant, Registration.customer_id == customer_id
    )
    return [customer_id, *tx.execute(union_all(accounts, waiting)).scalars()]


def _acted(tx: Tx, customer_id: uuid.UUID, show: Show, before: Cursor | None) -> Iterator[Acted]:
    entry = AuditEntry
    columns = (
        entry.id, entry.at, entry.action, entry.actor_kind, entry.actor, entry.as_whom,
        entry.object_type, entry.object_id, entry.before, entry.after,
    )  # fmt: skip
    wanted = select(*columns).where(entry.tenant_id == tx.tenant, entry.customer_id == customer_id, _shown(show))
    for row in tx.execute(_page(wanted, entry.at, entry.id, before)):
        yield acted_of(row)


def acted_of(row: Any) -> Acted:
    """An entry of the trail out of a row with the columns of that name."""
    return Acted(
        place=Cursor(row.at, row.id),
        action=row.action,
        actor_kind=row.actor_kind,
        actor=row.actor,
        as_whom=row.as_whom,
        object_type=row.object_type,
        object_id=row.object_id,
        before=row.before or {},
        after=row.after or {},
    )


def _shown(show: Show) -> ColumnElement[bool]:
    if show == "all":
        return AuditEntry.action != SEEN
    if show == "staff":
        return or_(AuditEntry.actor_kind == "staff", AuditEntry.action.in_(_actions("staff")))
    return AuditEntry.action.in_(_actions(show))


def _actions(topic: Topic) -> list[str]:
    return [action for action, words in WORDS.items() if words.topic == topic]


def _mailed(tx: Tx, customer_id: uuid.UUID, before: Cursor | None) -> Iterator[Mailed]:
    mail = MailMessage
    columns = (mail.id, mail.template, mail.recipient, mail.state, mail.tries, mail.created_at, mail.sent_at)
    wanted = select(*columns).where(mail.tenant_id == tx.tenant, mail.subject_id.in_(subjects_of(tx, customer_id)))
    for row in tx.execute(_page(wanted, mail.created_at, mail.id, before)):
        yield Mailed(
            place=Cursor(row.created_at, row.id),
            template=row.template,
            recipient=row.recipient,
            state=row.state,
            tries=row.tries,
            sent_at=row.sent_at,
        )


def _billed(tx: Tx, customer_id: uuid.UUID, before: Cursor | None) -> Iterator[Billed]:
    columns = (Invoice.id, Invoice.number, Invoice.month, Invoice.issued_on, Invoice.total, Invoice.status)
    wanted = select(*columns).where(Invoice.tenant_id == tx.tenant, Invoice.customer_id == customer_id)
    if before is not None:
        wanted = wanted.where(_billed_before(before))
    wanted = wanted.order_by(Invoice.issued_on.desc(), Invoice.id.desc()).limit(PAGE + 1)
    for row in tx.execute(wanted):
        yield Billed(
            place=Cursor(_midnight(row.issued_on), row.id),
            day=row.issued_on,
            number=row.number,
            month=row.month,
            total=row.total,
            status=row.status,
        )


def _billed_before(place: Cursor) -> ColumnElement[bool]:
    """A bill stands at the first instant of its day in Japan."""
    day = tokyo_day(place.at)
    if _midnight(day) < place.at:
        return Invoice.issued_on <= day
    return or_(Invoice.issued_on < day, and_(Invoice.issued_on == day, Invoice.id < place.id))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TOKYO)


def _page(wanted: Any, at: Any, row_id: Any, before: Cursor | None) -> Any:
    if before is not None:
        wanted = wanted.where(at <= before.at, or_(at < before.at, row_id < before.id))
    return wanted.order_by(at.desc(), row_id.desc()).limit(PAGE + 1)


def was_seen(tx: Tx, customer_id: uuid.UUID, *, since: datetime) -> bool:
    """Whether the actor's having looked at the customer since then stands in the trail already."""
    wanted = (
        select(AuditEntry.id)
        .where(
            AuditEntry.tenant_id == tx.tenant,
            AuditEntry.customer_id == customer_id,
            AuditEntry.at > since,
            AuditEntry.action == SEEN,
            AuditEntry.actor == tx.actor.ref,
        )
        .limit(1)
    )
    return tx.execute(wanted).first() is not None
