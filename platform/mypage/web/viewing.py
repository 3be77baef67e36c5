"""What is open while staff see a portal as a customer does: reading, and nothing that is not named here."""

from __future__ import annotations

from dataclasses import replace

from mypage.audit.trail import record
from mypage.db.session import Tx
from mypage.hooks.permissions import (
    ACCOUNT_READ,
    BILL_READ,
    CONTRACT_READ,
    FOR_ALL,
    GUIDANCE,
    HOME,
    INVOICE_READ,
    NOTICE_READ,
    OPTION_READ,
    PUBLIC,
    REQUEST_READ,
    SLOT_READ,
    SUMMARY_READ,
)
from mypage.lib.errors import OnlyViewing
from mypage.web.request import VIEW_FORMS, PortalRequest, SignedIn
from mypage.web.routing import Route

READING = frozenset(
    {
        HOME,
        CONTRACT_READ,
        SUMMARY_READ,
        BILL_READ,
        INVOICE_READ,
        NOTICE_READ,
        ACCOUNT_READ,
        OPTION_READ,
        SLOT_READ,
        REQUEST_READ,
        GUIDANCE,
    }
)
"""The permissions of the account that remain, with their reach. No other is lent to anybody."""
PUBLIC_PAGES = frozenset({"top", "public-page", "display", "view"})
"""Pages without a permission that are open: none on which one signs in, registers or recovers."""


def lent(signed_in: SignedIn) -> SignedIn:
    """The account as a viewer has it: it reads, no gate stands before it, and it can prove nothing."""
    principal = signed_in.principal
    kept = frozenset(each for each in principal.permissions if each.removesuffix(FOR_ALL) in READING)
    return replace(signed_in, principal=replace(principal, permissions=kept), gate=None, reauth_fresh=False)


def check_form(rq: PortalRequest) -> None:
    """Raises OnlyViewing for every form but those of the view itself, before its token says anything."""
    if rq.viewed and rq.method == "POST" and rq.route_name and (rq.method, rq.route_name) not in VIEW_FORMS:
        raise OnlyViewing


def enter_page(rq: PortalRequest, route: Route, tx: Tx) -> None:
    """Let a viewer in: note the page in the trail, and close the unit for changes. Raises OnlyViewing."""
    if (route.method, route.name) in VIEW_FORMS:
        return
    reads = route.permission in READING or (route.permission == PUBLIC and route.name in PUBLIC_PAGES)
    if route.method != "GET" or route.reauth or not reads:
        raise OnlyViewing
    principal, viewer = rq.principal, rq.signed_in.viewer if rq.signed_in else None
    record(
        tx,
        "view.page",
        "staff_view",
        viewer.view_id if viewer else "",
        customer_id=principal.customer_id,
        after={"page": route.name, "path": rq.path.partition("?")[0][:200]},
    )
    tx.read_only()
