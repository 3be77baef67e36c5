"""Every kind of work that the console knows. A new kind is a line here, and its subject's area opens and closes it."""

from __future__ import annotations

from collections.abc import Mapping

from mypage.hooks.desk import APPLICATION, CARD_REVIEW, FAILURE, MAIL, ORDER, TERMINATION
from mypage.hooks.requests import REQUEST
from mypage.lib.errors import NotFound
from mypage.staff.queue.applications import APPLICATIONS
from mypage.staff.queue.cards import CARDS
from mypage.staff.queue.jobs import FAILURES, ORDERS, UNDELIVERED
from mypage.staff.queue.means import Kind
from mypage.staff.queue.terminations import ENDINGS
from mypage.staff.requests.kind import REQUESTS

KINDS: Mapping[str, Kind] = {
    CARD_REVIEW: CARDS,
    ORDER: ORDERS,
    APPLICATION: APPLICATIONS,
    FAILURE: FAILURES,
    MAIL: UNDELIVERED,
    TERMINATION: ENDINGS,
    REQUEST: REQUESTS,
}
STUCK = (FAILURE, MAIL)
"""What failed, and waits for somebody to see to it."""


def kind_of(name: str) -> Kind:
    """The kind of an item. Raises NotFound for one that this version does not know."""
    kind = KINDS.get(name)
    if kind is None:
        raise NotFound
    return kind
