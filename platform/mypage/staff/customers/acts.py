"""What staff can do for a customer: links on the customer's page. Whoever writes such a page adds its line."""

from __future__ import annotations

from dataclasses import dataclass


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


ACTS: tuple[ActLink, ...] = ()
"""In the order of the page; a link is shown to those who hold its permission."""
