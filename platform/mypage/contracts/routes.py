"""The contract page."""

from __future__ import annotations

from mypage.contracts.pages import ContractCard, ContractPage, Fact, ServiceGroup, ServiceRow, folds
from mypage.contracts.service import ContractItem, ServiceItem, list_contracts
from mypage.hooks.permissions import CONTRACT_READ
from mypage.web.replies import Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get


@get("/contract", name="contract", permission=CONTRACT_READ)
def contract(rq: PortalRequest) -> Reply:
    """Every contract with its services (ACTV-59). Nothing can be changed here (ACTV-85)."""
    cards = tuple(_card(item) for item in list_contracts(rq.tx, rq.principal))
    return Show(ContractPage(title=rq.operator.contract_view.title, contracts=cards, folded=folds(cards)))


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
