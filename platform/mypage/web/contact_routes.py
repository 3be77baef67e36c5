"""Whom to ask about what, as a page of its own; the same stands in a dialog over other pages (USEN-64 to USEN-66)."""

from __future__ import annotations

from mypage.hooks.permissions import HOME
from mypage.lib.errors import NotFound
from mypage.web.contact import ContactPage, contact_of
from mypage.web.replies import Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get


@get("/contact", name="contact", permission=HOME, capability="contact")
def contact(rq: PortalRequest) -> Reply:
    """The topics, each with a telephone number or a page elsewhere."""
    points = rq.operator.contact_points
    if points is None:
        raise NotFound
    ask = contact_of(points, rq.t, url=rq.href("contact"), number=rq.principal.customer_number)
    return Show(ContactPage(title=points.title, ask=ask, back=points.back, back_url=rq.href("top")))
