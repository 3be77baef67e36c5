"""Where a ticket of the console leads: a button that begins the view, and the one that ends it."""

from __future__ import annotations

from datetime import timedelta

from mypage.auth.routes_base import jar_of
from mypage.auth.viewing import VIEW_LIFE, begin_view, end_view, ticket_waits
from mypage.auth.viewing_pages import ViewOverPage, ViewTicketPage
from mypage.hooks.permissions import PUBLIC
from mypage.lib.errors import NotFound
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post


@get("/view/{token:str}", name="view", permission=PUBLIC, gated=False)
def view_page(rq: PortalRequest) -> Reply:
    """A button; opening the page uses nothing up."""
    ticket = str(rq.params["token"])
    if not ticket_waits(rq.tx, ticket):
        raise NotFound
    return Show(ViewTicketPage(minutes=VIEW_LIFE // timedelta(minutes=1), action_url=rq.href("view", token=ticket)))


@post("/view/{token:str}", name="view", permission=PUBLIC, gated=False)
def view_begin(rq: PortalRequest) -> Reply:
    """Begin with a cookie of its own, beside whatever session this browser has."""
    before = rq.signed_in.viewer if rq.signed_in else None
    if before is not None:
        end_view(rq.tx, before.view_id, "replaced")
    token = begin_view(rq.tx, str(rq.params["token"]))
    rq.out.cookies.append(jar_of(rq).set("view", token))
    return Go("top")


@post("/viewing/end", name="view-end", permission=PUBLIC, gated=False)
def view_end(rq: PortalRequest) -> Reply:
    """End the view in this browser; whoever views nothing ends nothing."""
    viewer = rq.signed_in.viewer if rq.signed_in else None
    if viewer is None:
        return Go("top")
    end_view(rq.tx, viewer.view_id)
    rq.out.cookies.append(jar_of(rq).drop("view"))
    rq.signed_in = None
    return Show(ViewOverPage())
