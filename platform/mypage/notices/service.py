"""Notices that a customer may read: of the whole portal or their own, while their period lasts (ACTV-29, ACTV-81)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, Row, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from mypage.db.reads import Later, Read
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.lib.clock import tokyo_day
from mypage.lib.errors import NotFound
from mypage.notices.audience import aimed_at
from mypage.notices.models import Notice, NoticeRead

PAGE_SIZE = 20
_INSTANT = timedelta(microseconds=1)

Importance = Literal["normal", "important", "urgent"]


def _visible() -> tuple[ColumnElement[bool], ...]:
    tenant: ColumnElement[Any] = bindparam("tenant")
    customer: ColumnElement[Any] = bindparam("customer")
    return (
        Notice.tenant_id == tenant,
        or_(Notice.customer_id.is_(None), Notice.customer_id == customer),
        Notice.state == "published",
        or_(Notice.audience == "all", aimed_at(tenant, customer)),
        or_(
            Notice.permission == "", func.strpos(bindparam("permissions"), func.concat(" ", Notice.permission, " ")) > 0
        ),
        Notice.starts_at <= bindparam("now"),
        or_(Notice.ends_at.is_(None), Notice.ends_at > bindparam("now")),
    )


_READ = (
    (NoticeRead.tenant_id == Notice.tenant_id)
    & (NoticeRead.account_id == bindparam("account"))
    & (NoticeRead.notice_id == Notice.id)
)
_HEADS = (
    select(
        Notice.id,
        Notice.title,
        Notice.title_en,
        Notice.importance,
        Notice.starts_at,
        NoticeRead.read_at.is_(None).label("unread"),
    )
    .outerjoin(NoticeRead, _READ)
    .where(*_visible())
)
_NEWEST_FIRST = (Notice.starts_at.desc(), Notice.id)
_PAGE = (
    _HEADS.add_columns(func.count().over().label("total"))
    .order_by(*_NEWEST_FIRST)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_RANKED = _HEADS.add_columns(func.row_number().over(order_by=_NEWEST_FIRST).label("place")).subquery()
_LATEST = Read(
    select(_RANKED)
    .where((_RANKED.c.place <= bindparam("limit")) | ((_RANKED.c.importance != "normal") & _RANKED.c.unread))
    .order_by(_RANKED.c.place)
    .limit(50)
)
_ONE = _HEADS.add_columns(Notice.body, Notice.body_en, Notice.ends_at).where(Notice.id == bindparam("notice"))


@dataclass(frozen=True, slots=True)
class NoticeHead:
    """A notice in a list, its title in the reader's language."""

    id: uuid.UUID
    title: str
    importance: Importance
    published_on: date
    unread: bool


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A notice with its text; `until` is the last day on which it is shown, if there is one."""

    head: NoticeHead
    body: str
    until: date | None


@dataclass(frozen=True, slots=True)
class NoticeList:
    """One page of notices, newest first, and how many pages there are (at least one)."""

    heads: tuple[NoticeHead, ...]
    page: int
    pages: int


def list_notices(tx: Tx, principal: Principal, *, locale: str, page: int = 1) -> NoticeList:
    """A page of the notices. Raises NotFound for a page that does not exist; the first always does."""
    values = _values(tx, principal) | {"limit": PAGE_SIZE, "offset": (page - 1) * PAGE_SIZE}
    rows = tx.execute(_PAGE, values).all()
    if not rows and page > 1:
        raise NotFound
    total = rows[0].total if rows else 0
    return NoticeList(tuple(_head(row, locale) for row in rows), page, max(1, -(-total // PAGE_SIZE)))


def latest_notices(tx: Tx, principal: Principal, *, locale: str, limit: int) -> Later[tuple[NoticeHead, ...]]:
    """The newest notices, and older ones that are important and unread, in one statement."""
    return tx.later(
        _LATEST, lambda rows: tuple(_head(row, locale) for row in rows), **_values(tx, principal), limit=limit
    )


def find_notice(tx: Tx, principal: Principal, notice_id: uuid.UUID, *, locale: str) -> NoticeText:
    """One notice. Raises NotFound when it is another customer's, not yet or no longer shown, or missing."""
    row = tx.execute(_ONE, _values(tx, principal) | {"notice": notice_id}).one_or_none()
    if row is None:
        raise NotFound
    body = row.body_en if locale == "en" and row.body_en else row.body
    return NoticeText(_head(row, locale), body, tokyo_day(row.ends_at - _INSTANT) if row.ends_at else None)


def mark_read(tx: Tx, principal: Principal, notice_id: uuid.UUID) -> None:
    """Remember that the account opened a notice. Harmless to repeat, so a page that only reads may do it."""
    tx.execute(
        insert(NoticeRead)
        .values(tenant_id=tx.tenant, account_id=principal.account_id, notice_id=notice_id, read_at=tx.now())
        .on_conflict_do_nothing()
    )


def _values(tx: Tx, principal: Principal) -> dict[str, Any]:
    return {
        "tenant": tx.tenant,
        "customer": principal.customer_id,
        "account": principal.account_id,
        "permissions": f" {' '.join(sorted(principal.permissions))} ",
        "now": tx.now(),
    }


def _head(row: Row[Any], locale: str) -> NoticeHead:
    title = row.title_en if locale == "en" and row.title_en else row.title
    return NoticeHead(row.id, title, cast("Importance", row.importance), tokyo_day(row.starts_at), row.unread)
