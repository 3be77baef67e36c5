"""The contract page."""

from __future__ import annotations

from mypage.contracts.pages import ContractCard, ContractPage, Fact, ServiceGroup, ServiceRow, folds
from mypage.contracts.service import ContractItem, ServiceItem, list_contracts
from mypage.hooks.permissions import CONTRACT_READ
from mypage.web.paging import page_wanted, pager_of
from mypage.web.replies import Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get


@get("/contract", name="contract", permission=CONTRACT_READ)
def contract(rq: PortalRequest) -> Reply:
    """The contracts with their services, page by page (ACTV-59). Nothing can be changed here (ACTV-85)."""
    found = list_contracts(rq.tx, rq.principal, page=page_wanted(rq))
    cards = tuple(_card(item) for item in found.contracts)
    return Show(
        ContractPage(
            title=rq.operator.contract_view.title,
            contracts=cards,
            folded=found.pages > 1 or folds(cards),
            total=found.total,
            pager=pager_of(rq, page=found.page, pages=found.pages),
        )
    )


def _card(item: ContractItem) -> ContractCard:
    return ContractCard(
        number=item.number,
        state=item.state,
        name=item.name,
        since=item.started_on,
        until=item.ended_on,
        address=item.place,
        groups=tuple(
            ServiceGroup(category, tuple(_row(service) for service in services))
            for category, services in item.by_category()
        ),
        facts=tuple(Fact(label, value) for label, value in item.details),
    )


def _row(service: ServiceItem) -> ServiceRow:
    return ServiceRow(name=service.name, state=service.state, since=service.started_on, until=service.ended_on)
