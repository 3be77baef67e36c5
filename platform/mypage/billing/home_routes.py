"""The first page after login: what needs attention, the latest bill, the contract, the functions, the notices."""

from __future__ import annotations

from mypage.billing.cards import Card, card_later, paid_by_card
from mypage.billing.pages import Attention, BillFigure, HomePage, NoticeBlock
from mypage.billing.service import Bill, notable_bills
from mypage.billing.views import card_can_change, payment_of
from mypage.contracts.pages import Fact
from mypage.contracts.service import services_in_use
from mypage.contracts.status_pages import status_page
from mypage.hooks.permissions import BILL_READ, CONTRACT_READ, HOME, NOTICE_READ
from mypage.notices.routes import notice_rows
from mypage.notices.service import NoticeHead, latest_notices
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get

NOTICES_SHOWN = 5


@get("/home", name="home", permission=HOME)
def home(rq: PortalRequest) -> Reply:
    """Home (ACTV-56 to ACTV-58). Four statements besides the session; each part only for who may read it.

    An operator with a page of its own after login has no other home, and one that declares what stands here shows that.
    """
    if (landing := rq.operator.home_of(rq.principal.role)) != "home":
        return Go(landing)
    if rq.operator.status_home is not None:
        return Show(status_page(rq, rq.operator.status_home))
    tx, principal, may = rq.tx, rq.principal, rq.principal.may
    # All are asked before the first answer is fetched, so that they travel together.
    asked_notices = latest_notices(tx, principal, locale=rq.locale, limit=NOTICES_SHOWN) if may(NOTICE_READ) else None
    asked_services = services_in_use(tx, principal) if may(CONTRACT_READ) else None
    asked_bills = notable_bills(tx, principal, months=rq.operator.billing_view.months) if may(BILL_READ) else None
    asked_card = card_later(tx, principal) if may(BILL_READ) or card_can_change(rq) else None
    notices = asked_notices.get() if asked_notices else ()
    services = asked_services.get() if asked_services else ()
    bills = asked_bills.get() if asked_bills else ()
    card = asked_card.get() if asked_card else None
    return Show(
        HomePage(
            holder=principal.name,
            services=tuple(Fact(category, name) for category, name in services),
            contract_url=rq.href("contract") if may(CONTRACT_READ) else "",
            tiles=rq.menu,
            notices=_notice_block(rq, notices) if may(NOTICE_READ) else None,
            attentions=(*_bill_attentions(rq, bills), *_card_attentions(rq, bills, card), *_unread(rq, notices)),
            bills=may(BILL_READ),
            bill=_figure(rq, bills[0], card) if bills else None,
        )
    )


def _figure(rq: PortalRequest, bill: Bill, card: Card | None) -> BillFigure:
    url = rq.href("bills-one", invoice_id=bill.id)
    return BillFigure(
        month=bill.month, amount=bill.total, state=bill.state, url=url, payment=payment_of(rq, bill, card)
    )


def _notice_block(rq: PortalRequest, heads: tuple[NoticeHead, ...]) -> NoticeBlock:
    view = rq.operator.notice_view
    return NoticeBlock(
        title=view.title,
        lead=view.lead,
        empty_text=view.empty,
        rows=notice_rows(rq, heads[:NOTICES_SHOWN]),
        all_url=rq.href("notices"),
    )


def _bill_attentions(rq: PortalRequest, bills: tuple[Bill, ...]) -> list[Attention]:
    open_bills = [bill for bill in bills if bill.state in ("failed", "unpaid")]
    return [
        Attention(
            kind="failed" if bill.state == "failed" else "unpaid",
            url=rq.href("bills-one", invoice_id=bill.id),
            month=bill.month,
            amount=bill.total,
            on=bill.due_on,
        )
        for bill in sorted(open_bills, key=lambda bill: bill.state != "failed")
    ]


def _card_attentions(rq: PortalRequest, bills: tuple[Bill, ...], card: Card | None) -> list[Attention]:
    """Only for who pays by card: by the latest bill's word, or because a card is there and no bill says otherwise."""
    method = bills[0].payment_method if bills else ""
    if not card_can_change(rq) or not (paid_by_card(method) or (card is not None and not method)):
        return []
    url, today = rq.href("card"), rq.today
    if card is None:
        return [Attention(kind="card_missing", url=url)]
    if card.expired(today):
        return [Attention(kind="card_expired", url=url, on=card.expires)]
    if card.expiring(today):
        return [Attention(kind="card_expiring", url=url, on=card.expires)]
    return []


def _unread(rq: PortalRequest, heads: tuple[NoticeHead, ...]) -> list[Attention]:
    return [
        Attention(
            kind="notice",
            url=rq.href("notices-one", notice_id=head.id),
            title=head.title,
            urgent=head.importance == "urgent",
        )
        for head in sorted(heads, key=lambda head: head.importance != "urgent")
        if head.unread and head.importance != "normal"
    ]
