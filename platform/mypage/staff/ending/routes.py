"""Ending a contract for a customer: the form, the check, the proposal."""

from __future__ import annotations

import uuid
from datetime import date

from mypage.forms.drafts import DraftContent
from mypage.forms.form import PortalForm
from mypage.staff.approvals.carrying import Payload
from mypage.staff.approvals.errors import AlreadyWaiting, WorldChanged
from mypage.staff.approvals.views import means_of
from mypage.staff.approvals.wizard import Proposal, after_the_end, keep, kept, propose_once
from mypage.staff.customers.service import CustomerFacts, find_customer
from mypage.staff.ending.closing import KIND
from mypage.staff.ending.forms import ending_form, living_contracts
from mypage.staff.ending.pages import EndingCheckPage, EndingPage
from mypage.staff.ending.termination import describe, facts, summary
from mypage.staff.permissions import PROPOSE
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get, desk_post

WIZARD = "desk-ending"
_FIELDS = ("contract", "last_day", "reason")


@desk_get("/customers/{customer_id:uuid}/ending", name="ending", permission=PROPOSE)
def ending(rq: PortalRequest) -> Reply:
    """The form, filled again for who comes back to it."""
    customer = find_customer(rq.tx, rq.uuid_param("customer_id"))
    draft = kept(rq, WIZARD, rq.query.get("draft", ""), str(customer.id))
    contracts = living_contracts(rq.tx, customer.id)
    form = ending_form(rq.t, contracts, rq.today, values=dict(draft.data) if draft else None)
    return Show(_form_page(rq, customer, form, bool(contracts)))


@desk_post("/customers/{customer_id:uuid}/ending", name="ending", permission=PROPOSE)
def ending_post(rq: PortalRequest) -> Reply:
    """Check what was typed, and go on to the page that says what would end."""
    customer = find_customer(rq.tx, rq.uuid_param("customer_id"))
    contracts = living_contracts(rq.tx, customer.id)
    form = ending_form(rq.t, contracts, rq.today, rq.form)
    if not form.validate():
        return Show(_form_page(rq, customer, form, bool(contracts)), status=422)
    data = {name: form.text(name) for name in _FIELDS}
    number = next(c.number for c in contracts if str(c.id) == data["contract"])
    draft = keep(rq, WIZARD, data | {"about": str(customer.id), "number": number})
    return Go("ending-check", {"customer_id": customer.id, "draft": draft})


@desk_get("/customers/{customer_id:uuid}/ending/check", name="ending-check", permission=PROPOSE)
def ending_check(rq: PortalRequest) -> Reply:
    """Everything that would end, for whom."""
    customer = find_customer(rq.tx, rq.uuid_param("customer_id"))
    text = rq.query.get("draft", "")
    draft = kept(rq, WIZARD, text, str(customer.id))
    if draft is None:
        return after_the_end(rq, WIZARD, text, form="ending", customer_id=customer.id)
    try:
        facts(rq.tx, _payload(draft.data))
    except WorldChanged:
        return _over(rq, customer)
    return Show(_check_page(rq, customer, draft))


@desk_post("/customers/{customer_id:uuid}/ending/check", name="ending-check", permission=PROPOSE)
def ending_propose(rq: PortalRequest) -> Reply:
    """Propose it; somebody else confirms."""
    customer = find_customer(rq.tx, rq.uuid_param("customer_id"))
    text = rq.form.get("operation", "")
    draft = kept(rq, WIZARD, text, str(customer.id))
    if draft is None:
        return after_the_end(rq, WIZARD, text, form="ending", customer_id=customer.id)
    last_day = date.fromisoformat(str(draft.data["last_day"]))
    proposal = Proposal(
        kind=KIND,
        customer_id=customer.id,
        payload=_payload(draft.data),
        summary=summary(rq.t, customer.name, str(draft.data["number"]), last_day),
        reason=str(draft.data["reason"]),
    )
    try:
        approval_id = propose_once(rq, WIZARD, draft, proposal)
    except AlreadyWaiting as waiting:
        return Show(_check_page(rq, customer, draft, waiting.approval_id), status=409)
    except WorldChanged:
        return _over(rq, customer)
    rq.flash("ok", rq.t("Proposed. It is carried out when somebody else has confirmed it."))
    return Go("approval", {"approval_id": approval_id})


def _payload(data: Payload) -> Payload:
    return {"contract_id": data["contract"], "number": data["number"], "last_day": data["last_day"]}


def _form_page(rq: PortalRequest, customer: CustomerFacts, form: PortalForm, contracts: bool) -> EndingPage:
    return EndingPage(
        customer=f"{customer.name} ({customer.number})",
        customer_url=rq.href("customer", customer_id=customer.id),
        contracts=contracts,
        form=form,
        action_url=rq.href("ending", customer_id=customer.id),
    )


def _check_page(
    rq: PortalRequest, customer: CustomerFacts, draft: DraftContent, waiting: uuid.UUID | None = None
) -> EndingCheckPage:
    return EndingCheckPage(
        customer=customer.name,
        told=describe(rq.tx, means_of(rq), _payload(draft.data)),
        reason=str(draft.data["reason"]),
        waiting_url=rq.href("approval", approval_id=waiting) if waiting else "",
        operation=str(draft.id),
        action_url=rq.href("ending-check", customer_id=customer.id),
        back_url=rq.href("ending", customer_id=customer.id, draft=draft.id),
    )


def _over(rq: PortalRequest, customer: CustomerFacts) -> Reply:
    rq.flash("warn", rq.t("This contract has ended already."))
    return Go("ending", {"customer_id": customer.id})
