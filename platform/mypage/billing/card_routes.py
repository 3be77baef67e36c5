"""The change of the credit card (ACTV-62, ACTV-63). The card itself is typed on the payment company's page only."""

from __future__ import annotations

import uuid

from mypage.audit.trail import record
from mypage.billing.card_change import MAIL, mail_address
from mypage.billing.card_entry import Entry, find_entry, find_returned, pending_entry
from mypage.billing.card_flow import ask, confirm, entered_card, start_entry
from mypage.billing.card_pages import CardPage, CardPhonePage
from mypage.billing.card_views import (
    card_request,
    complete_page,
    confirm_page,
    consent_form,
    failed_page,
    start_page,
    wait_page,
)
from mypage.billing.cards import Card, current_card
from mypage.billing.errors import EntryUnderWay
from mypage.billing.review_queue import review_of, review_waits
from mypage.billing.tenant_gateways import Gateways
from mypage.billing.views import card_fact
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.form import PortalForm
from mypage.hooks.payment import PaymentGateway
from mypage.hooks.permissions import CARD_CHANGE
from mypage.lib.errors import StaleForm
from mypage.lib.tokens import new_token, sign, token_hash
from mypage.web.replies import Go, GoOut, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

_OPERATION = range(20, 101)


@get("/card", name="card", permission=CARD_CHANGE)
def card(rq: PortalRequest) -> Reply:
    """The card in use and the way to another one; without a payment company, the telephone."""
    if not rq.ports.get(Gateways).name_of(rq.tenant):
        fact = card_fact(rq, current_card(rq.tx, rq.principal))
        return Show(CardPhonePage(title=rq.operator.card_change.title, card=fact, home_url=rq.href("home")))
    return Show(_first_page(rq, rq.tx, consent_form(rq)))


@post("/card/start", name="card-start", permission=CARD_CHANGE, reauth=True)
async def card_start(rq: PortalRequest) -> Reply:
    """Open the payment company's page, after the password was given recently and what is demanded was ticked.

    The entry's id follows from the form's operation, so that the same form sent twice is the same entry.
    """
    gateways, operation = rq.ports.get(Gateways), rq.form.get("operation", "")
    if len(operation) not in _OPERATION:
        raise StaleForm
    if not gateways.name_of(rq.tenant):
        return Go("card")
    form = consent_form(rq, posted=True)
    if form is not None and not form.validate():
        return Show(await rq.run(lambda tx: _first_page(rq, tx, form)), status=422)
    token = new_token()
    current = await rq.run(lambda tx: _note_consent(rq, tx))
    try:
        entry = await start_entry(
            rq.run,
            gateways.of(rq.tenant),
            rq.ports.get(Vault),
            rq.principal,
            entry_id=_entry_id(rq, operation),
            return_token=token,
            gateway_name=gateways.name_of(rq.tenant),
            request=card_request(rq, current, return_token=token),
            reviewed=rq.operator.card_change.review,
            desk=rq.operator.desk,
        )
    except EntryUnderWay as error:
        return Go("card-result", {"setup_id": error.setup_id, "onward": 1})
    if entry.state == "sent" and entry.url:
        return GoOut(entry.url)
    return Go("card-result", {"setup_id": entry.id})


@get("/card/return/{token:str}", name="card-return", permission=CARD_CHANGE)
async def card_return(rq: PortalRequest) -> Reply:
    """Where the payment company sends the browser. What the browser says about the outcome is ignored.

    The entry is found by the token of its return address and belongs to the customer who is signed in. Who is not
    signed in any more signs in and comes back here; nothing is lost by that, nor by never coming back.
    """
    entry = await rq.run(lambda tx: find_returned(tx, rq.principal, str(rq.params["token"])))
    entry = await ask(rq.run, _gateway(rq), rq.ports.get(Vault), entry, rq.operator.desk)
    return Go(_place(entry), {"setup_id": entry.id})


@get("/card/result/{setup_id:uuid}", name="card-result", permission=CARD_CHANGE)
async def card_result(rq: PortalRequest) -> Reply:
    """What became of an entry: it waits until the payment company tells, then leads on."""
    entry = await rq.run(lambda tx: find_entry(tx, rq.principal, rq.uuid_param("setup_id")))
    if not entry.final and (entry.uncertain or entry.state != "entered"):
        entry = await ask(rq.run, _gateway(rq), rq.ports.get(Vault), entry, rq.operator.desk)
    onward = rq.query.get("onward") == "1"
    here = rq.href("card-result", setup_id=entry.id, onward=1 if onward else None)
    place = _place(entry)
    if place != "card-result":
        return _lead(rq, rq.href(place, setup_id=entry.id), Go(place, {"setup_id": entry.id}), entry)
    if onward and entry.state == "sent" and entry.url:
        return _lead(rq, entry.url, GoOut(entry.url), entry)
    if entry.final:
        current = await rq.run(lambda tx: current_card(tx, rq.principal))
        return _lead(rq, here, Show(failed_page(rq, entry, current)), entry)
    return Show(wait_page(rq, entry, url=here))


