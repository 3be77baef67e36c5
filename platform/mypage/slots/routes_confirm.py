"""The check of an addition or change, its 登録, and what was taken (OCN-93 to OCN-108, OCN-116, OCN-117)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from mypage.contracts.reaching import reach_contract
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.wizard import once, recall
from mypage.hooks.permissions import SLOT_CHANGE
from mypage.hooks.slots import ReservationUnavailable
from mypage.lib.errors import DomainError, ReauthNeeded
from mypage.orders.views import mode_of
from mypage.slots import drafts
from mypage.slots.confirming import confirm_page, done_page
from mypage.slots.drafts import WIZARD, SlotDraft
from mypage.slots.errors import NameTaken, PriceChanged, SlotRefused
from mypage.slots.filing import Filing, file_wish
from mypage.slots.following import gets_mails
from mypage.slots.reading import overview, own_addresses, reach_application
from mypage.slots.refusing import gone, say
from mypage.slots.reserving import Reservations, release, reserve
from mypage.slots.routes import CAPABILITY, PATH, again
from mypage.slots.service import check_wish
from mypage.slots.values import Reserved, SlotRow, SlotWish
from mypage.slots.views import consent_of, heading_of, next_terms, reach_slots, terms_of
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

CONFIRM = f"{PATH}/confirm"
MOST_TOLD = 500
"""More addresses than any contract has."""


@get(CONFIRM, name="slots-confirm", permission=SLOT_CHANGE, capability=CAPABILITY)
def slot_confirm(rq: PortalRequest) -> Reply:
    """What will be applied for; not before the terms are agreed to (OCN-91)."""
    slots, words = reach_slots(rq)
    text = rq.query.get("draft", "")
    draft = drafts.find(rq.tx, rq.ports.get(Vault), rq.owner, slots.code, text)
    if draft is None:
        return gone(rq, rq.tx, text)
    if next_terms(rq, slots, draft):
        return Go("slots-terms", {"code": slots.code, "draft": draft.id})
    ref, wish = reach_contract(rq.tx, rq.principal), wish_of(rq, draft)
    try:
        checked = check_wish(rq.tx, rq.operator, ref, wish)
    except SlotRefused as refused:
        return say(rq, words, refused)
    if not _is_proved(rq, rq.tx, draft, checked.row):
        raise ReauthNeeded
    page = confirm_page(
        rq,
        words,
        wish,
        overview(rq.tx, rq.operator, ref, slots),
        own_addresses(rq.tx, ref),
        operation=draft.id,
        typed=draft.typed,
        terms=len(terms_of(rq, slots, draft)),
        action_url=rq.href("slots-confirm", code=slots.code),
        back_url=rq.href("slots-one", code=slots.code, number=draft.number, edit=draft.id),
    )
    return Show(page)


@post(CONFIRM, name="slots-confirm", permission=SLOT_CHANGE, capability=CAPABILITY)
async def slot_commit(rq: PortalRequest) -> Reply:
    """Reserve the name on a host outside of any unit, then register all in one; a second press changes nothing."""
    reach_slots(rq)
    ready = await rq.run(lambda tx: _ready(rq, tx))
    if not isinstance(ready, SlotDraft):
        return ready
    port, wish, reserved = rq.ports.get(Reservations), wish_of(rq, ready), None
    try:
        reserved = await reserve(port, rq.tenant, rq.run, rq.principal, wish, ready.id)
        await rq.run(lambda tx: _register(rq, tx, ready, wish, reserved))
    except DomainError as error:
        refused = error
    except ReservationUnavailable:
        rq.flash("warn", rq.t("The name cannot be reserved just now. Please try again a little later."))
        return Go("slots-confirm", {"code": wish.slots.code, "draft": ready.id})
    else:
        return Go("slots-done", {"code": wish.slots.code, "operation": ready.id})
    if reserved is not None:
        await release(port, rq.tenant, wish.slots, reserved)
    return await rq.run(lambda tx: _refused(rq, tx, ready, refused))


@get(f"{PATH}/done", name="slots-done", permission=SLOT_CHANGE, capability=CAPABILITY)
def slot_done(rq: PortalRequest) -> Reply:
    """What was taken, and how far it is now (OCN-107)."""
    slots, words = reach_slots(rq)
    done = recall(rq.tx, rq.query.get("operation", ""), owner=rq.owner, wizard=WIZARD)
    if not done or done["code"] != slots.code or "application" not in done:
        return Go("slots", {"code": slots.code})
    row = reach_application(rq.tx, rq.principal, uuid.UUID(done["application"]))
    return Show(done_page(rq, slots, words, row, done))


def wish_of(rq: PortalRequest, draft: SlotDraft) -> SlotWish:
    """What the draft and the form of the check ask for."""
    slots, _ = reach_slots(rq)
    return SlotWish(
        slots=slots,
        number=draft.number,
        action=draft.action,
        local=draft.typed.local,
        secret=draft.typed.secret,
        options=draft.typed.options,
        tell=tuple(rq.form.getlist("tell")[:MOST_TOLD]),
        shown=rq.form.get("price", ""),
        had=draft.had,
    )


def _ready(rq: PortalRequest, tx: Tx) -> SlotDraft | Reply:
    """The draft that may be registered now, or the answer when there is none (OCN-91)."""
    slots, words = reach_slots(rq)
    text = rq.form.get("operation", "")
    draft = drafts.find(tx, rq.ports.get(Vault), rq.owner, slots.code, text)
    if draft is None:
        return gone(rq, tx, text)
    if next_terms(rq, slots, draft):
        return Go("slots-terms", {"code": slots.code, "draft": draft.id})
    try:
        checked = check_wish(tx, rq.operator, reach_contract(tx, rq.principal), wish_of(rq, draft), mode_of(rq))
    except SlotRefused as refused:
        return say(rq, words, refused)
    if not _is_proved(rq, tx, draft, checked.row):
        # That page asks for the password, and is where one comes back to.
        return Go("slots-confirm", {"code": slots.code, "draft": draft.id})
    if checked.prices.mark != rq.form.get("price", ""):
        return _other_price(rq, draft)
    return draft


def _is_proved(rq: PortalRequest, tx: Tx, draft: SlotDraft, row: SlotRow) -> bool:
    """False before mails move by which the account can be opened, unless the password was given of late (OCN-109).

    Who has the new mail box chooses its password, so that a session left open would be enough to get all the rest.
    """
    signed_in, moves = rq.signed_in, bool(draft.typed.local and row.address)
    assert signed_in is not None
    if not moves or "password" not in rq.operator.recoveries or signed_in.reauth_fresh:
        return True
    return not gets_mails(tx, rq.principal.customer_id, row.address or "")


def _register(rq: PortalRequest, tx: Tx, draft: SlotDraft, wish: SlotWish, reserved: Reserved | None) -> None:
    slots, words = reach_slots(rq)
    terms = terms_of(rq, slots, draft)
    filing = Filing(
        operator=rq.operator,
        principal=rq.principal,
        words=words,
        heading=heading_of(words, draft.action, draft.typed),
        language=rq.locale,
        t=rq.t,
        mode=mode_of(rq),
        terms=len(terms),
    )
    consents = tuple(consent_of(rq, slots, draft, option) for option in terms)

    def effect() -> Mapping[str, Any]:
        vault = rq.ports.get(Vault)
        result = file_wish(tx, vault, filing, wish, reserved, operation_id=draft.id, consents=consents)
        drafts.drop(tx, rq.owner)
        return result

    once(tx, str(draft.id), owner=rq.owner, wizard=WIZARD, effect=effect)


def _refused(rq: PortalRequest, tx: Tx, draft: SlotDraft, refused: DomainError) -> Reply:
    """A name that cannot be had leads back to the input; nothing has changed (OCN-106)."""
    _, words = reach_slots(rq)
    if not isinstance(refused, SlotRefused):
        raise refused
    if isinstance(refused, NameTaken):
        return again(rq, tx, draft, refused.local)
    if isinstance(refused, PriceChanged):
        return _other_price(rq, draft)
    return say(rq, words, refused)


def _other_price(rq: PortalRequest, draft: SlotDraft) -> Reply:
    rq.flash("warn", rq.t("What this costs has changed. Please check the fees once more."))
    return Go("slots-confirm", {"code": draft.code, "draft": draft.id})
