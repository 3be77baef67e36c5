"""The pages of the acts; each has one address: the form, its confirm page and what was done."""

from __future__ import annotations

from mypage.staff.acts.acting import act_page, act_post
from mypage.staff.acts.contact import CONTACT
from mypage.staff.acts.logins import FACTORS, LINK, SESSIONS, UNLOCK
from mypage.staff.acts.mails import AGAIN, mails_page
from mypage.staff.acts.papers import NOTE, SETTLE
from mypage.staff.permissions import HELP
from mypage.web.replies import Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get, desk_post


@desk_get("/customers/{customer_id:uuid}/unlock", name="customer-unlock", permission=HELP)
def unlock(rq: PortalRequest) -> Reply:
    """Which logins are locked, since when and until when."""
    return act_page(rq, UNLOCK)


@desk_post("/customers/{customer_id:uuid}/unlock", name="customer-unlock", permission=HELP)
def unlock_post(rq: PortalRequest) -> Reply:
    """Unlock a login."""
    return act_post(rq, UNLOCK)


@desk_get("/customers/{customer_id:uuid}/reset-link", name="customer-link", permission=HELP, reauth=True)
def link(rq: PortalRequest) -> Reply:
    """For which logins a link for a new password can be sent, and where to."""
    return act_page(rq, LINK)


@desk_post("/customers/{customer_id:uuid}/reset-link", name="customer-link", permission=HELP, reauth=True)
def link_post(rq: PortalRequest) -> Reply:
    """Send it, to the registered address alone."""
    return act_post(rq, LINK)


@desk_get("/customers/{customer_id:uuid}/sessions", name="customer-sessions", permission=HELP)
def sessions(rq: PortalRequest) -> Reply:
    """How many sessions are open."""
    return act_page(rq, SESSIONS)


@desk_post("/customers/{customer_id:uuid}/sessions", name="customer-sessions", permission=HELP)
def sessions_post(rq: PortalRequest) -> Reply:
    """End them all."""
    return act_post(rq, SESSIONS)


@desk_get("/customers/{customer_id:uuid}/second-step", name="customer-factors", permission=HELP, reauth=True)
def factors(rq: PortalRequest) -> Reply:
    """The second steps of the logins."""
    return act_page(rq, FACTORS)


@desk_post("/customers/{customer_id:uuid}/second-step", name="customer-factors", permission=HELP, reauth=True)
def factors_post(rq: PortalRequest) -> Reply:
    """Remove those of a login."""
    return act_post(rq, FACTORS)


@desk_get("/customers/{customer_id:uuid}/contact", name="customer-contact", permission=HELP, reauth=True)
def contact(rq: PortalRequest) -> Reply:
    """The contact data in a form."""
    return act_page(rq, CONTACT)


@desk_post("/customers/{customer_id:uuid}/contact", name="customer-contact", permission=HELP, reauth=True)
def contact_post(rq: PortalRequest) -> Reply:
    """Correct them."""
    return act_post(rq, CONTACT)


@desk_get("/customers/{customer_id:uuid}/papers", name="customer-paper", permission=HELP)
def paper(rq: PortalRequest) -> Reply:
    """The applications on paper, and a form for one more."""
    return act_page(rq, NOTE)


@desk_post("/customers/{customer_id:uuid}/papers", name="customer-paper", permission=HELP)
def paper_post(rq: PortalRequest) -> Reply:
    """Note that one runs."""
    return act_post(rq, NOTE)


@desk_get("/customers/{customer_id:uuid}/papers/settle", name="customer-paper-settle", permission=HELP)
def paper_settle(rq: PortalRequest) -> Reply:
    """The applications on paper that run."""
    return act_page(rq, SETTLE)


@desk_post("/customers/{customer_id:uuid}/papers/settle", name="customer-paper-settle", permission=HELP)
def paper_settle_post(rq: PortalRequest) -> Reply:
    """Note that one is settled."""
    return act_post(rq, SETTLE)


@desk_get("/customers/{customer_id:uuid}/mails", name="customer-mails", permission=HELP)
def mails(rq: PortalRequest) -> Reply:
    """The mails of the customer, what became of them, and which can be sent again."""
    return Show(mails_page(rq))


@desk_get("/customers/{customer_id:uuid}/mails/again", name="customer-mail-again", permission=HELP)
def mail_again(rq: PortalRequest) -> Reply:
    """The mails that can be sent again."""
    return act_page(rq, AGAIN)


@desk_post("/customers/{customer_id:uuid}/mails/again", name="customer-mail-again", permission=HELP)
def mail_again_post(rq: PortalRequest) -> Reply:
    """Send one again, as it was or made anew."""
    return act_post(rq, AGAIN)
