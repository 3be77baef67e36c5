"""What was done with an item, in sentences with names."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from mypage.db.session import Tx
from mypage.lib.clock import TOKYO, tokyo_day
from mypage.staff.names import names_of
from mypage.web.request import PortalRequest
from mypage.work.errors import Moved
from mypage.work.models import WorkItem, WorkNote

_DONE = {
    "taken": "%(who)s took it",
    "released": "%(who)s gave it back",
    "asked": "%(who)s asked the customer",
    "answered": "%(who)s kept the customer's answer",
    "note": "%(who)s wrote a note",
    "tried": "%(who)s tried it again",
    "opened": "It came again",
    "withdrawn": "It was settled otherwise (%(who)s)",
}
_OTHERS = {"a newer card": "a newer card", "system": "the system"}
CUSTOMER = "the customer"
"""The author of what a customer did with an item."""
_DECIDED = {"done": "%(who)s completed it", "rejected": "%(who)s turned it down"}
_LATE = {
    "taken": "%(who)s took it at %(at)s.",
    "handed": "%(who)s handed it over to %(to)s at %(at)s.",
    "released": "%(who)s gave it back at %(at)s.",
    "asked": "%(who)s asked the customer at %(at)s.",
    "answered": "%(who)s kept the customer's answer at %(at)s.",
    "withdrawn": "It was settled otherwise at %(at)s (%(who)s).",
    "opened": "It came again at %(at)s.",
}
_LATE_DECIDED = {"done": "%(who)s completed it at %(at)s.", "rejected": "%(who)s turned it down at %(at)s."}


def note_text(rq: PortalRequest, note: WorkNote, item: WorkItem, names: Mapping[uuid.UUID, str]) -> tuple[str, str]:
    """What a note says happened, and what was written with it."""
    who = who_is(rq, note.author, names)
    if note.kind == "handed":
        to, _, body = note.body.partition("\n")
        return rq.t("%(who)s handed it over to %(to)s", who=who, to=who_is(rq, to, names)), body
    if note.kind == "decided":
        state = item.state if item.state in _DECIDED else "done"
        return rq.t(_DECIDED[state], who=who), note.body
    if note.kind == "answered" and note.author == CUSTOMER:
        return rq.t("The customer has answered"), note.body
    return rq.t(_DONE[note.kind], who=who), note.body


def late_text(rq: PortalRequest, tx: Tx, moved: Moved) -> str:
    """Who was quicker, and with what, such as 「佐藤さんが 10:42 に引き受けました」."""
    ids = [uuid.UUID(each) for each in (moved.by, moved.holder or "") if _is_uuid(each)]
    names = names_of(tx, ids)
    at = _moment(tx, moved.at)
    texts = _LATE_DECIDED if moved.act == "decided" else _LATE
    text = texts.get(moved.state if moved.act == "decided" else moved.act, "It was changed at %(at)s.")
    to = who_is(rq, moved.holder or "", names)
    return rq.t(text, who=who_is(rq, moved.by, names), at=at, to=to)


def who_is(rq: PortalRequest, author: str, names: Mapping[uuid.UUID, str]) -> str:
    """The name of a staff member as one speaks of them, or what else it was."""
    if _is_uuid(author):
        name = names.get(uuid.UUID(author))
        return rq.t("%(person)s", person=name) if name else rq.t("Somebody who is gone")
    return rq.t(_OTHERS.get(author, author)) if author else rq.t("the system")


def _moment(tx: Tx, at: datetime) -> str:
    local = at.astimezone(TOKYO)
    return f"{local:%H:%M}" if tokyo_day(at) == tx.today() else f"{local:%m/%d %H:%M}"


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
