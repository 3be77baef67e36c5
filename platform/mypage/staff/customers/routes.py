"""The page of one customer."""

from __future__ import annotations

from mypage.staff.customers.acts import ACTS
from mypage.staff.customers.pages import Act, CustomerPage
from mypage.staff.customers.service import find_customer
from mypage.staff.permissions import DESK
from mypage.web.replies import Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get


@desk_get("/customers/{customer_id:uuid}", name="customer", permission=DESK)
def customer(rq: PortalRequest) -> Reply:
    """Who it is, what there is, and everything that happened."""
    found = find_customer(rq.tx, rq.uuid_param("customer_id"))
    words = rq.desk.operator.catalogues[rq.locale]
    return Show(
        CustomerPage(
            customer=found,
            number_label=words(rq.desk.operator.portal.customer_number_label),
            acts=_acts(rq),
        )
    )


def _acts(rq: PortalRequest) -> tuple[Act, ...]:
    there, customer_id = rq.desk.operator.capabilities, rq.uuid_param("customer_id")
    return tuple(
        Act(url=rq.href(act.route, customer_id=customer_id), label=rq.t(act.label), icon=act.icon)
        for act in ACTS
        if rq.principal.may(act.permission) and (not act.capability or act.capability in there)
    )
