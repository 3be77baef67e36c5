"""Emptying a place, and calling off what was applied for (OCN-71, OCN-118, OCN-119)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from mypage.contracts.reaching import reach_contract
from mypage.db.keys import Vault
from mypage.forms.drafts import draft_id_of
from mypage.forms.wizard import once
from mypage.hooks.permissions import SLOT_CHANGE
from mypage.lib.errors import NotFound, StaleForm
from mypage.orders.views import mode_of
from mypage.slots.confirming import cancel_page, confirm_page
from mypage.slots.drafts import WIZARD
from mypage.slots.errors import AlreadyProcessed, PriceChanged, SlotRefused
from mypage.slots.filing import Filing, file_wish
from mypage.slots.reading import overview, own_addresses, reach_application
from mypage.slots.refusing import say
from mypage.slots.routes import CAPABILITY, ONE, PATH
from mypage.slots.routes_confirm import MOST_TOLD
from mypage.slots.service import cancel, check_wish
from mypage.slots.values import ApplicationRow, SlotWish
from mypage.slots.views import heading_of, reach_slots
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

REMOVE = f"{ONE}/remove"
CANCEL = f"{PATH}/cancel/{{application_id:uuid}}"


@get(REMOVE, name="slots-remove", permission=SLOT_CHANGE, capability=CAPABILITY)
def slot_remove(rq: PortalRequest) -> Reply:
    """What ends, the new price, and who is told (OCN-119)."""
    slots, words = reach_slots(rq)
    ref, wish = reach_contract(rq.tx, rq.principal), _removal(rq)
    try:
        check_wish(rq.tx, rq.operator, ref, wish)
    except SlotRefused as refused:
        return say(rq, words, refused)
    page = confirm_page(
        rq,
        words,
        wish,
        overview(rq.tx, rq.operator, ref, slots),
        own_addresses(rq.tx, ref),
        operation=uuid.uuid4(),
        typed=None,
        terms=0,
        action_url=rq.href("slots-remove", code=slots.code, number=wish.number),
        back_url=rq.href("slots", code=slots.code),
    )
    return Show(page)


@post(REMOVE, name="slots-remove", permission=SLOT_CHANGE, capability=CAPABILITY)
def slot_removed(rq: PortalRequest) -> Reply:
    """Apply for it once; it can be called off while it waits."""
    slots, words = reach_slots(rq)
    wish = _removal(rq)
    if not 1 <= wish.number <= slots.at_most:
        raise NotFound
    operation = draft_id_of(rq.form.get("operation", ""))
    if operation is None:
        raise StaleForm
    try:
        once(rq.tx, str(operation), owner=rq.owner, wizard=WIZARD, effect=lambda: _file_removal(rq, wish, operation))
    except PriceChanged:
        rq.flash("warn", rq.t("What this costs has changed. Please check the fees once more."))
        return Go("slots-remove", {"code": slots.code, "number": wish.number})
    except SlotRefused as refused:
        return say(rq, words, refused)
    return Go("slots-done", {"code": slots.code, "operation": operation})


@get(CANCEL, name="slots-cancel", permission=SLOT_CHANGE, capability=CAPABILITY)
def slot_cancel(rq: PortalRequest) -> Reply:
    """One question (OCN-71)."""
    slots, words = reach_slots(rq)
    row = _application(rq)
    if not row.cancellable:
        return say(rq, words, AlreadyProcessed(row))
    return Show(cancel_page(rq, slots, words, row))


@post(CANCEL, name="slots-cancel", permission=SLOT_CHANGE, capability=CAPABILITY)
def slot_cancelled(rq: PortalRequest) -> Reply:
    """Call it off once; refused in words when it has been processed meanwhile."""
    slots, words = reach_slots(rq)
    row = _application(rq)
    operation = draft_id_of(rq.form.get("operation", ""))
    if operation is None:
        raise StaleForm
    try:
        once(rq.tx, str(operation), owner=rq.owner, wizard=WIZARD, effect=lambda: _cancel(rq, row))
    except SlotRefused as refused:
        return say(rq, words, refused)
    rq.flash("ok", rq.t("The order is cancelled."))
    return Go("slots", {"code": slots.code})


def _removal(rq: PortalRequest) -> SlotWish:
    slots, _ = reach_slots(rq)
    return SlotWish(
        slots=slots,
        number=int(rq.params["number"]),
        action="remove",
        tell=tuple(rq.form.getlist("tell")[:MOST_TOLD]),
        shown=rq.form.get("price", ""),
    )


def _file_removal(rq: PortalRequest, wish: SlotWish, operation: uuid.UUID) -> Mapping[str, Any]:
    _, words = reach_slots(rq)
    filing = Filing(
        operator=rq.operator,
        principal=rq.principal,
        words=words,
        heading=heading_of(words, "remove"),
        language=rq.locale,
        t=rq.t,
        mode=mode_of(rq),
    )
    return file_wish(rq.tx, rq.ports.get(Vault), filing, wish, None, operation_id=operation, consents=())


def _cancel(rq: PortalRequest, row: ApplicationRow) -> Mapping[str, Any]:
    cancelled = cancel(rq.tx, rq.operator, rq.principal, row.id)
    return {"code": cancelled.code, "cancelled": str(cancelled.id)}


def _application(rq: PortalRequest) -> ApplicationRow:
    """The application that the path names, of these places. Raises NotFound."""
    slots, _ = reach_slots(rq)
    row = reach_application(rq.tx, rq.principal, rq.uuid_param("application_id"))
    if row.code != slots.code:
        raise NotFound
    return row
