"""Licences with their PINs, and what was ordered."""

from __future__ import annotations

from mypage.contracts.reaching import reach_contract
from mypage.db.keys import Vault
from mypage.hooks.permissions import OPTION_READ
from mypage.lib.errors import NotFound
from mypage.orders.history import list_orders
from mypage.orders.licences import open_pin
from mypage.orders.offers import offer_of
from mypage.orders.pages import OrdersPage
from mypage.orders.seeing import Seen, see
from mypage.orders.views import holdings_page, order_row
from mypage.web.paging import page_wanted, pager_of
from mypage.web.replies import Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post


@get("/options/{slug:str}/holdings", name="option-holdings", permission=OPTION_READ, capability="products")
def option_holdings(rq: PortalRequest) -> Reply:
    """Licences and downloads; PINs only when they are asked for (UCOM-110)."""
    seen = _see_licences(rq, rq.query.get("account", ""))
    return Show(holdings_page(rq, seen.words, seen.offers, seen.holders, seen.account, {}))


@post("/options/{slug:str}/pin", name="option-pin", permission=OPTION_READ, capability="products")
def option_pin(rq: PortalRequest) -> Reply:
    """The same page with the PIN of one product. It stands in this answer alone, and in no address (UCOM-111)."""
    seen = _see_licences(rq, rq.form.get("account", ""))
    offer = offer_of(seen.offers, rq.form.get("product", ""))
    ref = reach_contract(rq.tx, rq.principal)
    holder = seen.account.id if seen.account else ref.id
    pin = open_pin(rq.tx, rq.ports.get(Vault), ref, offer.product.code, holder)
    pins = {offer.product.code: pin}
    return Show(holdings_page(rq, seen.words, seen.offers, seen.holders, seen.account, pins))


@get("/orders", name="orders", permission=OPTION_READ, capability="products")
def orders(rq: PortalRequest) -> Reply:
    """What was ordered, the newest first."""
    found = list_orders(rq.tx, rq.principal, page=page_wanted(rq))
    rows = tuple(order_row(rq, order) for order in found.orders)
    return Show(OrdersPage(rows=rows, pager=pager_of(rq, page=found.page, pages=found.pages)))


def _see_licences(rq: PortalRequest, account: str) -> Seen:
    seen = see(rq, account)
    if not seen.words.holdings_title:
        raise NotFound
    return seen
