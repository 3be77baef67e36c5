"""The work queue: its lists, one item, and what is done with it."""

from __future__ import annotations

import uuid

from mypage.db.session import Tx
from mypage.hooks.desk import CARD_REVIEW
from mypage.staff.names import active_members
from mypage.staff.permissions import EXPORT, QUEUE_READ, QUEUE_WORK
from mypage.staff.queue.acting import act_page, act_posted, in_step, late_reply, posted_version
from mypage.staff.queue.asking import ask_page, ask_posted
from mypage.staff.queue.exporting import export_file
from mypage.staff.queue.kinds import STUCK
from mypage.staff.queue.subjects import after, before
from mypage.staff.queue.views import answer_form, find_item, hand_form, item_page, note_form, queue_page
from mypage.web.replies import Go, GoPath, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get, desk_post
from mypage.web.urls import safe_path
from mypage.work import service
from mypage.work.errors import Moved, WrongState
from mypage.work.models import WorkItem

FIXED = {"queue-cards": (CARD_REVIEW,), "queue-failures": STUCK}
"""Lists of certain kinds, by route."""


@desk_get("/queue", name="queue", permission=QUEUE_READ)
def queue(rq: PortalRequest) -> Reply:
    """All work, what is due first."""
    return Show(queue_page(rq, rq.tx, title="Work queue"))


@desk_get("/queue/cards", name="queue-cards", permission=QUEUE_READ)
def queue_cards(rq: PortalRequest) -> Reply:
    """Cards whose name has to be compared."""
    return Show(queue_page(rq, rq.tx, title="Names on cards", kinds=FIXED["queue-cards"]))


@desk_get("/queue/failures", name="queue-failures", permission=QUEUE_READ)
def queue_failures(rq: PortalRequest) -> Reply:
    """What failed, and waits for somebody to see to it."""
    return Show(queue_page(rq, rq.tx, title="Stuck and failed", kinds=FIXED["queue-failures"]))


@desk_get("/queue/export", name="queue-export", permission=EXPORT)
def queue_export(rq: PortalRequest) -> Reply:
    """A list as a file, with the filters of the page."""
    return export_file(rq, rq.tx, FIXED.get(rq.query.get("only", ""), ()))


@desk_get("/queue/{item_id:uuid}", name="queue-item", permission=QUEUE_READ)
def queue_item(rq: PortalRequest) -> Reply:
    """One item with everything about it."""
    return Show(item_page(rq, rq.tx, rq.uuid_param("item_id")))


@desk_post("/queue/{item_id:uuid}/take", name="queue-take", permission=QUEUE_WORK)
def take_post(rq: PortalRequest) -> Reply:
    """Take it, from a list or from its page; from a list one stays there, at the same line."""
    item_id, by = rq.uuid_param("item_id"), rq.principal.account_id
    before(rq.tx, item_id)
    try:
        item = service.take(rq.tx, item_id, version=posted_version(rq), by=by)
    except (Moved, WrongState) as late:
        return late_reply(rq, rq.tx, late)
    after(rq, rq.tx, item, "taken")
    rq.flash("ok", rq.t("You have taken %(reference)s.", reference=item.reference))
    back = safe_path(rq.form.get("from", ""), rq.prefix)
    if back is not None and back.startswith(rq.href("queue")):
        return GoPath(f"{back.partition('#')[0]}#w-{item_id}")
    return Go("queue-item", {"item_id": item_id})


@desk_post("/queue/{item_id:uuid}/release", name="queue-release", permission=QUEUE_WORK)
def release_post(rq: PortalRequest) -> Reply:
    """Give it back."""
    item_id, by = rq.uuid_param("item_id"), rq.principal.account_id
    return in_step(
        rq,
        lambda tx: service.release(tx, item_id, version=posted_version(rq), by=by),
        "You have given %(reference)s back.",
    )


@desk_post("/queue/{item_id:uuid}/hand", name="queue-hand", permission=QUEUE_WORK)
def hand_post(rq: PortalRequest) -> Reply:
    """Hand it over to somebody who works for the tenant and may work on it."""
    item_id, by = rq.uuid_param("item_id"), rq.principal.account_id
    item = find_item(rq.tx, item_id)
    form = hand_form(rq, rq.tx, item, posted=True)
    if not form.validate():
        return _refused(rq, item_id, "hand", form)
    to = uuid.UUID(form.text("to"))
    name = next(member.name for member in active_members(rq.tx) if member.id == to)
    why, version = form.text("why"), posted_version(rq)

    def hand(tx: Tx) -> WorkItem:
        before(tx, item_id)
        handed = service.hand_over(tx, item_id, version=version, by=by, to=to, body=why)
        after(rq, tx, handed, "taken")
        return handed

    return in_step(
        rq,
        hand,
        "%(name)s has %(reference)s now.",
        name=name,
    )


@desk_get("/queue/{item_id:uuid}/ask", name="queue-ask", permission=QUEUE_WORK)
def ask(rq: PortalRequest) -> Reply:
    """A question to the customer."""
    return Show(ask_page(rq, rq.tx))


@desk_post("/queue/{item_id:uuid}/ask", name="queue-ask", permission=QUEUE_WORK)
def ask_post(rq: PortalRequest) -> Reply:
    """Confirm it, and send it."""
    return ask_posted(rq)


@desk_post("/queue/{item_id:uuid}/resume", name="queue-resume", permission=QUEUE_WORK)
def resume_post(rq: PortalRequest) -> Reply:
    """Keep what the customer answered, and go on."""
    item_id, by = rq.uuid_param("item_id"), rq.principal.account_id
    form = answer_form(rq, posted=True)
    if not form.validate():
        return _refused(rq, item_id, "resume", form)
    answer, closed = form.text("answer"), rq.desk.operator.desk.closed

    def resume(tx: Tx) -> WorkItem:
        before(tx, item_id)
        item = service.resume(tx, item_id, version=posted_version(rq), by=str(by), answer=answer, closed=closed)
        after(rq, tx, item, "answered", answer)
        return item

    return in_step(
        rq,
        resume,
        "The answer is kept. %(reference)s goes on.",
    )


@desk_post("/queue/{item_id:uuid}/note", name="queue-note", permission=QUEUE_WORK)
def note_post(rq: PortalRequest) -> Reply:
    """Write a note for staff."""
    item_id, by = rq.uuid_param("item_id"), rq.principal.account_id
    form = note_form(rq, posted=True)
    if not form.validate():
        return _refused(rq, item_id, "note", form)
    service.note(rq.tx, item_id, by=str(by), body=form.text("body"))
    return Go("queue-item", {"item_id": item_id})


@desk_get("/queue/{item_id:uuid}/decide/{act:str}", name="queue-decide", permission=QUEUE_WORK)
def decide(rq: PortalRequest) -> Reply:
    """What an act will do, and what it asks."""
    return Show(act_page(rq, rq.tx))


@desk_post("/queue/{item_id:uuid}/decide/{act:str}", name="queue-decide", permission=QUEUE_WORK)
async def decide_post(rq: PortalRequest) -> Reply:
    """Confirm it, and do it."""
    return await act_posted(rq)


def _refused(rq: PortalRequest, item_id: uuid.UUID, name: str, form: object) -> Reply:
    return Show(item_page(rq, rq.tx, item_id, forms={name: form}), status=422)  # type: ignore[dict-item]
