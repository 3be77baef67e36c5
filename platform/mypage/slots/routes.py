"""The list of places, and the first steps of an addition or change: input and terms (OCN-60 to OCN-92)."""

from __future__ import annotations

from mypage.contracts.reaching import reach_contract
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.permissions import SLOT_CHANGE, SLOT_READ
from mypage.hooks.slots import SlotAction
from mypage.lib.errors import NotFound
from mypage.slots import drafts
from mypage.slots.drafts import SlotDraft
from mypage.slots.errors import SlotRefused
from mypage.slots.forms import read, slot_form
from mypage.slots.reading import overview
from mypage.slots.refusing import back_to_list, gone, say
from mypage.slots.service import check_wish
from mypage.slots.values import SlotRow, SlotWish
from mypage.slots.views import (
    agreed_wording,
    input_page,
    list_page,
    next_terms,
    present_of,
    reach_slots,
    terms_of,
    terms_page,
)
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

CAPABILITY = "slots"
PATH = "/slots/{code:str}"
ONE = "/slots/{code:str}/{number:int}"


@get(PATH, name="slots", permission=SLOT_READ, capability=CAPABILITY)
def slots_list(rq: PortalRequest) -> Reply:
    """Every place with its state and what can be done about it (OCN-60 to OCN-72)."""
    slots, words = reach_slots(rq)
    rows = overview(rq.tx, rq.operator, reach_contract(rq.tx, rq.principal), slots)
    return Show(list_page(rq, slots, words, rows))


@get(ONE, name="slots-one", permission=SLOT_CHANGE, capability=CAPABILITY)
def slot(rq: PortalRequest) -> Reply:
    """The form for an empty place or one in use; with `edit`, what was entered before (OCN-75 to OCN-86, OCN-110)."""
    slots, words = reach_slots(rq)
    row = place_of(rq, rq.tx, int(rq.params["number"]))
    action: SlotAction = "add" if row.address is None else "change"
    if row.application is not None or row.blocked or action not in slots.actions:
        return back_to_list(rq, words, blocked=row.blocked)
    draft = drafts.find(rq.tx, rq.ports.get(Vault), rq.owner, slots.code, rq.query.get("edit", ""))
    if draft is not None and (draft.number, draft.action) != (row.number, action):
        draft = None
    form = slot_form(slots, words, None, t=rq.t, adding=action == "add", typed=draft.typed if draft else None)
    terms = len(terms_of(rq, slots, draft)) if draft is not None else 0
    return Show(input_page(rq, slots, words, row, form, terms=terms))


@post(ONE, name="slots-one", permission=SLOT_CHANGE, capability=CAPABILITY)
def slot_entered(rq: PortalRequest) -> Reply:
    """Check what the chosen pattern's fields hold, and go on to the terms or the check (OCN-83, OCN-84)."""
    slots, words = reach_slots(rq)
    row = place_of(rq, rq.tx, int(rq.params["number"]))
    action: SlotAction = "add" if rq.form.get("action", "") == "add" else "change"
    form = slot_form(slots, words, rq.form, t=rq.t, adding=action == "add")
    typed = read(form, present_of(row) if action == "change" else None)
    if typed is None and row.application is None and not row.blocked and (row.address is None) == (action == "add"):
        return Show(input_page(rq, slots, words, row, form), 422)
    options = typed.options if typed is not None else frozenset()
    wish = SlotWish(
        slots=slots, number=row.number, action=action, local=typed.local if typed is not None else None, options=options
    )
    try:
        check_wish(rq.tx, rq.operator, reach_contract(rq.tx, rq.principal), wish)
    except SlotRefused as refused:
        return say(rq, words, refused)
    assert typed is not None, "what was not understood is refused above"
    draft = drafts.begin(
        rq.tx,
        rq.ports.get(Vault),
        rq.owner,
        code=slots.code,
        number=row.number,
        action=action,
        typed=typed,
        had=row.options,
    )
    return onward(rq, draft)


@get(f"{PATH}/terms", name="slots-terms", permission=SLOT_CHANGE, capability=CAPABILITY)
def slot_terms(rq: PortalRequest) -> Reply:
    """The terms of an option that is newly chosen (OCN-87)."""
    slots, words = reach_slots(rq)
    text = rq.query.get("draft", "")
    draft = drafts.find(rq.tx, rq.ports.get(Vault), rq.owner, slots.code, text)
    if draft is None:
        return gone(rq, rq.tx, text)
    wanted = terms_of(rq, slots, draft)
    if not wanted:
        return Go("slots-confirm", {"code": slots.code, "draft": draft.id})
    return Show(terms_page(rq, slots, words, draft, next_terms(rq, slots, draft) or wanted[-1]))


@post(f"{PATH}/terms", name="slots-terms", permission=SLOT_CHANGE, capability=CAPABILITY)
def slot_agreed(rq: PortalRequest) -> Reply:
    """Note the agreement with what was read, or drop everything (OCN-88, OCN-91, OCN-92)."""
    slots, _ = reach_slots(rq)
    text, vault = rq.form.get("operation", ""), rq.ports.get(Vault)
    draft = drafts.find(rq.tx, vault, rq.owner, slots.code, text)
    if draft is None:
        return gone(rq, rq.tx, text)
    if rq.form.get("answer", "") == "stop":
        drafts.drop(rq.tx, rq.owner)
        return Go("slots", {"code": slots.code})
    option = next_terms(rq, slots, draft)
    if option and rq.form.get("answer", "") == "agree":
        if rq.form.get("terms", "") == agreed_wording(rq, slots, option, rq.locale).mark:
            draft = drafts.agree(rq.tx, vault, rq.owner, draft, option, rq.form["terms"], rq.locale)
        else:
            rq.flash("warn", rq.t("The terms have changed. Please read them again."))
    return onward(rq, draft)


def onward(rq: PortalRequest, draft: SlotDraft) -> Reply:
    """To the next terms that are not agreed to, else to the check."""
    slots, _ = reach_slots(rq)
    name = "slots-terms" if next_terms(rq, slots, draft) else "slots-confirm"
    return Go(name, {"code": slots.code, "draft": draft.id})


def place_of(rq: PortalRequest, tx: Tx, number: int) -> SlotRow:
    """A place of the contract. Raises NotFound."""
    slots, _ = reach_slots(rq)
    rows = overview(tx, rq.operator, reach_contract(tx, rq.principal), slots)
    if not 1 <= number <= len(rows):
        raise NotFound
    return rows[number - 1]


def again(rq: PortalRequest, tx: Tx, draft: SlotDraft, name: str) -> Reply:
    """Back to the input, for the name cannot be had (OCN-106)."""
    slots, words = reach_slots(rq)
    typed = draft.typed
    form = slot_form(slots, words, None, t=rq.t, adding=draft.action == "add", typed=typed)
    form.parts[typed.pattern].add_error("name", rq.t(words.taken, name=name))
    row = place_of(rq, tx, draft.number)
    return Show(input_page(rq, slots, words, row, form, terms=len(terms_of(rq, slots, draft))), 422)
