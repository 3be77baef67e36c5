"""What staff can do for a customer: links on the customer's page. Whoever writes such a page adds its line."""

from __future__ import annotations

from dataclasses import dataclass

from mypage.staff.permissions import HELP, PROPOSE, SECRETS_SHOWN, VIEW_AS


@dataclass(frozen=True, slots=True, kw_only=True)
class ActLink:
    """A page of one customer; its route takes `customer_id`. `label` is a msgid, `icon` a name of macros/icon.html.

    `capability` is what the worked tenant's operator must have for it, "" for all.
    """

    route: str
    label: str
    permission: str
    icon: str
    capability: str = ""


ACTS: tuple[ActLink, ...] = (
    ActLink(route="customer-view", label="See the pages as the customer does", permission=VIEW_AS, icon="device"),
    ActLink(route="customer-unlock", label="Unlock a login", permission=HELP, icon="lock"),
    ActLink(route="customer-link", label="Send a link for a new password", permission=HELP, icon="mail"),
    ActLink(route="customer-sessions", label="End all sessions", permission=HELP, icon="device"),
    ActLink(route="customer-factors", label="Remove the second step of a login", permission=HELP, icon="mobile"),
    ActLink(route="customer-contact", label="Correct contact data", permission=HELP, icon="user"),
    ActLink(route="customer-paper", label="Note an application on paper", permission=HELP, icon="doc"),
    ActLink(route="customer-paper-settle", label="Settle an application on paper", permission=HELP, icon="check"),
    ActLink(route="customer-mails", label="Mails", permission=HELP, icon="mail"),
    ActLink(route="customer-secrets", label="Line passwords", permission=SECRETS_SHOWN, icon="key"),
    ActLink(route="amount", label="Credit or charge an amount", permission=PROPOSE, icon="bill"),
    ActLink(route="ending", label="End a contract", permission=PROPOSE, icon="minus"),
)
"""In the order of the page; a link is shown to those who hold its permission."""
