"""Notices that staff write: kept as a draft, published, changed and withdrawn, each with its line in the trail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from mypage.audit.trail import record
from mypage.db.session import Tx
from mypage.lib.errors import DomainError, NotFound
from mypage.notices.audience import count_audience, set_targets
from mypage.notices.models import Notice, NoticeMailing

PAGE_SIZE = 20
_STATED = ("title", "body", "title_en", "body_en", "importance", "starts_at", "ends_at", "audience", "aimed")


class ChangedMeanwhile(DomainError):
    """Somebody else changed the notice since it was shown; nothing was written."""


class NotEditable(DomainError):
    """A notice of a feed, which would write over it, or one that was withdrawn."""


class BeingMailed(DomainError):
    """The notice is going out by mail; what two people confirmed is what all its readers get. Nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeText:
    """What a notice says, when, and to whom. `customers` are those of an audience "list"."""

    title: str
    body: str
    title_en: str
    body_en: str
    importance: str
    starts_at: datetime
    ends_at: datetime | None
    audience: str
    aimed: tuple[str, ...] = ()
    customers: tuple[uuid.UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenList:
    """One page of notices that are not one customer's own, those that begin last first."""

    notices: tuple[Notice, ...]
    pages: int


def written(tx: Tx, page: int) -> WrittenList:
    """A page of the list. Raises NotFound for a page that does not exist; the first always does."""
    rows = tx.execute(
        select(Notice, func.count().over().label("total"))
        .where(Notice.tenant_id == tx.tenant, Notice.customer_id.is_(None))
        .order_by(Notice.starts_at.desc(), Notice.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    if not rows and page > 1:
        raise NotFound
    total = rows[0].total if rows else 0
    return WrittenList(tuple(row.Notice for row in rows), max(1, -(-total // PAGE_SIZE)))


def find_written(tx: Tx, notice_id: uuid.UUID, *, lock: bool = False) -> Notice:
    """One of these. Raises NotFound, also for one customer's own."""
    wanted = select(Notice).where(Notice.tenant_id == tx.tenant, Notice.id == notice_id, Notice.customer_id.is_(None))
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = tx.execute(wanted).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def write(tx: Tx, text: NoticeText, *, by: uuid.UUID) -> Notice:
    """A new draft, which customers do not see."""
    notice_id = uuid.uuid4()
    row = Notice(
        tenant_id=tx.tenant,
        id=notice_id,
        key=f"desk {notice_id}",
        state="draft",
        written_by=by,
        updated_at=tx.now(),
        **_stated(text),
    )
    tx.add(row)
    tx.flush()
    _aim(tx, row, text)
    record(tx, "notice.written", "notice", row.id, after=_said(row))
    return row


def change(tx: Tx, notice_id: uuid.UUID, text: NoticeText, *, seen: datetime) -> Notice:
    """Other words, times or customers, at once when it is published. `seen` is its `updated_at` as it was shown.

    Raises ChangedMeanwhile, BeingMailed, NotEditable, NotFound.
    """
    row = find_written(tx, notice_id, lock=True)
    if row.written_by is None or row.state == "withdrawn":
        raise NotEditable
    if row.updated_at != seen:
        raise ChangedMeanwhile
    if _goes_out(tx, row):
        raise BeingMailed
    before = _said(row)
    for name, value in _stated(text).items():
        setattr(row, name, value)
    row.updated_at = tx.now()
    tx.flush()
    _aim(tx, row, text)
    after = _said(row)
    changed = [name for name in after if before.get(name) != after[name]]
    if changed:
        told = {name: before.get(name) for name in changed}, {name: after[name] for name in changed}
        record(tx, "notice.changed", "notice", row.id, before=told[0], after=told[1])
    return row


def publish(tx: Tx, notice_id: uuid.UUID) -> Notice:
    """Show it to its customers from its day on. Harmless when it is published. Raises NotEditable, NotFound."""
    row = find_written(tx, notice_id, lock=True)
    if row.state == "withdrawn":
        raise NotEditable
    if row.state == "draft":
        row.state, row.updated_at, row.reached = "published", tx.now(), count_audience(tx, row)
        tx.flush()
        record(tx, "notice.published", "notice", row.id, after={"title": row.title, "reached": row.reached})
    return row


def take_back(tx: Tx, notice_id: uuid.UUID) -> Notice:
    """Show it to nobody any more, for good; who read it stays known. Harmless to repeat. Raises NotFound."""
    row = find_written(tx, notice_id, lock=True)
    if row.state != "withdrawn":
        before = row.state
        row.state, row.updated_at = "withdrawn", tx.now()
        tx.flush()
        record(tx, "notice.withdrawn", "notice", row.id, before={"state": before}, after={"title": row.title})
    return row


def _goes_out(tx: Tx, row: Notice) -> bool:
    sending = select(NoticeMailing.notice_id).where(
        NoticeMailing.tenant_id == tx.tenant, NoticeMailing.notice_id == row.id, NoticeMailing.state == "sending"
    )
    return tx.execute(sending).first() is not None


def _aim(tx: Tx, row: Notice, text: NoticeText) -> None:
    set_targets(tx, row.id, text.customers if text.audience == "list" else ())
    row.reached = count_audience(tx, row)
    tx.flush()


def _stated(text: NoticeText) -> Mapping[str, Any]:
    return {name: getattr(text, name) for name in _STATED} | {"aimed": list(text.aimed)}


def _said(row: Notice) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in _STATED if name != "aimed"}
    return told | {"aimed": ", ".join(row.aimed), "reached": row.reached}
