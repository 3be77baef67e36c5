"""The overview (UCOM-11, UCOM-12, UCOM-47 to UCOM-55)."""

from __future__ import annotations

from mypage.hooks.permissions import ACCOUNT_READ
from mypage.subaccounts.overview import overview
from mypage.subaccounts.overview_show import overview_page
from mypage.web.replies import Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get


@get("/overview", name="overview", permission=ACCOUNT_READ, capability="sub-accounts")
def overview_shown(rq: PortalRequest) -> Reply:
    """Contract, options and accounts; the own account alone for who reaches no other."""
    return Show(overview_page(rq, overview(rq.tx, rq.operator, rq.principal)))
