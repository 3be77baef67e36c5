"""The page of one customer, made of what is stored: texts of the operator in the reader's language, addresses."""

from __future__ import annotations

from mypage.billing.brands import brand_name
from mypage.contracts.papers import running_papers
from mypage.i18n import Catalogue
from mypage.lib.clock import tokyo_day
from mypage.staff.customers.acts import ACTS
from mypage.staff.customers.events import SHOWS, Cursor, Events
from mypage.staff.customers.having import (
    WORK,
    AccountHad,
    BillHad,
    Bought,
    ContractHad,
    Paged,
    Paying,
    WorkHad,
    accounts_had,
    contracts_had,
    open_work_of,
    paying,
)
from mypage.staff.customers.pages import (
    AccountRow,
    Act,
    BillRow,
    BoughtRow,
    Chip,
    ContractRow,
    CustomerPage,
    NowFacts,
    PaperRow,
    ServiceRow,
    WorkRow,
)
from mypage.staff.customers.service import CustomerFacts
from mypage.staff.customers.telling import bill_state, tell
from mypage.staff.names import names_of
from mypage.web.paging import Pager
from mypage.web.request import PortalRequest

_SHOW_WORDS = {
    "all": "Everything",
    "application": "Applications",
    "bill": "Billing",
    "login": "Logins",
    "mail": "Mails",
    "staff": "Staff",
}
_MOST_PAGES = 10_000


def customer_page(rq: PortalRequest, customer: CustomerFacts, events: Events, show: str) -> CustomerPage:
    """Everything about the customer. Raises NotFound for a page of contracts that there is not."""
    operator, words = rq.desk.operator, _words(rq)
    contracts = contracts_had(rq.tx, operator, customer.id, _page_of(rq, "contracts"))
    accounts = accounts_had(rq.tx, customer.id, _page_of(rq, "accounts"))
    payment, work = paying(rq.tx, customer.id), open_work_of(rq.tx, customer.id)
    return CustomerPage(
        customer=customer,
        number_label=words(operator.portal.customer_number_label),
        acts=_acts(rq),
        now=_now(payment),
        bills=tuple(_bill(rq, each) for each in payment.bills),
        work=_work(rq, work[:WORK]),
        work_more=len(work) > WORK,
        papers=_papers(rq, words, customer),
        contracts=tuple(_contract(rq, words, each) for each in contracts.rows),
        contracts_total=contracts.total,
        contracts_pager=_pager(rq, "contracts", contracts),
        accounts=tuple(_account(rq, words, each) for each in accounts.rows),
        accounts_total=accounts.total,
        accounts_pager=_pager(rq, "accounts", accounts),
        chips=tuple(_chip(rq, each, show) for each in SHOWS),
        events=tell(rq, rq.tx, events.events),
        older_url=_url(rq, show=show, before=events.older) if events.older else "",
        newest_url=_url(rq, show=show) if rq.query.get("before") else "",
    )


def _papers(rq: PortalRequest, words: Catalogue, customer: CustomerFacts) -> tuple[PaperRow, ...]:
    labels = {kind.code: kind.label for kind in rq.desk.operator.desk.papers}
    return tuple(
        PaperRow(kind=words(labels.get(row.kind, row.kind)), since=row.since, until=row.until)
        for row in running_papers(rq.tx, customer.id)
    )


def _words(rq: PortalRequest) -> Catalogue:
    return rq.desk.operator.catalogues[rq.locale]


def _page_of(rq: PortalRequest, name: str) -> int:
    typed = rq.query.get(name, "")
    return min(max(1, int(typed)), _MOST_PAGES) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1


def _url(rq: PortalRequest, *, show: str = "all", before: Cursor | None = None) -> str:
    narrowed = {"show": show if show != "all" else None, "before": str(before) if before else None}
    return rq.href("customer", customer_id=rq.uuid_param("customer_id"), **narrowed)


def _pager(rq: PortalRequest, name: str, found: Paged[ContractHad] | Paged[AccountHad]) -> Pager | None:
    if found.pages < 2:
        return None
    to = [rq.href("customer", customer_id=rq.uuid_param("customer_id"), **{name: n}) for n in range(1, found.pages + 1)]
    return Pager(found.page, tuple(f"{each}#{name}" for each in to))


def _acts(rq: PortalRequest) -> tuple[Act, ...]:
    there, customer_id = rq.desk.operator.capabilities, rq.uuid_param("customer_id")
    return tuple(
        Act(url=rq.href(act.route, customer_id=customer_id), label=rq.t(act.label), icon=act.icon)
        for act in ACTS
        if rq.principal.may(act.permission) and (not act.capability or act.capability in there)
    )


def _chip(rq: PortalRequest, each: str, show: str) -> Chip:
    return Chip(url=_url(rq, show=each) + "#events", label=rq.t(_SHOW_WORDS[each]), current=each == show)


def _now(found: Paying) -> NowFacts:
    card = found.card
    return NowFacts(
        standing=found.standing,
        card=f"{brand_name(card.brand)} **** {card.last4}" if card else "",
        expires=card.expires if card else None,
        unpaid=found.unpaid,
    )


def _bill(rq: PortalRequest, bill: BillHad) -> BillRow:
    mark, state = bill_state(rq, bill.status)
    return BillRow(number=bill.number, month=bill.month, total=bill.total, due_on=bill.due_on, mark=mark, state=state)


def _work(rq: PortalRequest, found: tuple[WorkHad, ...]) -> tuple[WorkRow, ...]:
    names = names_of(rq.tx, [each.assignee_id for each in found if each.assignee_id])
    return tuple(
        WorkRow(
            url=rq.href("queue-item", item_id=each.id),
            reference=each.reference,
            title=each.title or each.kind,
            due_on=each.due_on,
            overdue=each.due_on < rq.today,
            assignee=names.get(each.assignee_id, "") if each.assignee_id else "",
        )
        for each in found
    )


def _contract(rq: PortalRequest, words: Catalogue, had: ContractHad) -> ContractRow:
    contract = had.contract
    return ContractRow(
        number=contract.number,
        name=words(contract.name) if contract.name else "",
        state=contract.state,
        place=contract.place,
        since=contract.started_on,
        until=contract.ended_on,
        services=tuple(
            ServiceRow(category=words(each.category), name=words(each.name), state=each.state)
            for each in contract.services
        ),
        bought=tuple(_bought(rq, words, each) for each in had.bought),
        quotas=tuple((words(each.quota.label), each.said(rq.t)) for each in had.quotas),
    )


def _bought(rq: PortalRequest, words: Catalogue, bought: Bought) -> BoughtRow:
    known = rq.desk.operator.products.get(bought.product)
    return BoughtRow(
        name=words(known.name) if known else bought.product,
        count=bought.count,
        since=tokyo_day(bought.since),
        until=tokyo_day(bought.until) if bought.until else None,
    )


def _account(rq: PortalRequest, words: Catalogue, had: AccountHad) -> AccountRow:
    handed_out = rq.desk.operator.sub_accounts
    return AccountRow(
        logins=had.logins,
        name=had.name,
        role=words(handed_out.roles[had.role]) if handed_out and had.role in handed_out.roles else "",
        status=had.status,
        verified=had.verified,
        since=tokyo_day(had.created_at),
        closed_on=tokyo_day(had.closed_at) if had.closed_at else None,
        locked_until=had.locked_until,
    )
