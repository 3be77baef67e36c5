"""What a kind of work does with its subject when the queue itself moves an item: taken, asked, answered."""

from __future__ import annotations

import uuid

from mypage.db.session import Tx
from mypage.staff.queue.kinds import KINDS
from mypage.staff.queue.means import Moving
from mypage.staff.queue.views import find_item, means_of
from mypage.web.request import PortalRequest
from mypage.work.models import WorkItem


def before(tx: Tx, item_id: uuid.UUID) -> None:
    """Lock the subject of an item first, as everybody does who changes both. Raises NotFound."""
    item = find_item(tx, item_id)
    kind = KINDS.get(item.kind)
    if kind is not None and kind.lock is not None:
        kind.lock(tx, item.subject_id)


def after(rq: PortalRequest, tx: Tx, item: WorkItem, act: Moving, body: str = "") -> bool | None:
    """Tell the subject what was done with its item; whether the customer got a mail, None where nobody tells them."""
    kind = KINDS.get(item.kind)
    return kind.moved(tx, means_of(rq), item, act, body) if kind is not None and kind.moved is not None else None