@get("/card/confirm/{setup_id:uuid}", name="card-confirm", permission=CARD_CHANGE)
async def card_confirm(rq: PortalRequest) -> Reply:
    """The card as it was and as it will be, its number masked; the name on it is asked for where it is shown."""
    entry, current = await rq.run(
        lambda tx: (find_entry(tx, rq.principal, rq.uuid_param("setup_id")), current_card(tx, rq.principal))
    )
    if _place(entry) != "card-confirm":
        return Go("card-result", {"setup_id": entry.id})
    rows = rq.operator.card_change.rows
    named = await entered_card(_gateway(rq), entry) if rows is not None and rows.holder else None
    return Show(confirm_page(rq, entry, current, named))


@post("/card/confirm/{setup_id:uuid}", name="card-confirm", permission=CARD_CHANGE)
async def card_register(rq: PortalRequest) -> Reply:
    """Register the confirmed card. Sent twice, it is registered once and both lead to the same result."""
    setup_id = rq.uuid_param("setup_id")
    if rq.form.get("operation") != str(setup_id):
        raise StaleForm
    entry = await confirm(rq.run, _gateway(rq), rq.ports.get(Vault), rq.principal, setup_id, rq.operator.desk)
    if _place(entry) == "card-confirm":
        current = await rq.run(lambda tx: current_card(tx, rq.principal))
        return Show(failed_page(rq, entry, current, retry="card-confirm", setup_id=setup_id), status=503)
    return Go(_place(entry), {"setup_id": setup_id})


@get("/card/complete/{setup_id:uuid}", name="card-complete", permission=CARD_CHANGE)
def card_complete(rq: PortalRequest) -> Reply:
    """The card that was registered."""
    entry = find_entry(rq.tx, rq.principal, rq.uuid_param("setup_id"))
    if entry.state != "registered" or entry.card is None:
        return Go("card-result", {"setup_id": entry.id})
    review = review_of(rq.tx, entry)
    if review in ("rejected", "replaced"):
        return Go("card")
    mailed = review is None and rq.operator.sends(MAIL) and bool(mail_address(rq.tx, entry))
    return Show(complete_page(rq, entry.card, held=review == "waiting", mailed=mailed))


def _first_page(rq: PortalRequest, tx: Tx, form: PortalForm | None) -> CardPage:
    pending, waits = pending_entry(tx, rq.principal), review_waits(tx, rq.principal.customer_id)
    return start_page(rq, current_card(tx, rq.principal), form=form, pending=pending, under_review=waits)


def _note_consent(rq: PortalRequest, tx: Tx) -> Card | None:
    """Keep in the trail who consented to which wording; the card in use."""
    words, principal = rq.operator.card_change, rq.principal
    if words.consent:
        wording = "\n".join(rq.t(text) for text in (*(note.text for note in words.notes), words.consent))
        told = {"wording": token_hash(wording).hex(), "language": rq.locale}
        told |= {"by_scheme": principal.scheme, "by_role": principal.role}
        record(tx, "card.consented", "account", principal.account_id, customer_id=principal.customer_id, after=told)
    return current_card(tx, principal)


def _gateway(rq: PortalRequest) -> PaymentGateway:
    return rq.ports.get(Gateways).of(rq.tenant)


def _entry_id(rq: PortalRequest, operation: str) -> uuid.UUID:
    """Nobody else's form can lead to the same id: the tenant's key and the customer are in it."""
    return uuid.uuid5(uuid.NAMESPACE_OID, sign(rq.key, "card-entry", str(rq.principal.customer_id), operation))


def _place(entry: Entry) -> str:
    """The route on which an entry goes on."""
    if entry.state == "registered":
        return "card-complete"
    ready = entry.state == "entered" and not entry.registering and entry.card is not None
    return "card-confirm" if ready else "card-result"


def _lead(rq: PortalRequest, url: str, reply: Reply, entry: Entry) -> Reply:
    """The reply itself, or for htmx, which would swap a redirect's page into the wait box, a header to go there."""
    if not rq.htmx:
        return reply
    return Show(wait_page(rq, entry, url=url), headers={"HX-Redirect": url})
