"""The page of one customer."""

from __future__ import annotations

from datetime import timedelta

from mypage.audit.trail import record
from mypage.staff.customers.events import SEEN, SHOWS, Cursor, Show, list_events, was_seen
from mypage.staff.customers.service import CustomerFacts, find_customer
from mypage.staff.customers.views import customer_page
from mypage.staff.permissions import DESK
from mypage.web.replies import Reply
from mypage.web.replies import Show as Answer
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get

ONE_LOOK = timedelta(minutes=15)
"""How long looking at one customer again is still the same look."""


@desk_get("/customers/{customer_id:uuid}", name="customer", permission=DESK)
def customer(rq: PortalRequest) -> Reply:
    """Who it is, what there is, and everything that happened. That somebody looked is kept in the trail."""
    found = find_customer(rq.tx, rq.uuid_param("customer_id"))
    show = _show(rq)
    before = Cursor.parse(rq.query.get("before", ""))
    events = list_events(rq.tx, found.id, show=show, before=before)
    page = customer_page(rq, found, events, show)
    _note_look(rq, found)
    return Answer(page)


def _show(rq: PortalRequest) -> Show:
    asked = rq.query.get("show", "")
    return next((each for each in SHOWS if each == asked), "all")


def _note_look(rq: PortalRequest, found: CustomerFacts) -> None:
    if not was_seen(rq.tx, found.id, since=rq.clock.now() - ONE_LOOK):
        record(rq.tx, SEEN, "customer", found.id, customer_id=found.id)
