"""What customers read when something is not possible as things are: said on the list, where they see how things are."""

from __future__ import annotations

from collections.abc import Mapping

from mypage.db.session import Tx
from mypage.forms.wizard import recall
from mypage.hooks.slot_pages import SlotPage
from mypage.slots.drafts import WIZARD
from mypage.slots.errors import (
    AlreadyProcessed,
    BadWish,
    Blocked,
    Ending,
    LimitReached,
    NotFree,
    NothingChanges,
    NotUsed,
    SlotRefused,
    TooOften,
)
from mypage.web.replies import Go, Reply
from mypage.web.request import PortalRequest

_MEANWHILE = "This is not possible any more, for something has changed meanwhile. Please look at the list."
_WORDS: Mapping[type[SlotRefused], str] = {
    NotFree: _MEANWHILE,
    NotUsed: _MEANWHILE,
    BadWish: _MEANWHILE,
    NothingChanges: "Nothing would change by this, so nothing was ordered.",
    LimitReached: "No more can be added: all are in use or in process.",
    Ending: "The end of the contract has been accepted, so nothing can be changed any more.",
    TooOften: "So much was ordered here that nothing more can be ordered online just now. Please call us.",
    AlreadyProcessed: "This cannot be cancelled any more: it has been processed, or is being processed now.",
}


def say(rq: PortalRequest, words: SlotPage, refused: SlotRefused) -> Reply:
    """Back to the list with the reason; while an application on paper runs, in the operator's sentence (OCN-74)."""
    text = words.paper if isinstance(refused, Blocked) else _WORDS.get(type(refused), _MEANWHILE)
    rq.flash("warn", rq.t(text))
    return Go("slots", {"code": str(rq.params["code"])})


def back_to_list(rq: PortalRequest, words: SlotPage, *, blocked: bool) -> Reply:
    """For who opens a form that is not offered."""
    return say(rq, words, Blocked() if blocked else NotFree())


def gone(rq: PortalRequest, tx: Tx, text: str) -> Reply:
    """What was entered is not there: it was registered, or its time is over, or something else was entered since."""
    code = str(rq.params["code"])
    if not text:
        return Go("slots", {"code": code})
    if recall(tx, text, owner=rq.owner, wizard=WIZARD):
        return Go("slots-done", {"code": code, "operation": text})
    rq.flash("warn", rq.t("What you had entered is not kept any more. Please enter it again."))
    return Go("slots", {"code": code})
