"""The button behind the link of a registration's mail (ACTV-53 to ACTV-55)."""

from __future__ import annotations

from mypage.auth import activation
from mypage.auth.errors import AlreadyRegistered, DeadLink
from mypage.auth.pages import ActivatePage, Link
from mypage.auth.throttle import admit, forgive, link_target
from mypage.hooks.permissions import PUBLIC
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post


@get("/activate/{token:str}", name="activate", permission=PUBLIC, gated=False)
def activate_page(rq: PortalRequest) -> Reply:
    """A button; opening the page changes nothing, however often (ACTV-55)."""
    token = str(rq.params["token"])
    waiting = activation.waiting_registration(rq.tx, token)
    if waiting is None:
        return _dead_link(rq)
    page = ActivatePage(
        title=_title(rq),
        state="ready",
        login_url=rq.href("login"),
        action_url=rq.href("activate", token=token),
        login_id=waiting.login_id,
    )
    return Show(page)


@post("/activate/{token:str}", name="activate", permission=PUBLIC, gated=False)
def activate(rq: PortalRequest) -> Reply:
    """Make the account and lead to the login page, which says so (ACTV-53 to ACTV-55)."""
    target, throttle = link_target(rq.network), rq.operator.throttle
    if not admit(rq.tx, throttle, target):
        return _dead_link(rq)
    try:
        activation.activate(rq.tx, rq.operator, str(rq.params["token"]))
    except (DeadLink, AlreadyRegistered):
        return _dead_link(rq)
    forgive(rq.tx, throttle, target)
    rq.flash("ok", rq.t(rq.operator.login_page.activated or "Your account is active. Please sign in."))
    return Go("login")


def _title(rq: PortalRequest) -> str:
    return next((rules.title for rules in rq.operator.registrations.values()), rq.operator.login_page.title)


def _dead_link(rq: PortalRequest) -> Reply:
    rules = next(iter(rq.operator.registrations.values()), None)
    page = ActivatePage(
        title=_title(rq),
        state="invalid",
        login_url=rq.href("login"),
        start_again=Link(rules.entry, rq.href("register", scheme=rules.scheme)) if rules else None,
    )
    return Show(page, 404)
