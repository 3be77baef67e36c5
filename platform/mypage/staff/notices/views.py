"""Notices as the pages of who writes them show them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from mypage.audit.models import AuditEntry
from mypage.auth.models import Customer
from mypage.db.session import Tx
from mypage.lib.clock import tokyo_day
from mypage.notices.audience import count_readers
from mypage.notices.models import Notice, NoticeMailing, NoticeTarget
from mypage.notices.pages import NoticePage, NoticeRow, paragraphs
from mypage.notices.writing import written
from mypage.staff.names import names_of
from mypage.staff.notices.audiences import WORDS
from mypage.staff.notices.forms import IMPORTANCE
from mypage.staff.notices.pages import (
    Happening,
    MailingState,
    NoticeState,
    WrittenNoticePage,
    WrittenPage,
    WrittenRow,
)
from mypage.web.paging import page_wanted, pager_of
from mypage.web.request import PortalRequest

_ACTIONS: Mapping[str, str] = {
    "notice.written": "Written",
    "notice.changed": "Changed in these points",
    "notice.published": "Published",
    "notice.withdrawn": "Taken back",
    "notice.mailing_started": "Sending by mail began",
    "notice.mailing_finished": "Sending by mail ended",
}
_LABELS: Mapping[str, str] = {
    "title": "Title (Japanese)",
    "body": "Text (Japanese)",
    "title_en": "Title (English)",
    "body_en": "Text (English)",
    "importance": "Importance",
    "starts_at": "Shown from",
    "ends_at": "Shown until",
    "audience": "For whom",
    "aimed": "Plans, options or areas",
    "reached": "Customers",
}
_LONGEST = 300


def state_of(notice: Notice, now: datetime) -> NoticeState:
    """What a notice is just now."""
    if notice.state == "withdrawn":
        return "withdrawn"
    if notice.state == "draft":
        return "draft"
    if notice.starts_at > now:
        return "scheduled"
    return "ended" if notice.ends_at is not None and notice.ends_at <= now else "shown"


def written_page(rq: PortalRequest) -> WrittenPage:
    """A page of the list. Raises NotFound for a page that does not exist."""
    page = page_wanted(rq)
    found = written(rq.tx, page)
    readers = count_readers(rq.tx, (notice.id for notice in found.notices))
    return WrittenPage(
        rows=tuple(row_of(rq, rq.tx, notice, readers) for notice in found.notices),
        new_url=rq.href("notices-new"),
        pager=pager_of(rq, page=page, pages=found.pages),
    )


def row_of(rq: PortalRequest, tx: Tx, notice: Notice, readers: Mapping[uuid.UUID, int]) -> WrittenRow:
    """A notice as a row."""
    return WrittenRow(
        url=rq.href("notices-one", notice_id=notice.id),
        title=notice.title,
        state=state_of(notice, tx.now()),
        importance=IMPORTANCE[notice.importance],
        audience=audience_words(rq, notice),
        starts_at=notice.starts_at,
        ends_at=notice.ends_at,
        read=readers.get(notice.id, 0),
        reached=notice.reached,
        fed=notice.written_by is None,
    )


def audience_words(rq: PortalRequest, notice: Notice) -> str:
    """Whom a notice is for, in words."""
    said = rq.t(WORDS[notice.audience])
    if not notice.aimed:
        return said
    names = list(notice.aimed)
    if notice.audience == "product":
        operator = rq.desk.operator
        words = operator.catalogues[rq.locale]
        names = [words(operator.products[code].name) if code in operator.products else code for code in names]
    return f"{said}: {', '.join(names)}"


def one_page(rq: PortalRequest, tx: Tx, notice: Notice, *, trouble: str = "") -> WrittenNoticePage:
    """One notice with its history."""
    own, state = notice.written_by is not None, notice.state
    mailing = _mailing(tx, notice.id)

    def to(route: str, allowed: bool) -> str:
        return rq.href(route, notice_id=notice.id) if allowed else ""

    return WrittenNoticePage(
        row=row_of(rq, tx, notice, count_readers(tx, [notice.id])),
        body=paragraphs(notice.body),
        english=bool(notice.title_en),
        trouble=trouble,
        edit_url=to("notices-edit", own and state != "withdrawn"),
        publish_url=to("notices-publish", state == "draft"),
        withdraw_url=to("notices-withdraw", state != "withdrawn"),
        mail_url=to("notices-mail", own and state_of(notice, tx.now()) == "shown" and mailing is None),
        previews=tuple(
            (word, rq.href("notices-preview", notice_id=notice.id, language=code))
            for code, word in (("ja", "日本語"), ("en", "English"))
        ),
        mailing=mailing,
        history=_history(rq, tx, notice.id),
        list_url=rq.href("notices"),
    )


def sample_of(rq: PortalRequest, notice: Notice, locale: str, back: str) -> NoticePage:
    """The notice as the portal's own page of it."""
    words = rq.desk.operator.catalogues[locale]
    english = locale == "en"
    return NoticePage(
        title=words(rq.desk.operator.notice_view.title),
        notice=NoticeRow(
            title=notice.title_en if english and notice.title_en else notice.title,
            url=back,
            published_on=tokyo_day(notice.starts_at),
            importance=notice.importance,  # type: ignore[arg-type]
        ),
        body=paragraphs(notice.body_en if english and notice.body_en else notice.body),
        back_url=back,
        valid_from=tokyo_day(notice.starts_at) if notice.ends_at else None,
        valid_until=tokyo_day(notice.ends_at) if notice.ends_at else None,
    )


def listed_numbers(tx: Tx, notice_id: uuid.UUID) -> list[str]:
    """The customer numbers on the list of a notice."""
    return list(
        tx.scalars(
            select(Customer.number)
            .join(
                NoticeTarget,
                (NoticeTarget.tenant_id == Customer.tenant_id) & (NoticeTarget.customer_id == Customer.id),
            )
            .where(Customer.tenant_id == tx.tenant, NoticeTarget.notice_id == notice_id)
            .order_by(Customer.number_key)
        )
    )


def _mailing(tx: Tx, notice_id: uuid.UUID) -> MailingState | None:
    row = tx.execute(
        select(NoticeMailing).where(NoticeMailing.tenant_id == tx.tenant, NoticeMailing.notice_id == notice_id)
    ).scalar_one_or_none()
    if row is None:
        return None
    return MailingState(done=row.state == "done", wanted=row.wanted, queued=row.queued, skipped=row.skipped)


def _history(rq: PortalRequest, tx: Tx, notice_id: uuid.UUID) -> tuple[Happening, ...]:
    rows = tx.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.tenant_id == tx.tenant,
            AuditEntry.object_type == "notice",
            AuditEntry.object_id == str(notice_id),
        )
        .order_by(AuditEntry.at.desc())
        .limit(50)
    ).all()
    names = names_of(tx, (uuid.UUID(row.actor) for row in rows if row.actor_kind == "staff"))
    return tuple(
        Happening(
            at=row.at,
            who=names.get(uuid.UUID(row.actor), "") if row.actor_kind == "staff" else "",
            action=rq.t(_ACTIONS.get(row.action, row.action)),
            changes=_changes(rq, row.before or {}, row.after or {}) if row.action == "notice.changed" else (),
        )
        for row in rows
    )


def _changes(
    rq: PortalRequest, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (rq.t(label), _short(before.get(name)), _short(after.get(name)))
        for name, label in _LABELS.items()
        if name in after
    )


def _short(value: Any) -> str:
    text = "–" if value in (None, "") else str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
