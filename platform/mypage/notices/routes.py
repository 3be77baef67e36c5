"""The notices: the list and one notice."""

from __future__ import annotations

from mypage.hooks.permissions import NOTICE_READ
from mypage.notices.pages import NoticePage, NoticeRow, NoticesPage, paragraphs
from mypage.notices.service import NoticeHead, find_notice, list_notices, mark_read
from mypage.web.paging import page_wanted, pager_of
from mypage.web.replies import Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get


@get("/notices", name="notices", permission=NOTICE_READ)
def notices(rq: PortalRequest) -> Reply:
    """The notices, newest first (ACTV-58, ACTV-81)."""
    view = rq.operator.notice_view
    found = list_notices(rq.tx, rq.principal, locale=rq.locale, page=page_wanted(rq))
    return Show(
        NoticesPage(
            title=view.title,
            lead=view.lead,
            empty_text=view.empty,
            rows=notice_rows(rq, found.heads),
            pager=pager_of(rq, page=found.page, pages=found.pages),
        )
    )


@get("/notices/{notice_id:uuid}", name="notices-one", permission=NOTICE_READ)
def notice(rq: PortalRequest) -> Reply:
    """One notice (ACTV-58).

    Opening it records that the account has read it: the one write of a page that only reads besides the session's
    `seen_at`. It changes nothing that a customer could be tricked into, and doing it again does nothing.
    """
    found = find_notice(rq.tx, rq.principal, rq.uuid_param("notice_id"), locale=rq.locale)
    if found.head.unread and not rq.viewed:
        mark_read(rq.tx, rq.principal, found.head.id)
    return Show(
        NoticePage(
            title=rq.operator.notice_view.title,
            notice=notice_row(rq, found.head),
            body=paragraphs(found.body),
            back_url=rq.href("notices"),
            valid_from=found.head.published_on if found.until else None,
            valid_until=found.until,
        )
    )


def notice_rows(rq: PortalRequest, heads: tuple[NoticeHead, ...]) -> tuple[NoticeRow, ...]:
    """Rows of a list of notices, for this page and others."""
    return tuple(notice_row(rq, head) for head in heads)


def notice_row(rq: PortalRequest, head: NoticeHead) -> NoticeRow:
    """One notice with its address."""
    return NoticeRow(
        title=head.title,
        url=rq.href("notices-one", notice_id=head.id),
        published_on=head.published_on,
        unread=head.unread,
        importance=head.importance,
    )
