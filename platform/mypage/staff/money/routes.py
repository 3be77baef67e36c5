"""An amount on a customer's bill by hand: the form, the check, the proposal."""

from __future__ import annotations

import uuid
from datetime import date

from mypage.billing.tax import TaxableLine
from mypage.forms.drafts import DraftContent
from mypage.forms.form import PortalForm
from mypage.lib.money import format_yen
from mypage.staff.approvals.carrying import Payload
from mypage.staff.approvals.errors import AlreadyWaiting, WorldChanged
from mypage.staff.approvals.views import means_of
from mypage.staff.approvals.wizard import Proposal, after_the_end, keep, kept, propose_once
from mypage.staff.customers.service import CustomerFacts, find_customer
from mypage.staff.money.forms import amount_form, contracts_of, open_months
from mypage.staff.money.pages import AmountCheckPage, AmountPage
from mypage.staff.money.posting import KIND, RATES, describe, facts
from mypage.staff.money.preview import BillPreview, preview
from mypage.staff.permissions import PROPOSE
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get, desk_post

WIZARD = "desk-amount"
_FIELDS = ("way", "contract", "month", "amount", "rate", "description", "reason")


@desk_get("/customers/{customer_id:uuid}/amount", name="amount", permission=PROPOSE)
def amount(rq: PortalRequest) -> Reply:
    """The form, filled again for who comes back to it."""
    customer = find_customer(rq.tx, rq.uuid_param("customer_id"))
    draft = kept(rq, WIZARD, rq.query.get("draft", ""), str(customer.id))
    contracts, months = contracts_of(rq.tx, customer.id), open_months(rq.tx)
    values = dict(draft.data) if draft else {"rate": "10"}
    return Show(_form_page(rq, customer, amount_form(rq.t, contracts, months, values=values), bool(contracts)))


@desk_post("/customers/{customer_id:uuid}/amount", name="amount", permission=PROPOSE)
def amount_post(rq: PortalRequest) -> Reply:
    """Check what was typed, and go on to the page that says what would happen."""
    customer = find_customer(rq.tx, rq.uuid_param("customer_id"))
    contracts = contracts_of(rq.tx, customer.id)
    form = amount_form(rq.t, contracts, open_months(rq.tx), rq.form)
    if not form.validate():
        return Show(_form_page(rq, customer, form, bool(contracts)), status=422)
    data = {name: form.text(name) for name in _FIELDS}
    number = next(c.number for c in contracts if str(c.id) == data["contract"])
    data |= {"about": str(customer.id), "number": number}
    if _preview(rq, _payload(data)).after < 0:
        text = "The bill would come to less than nothing. Give a smaller credit, or another month"
        form.add_error("amount", rq.t(text))
        return Show(_form_page(rq, customer, form, True), status=422)
    return Go("amount-check", {"customer_id": customer.id, "draft": keep(rq, WIZARD, data)})


@desk_get("/customers/{customer_id:uuid}/amount/check", name="amount-check", permission=PROPOSE)
def amount_check(rq: PortalRequest) -> Reply:
    """What would stand on which bill of whom, and what that bill comes to."""
    customer = find_customer(rq.tx, rq.uuid_param("customer_id"))
    text = rq.query.get("draft", "")
    draft = kept(rq, WIZARD, text, str(customer.id))
    if draft is None:
        return after_the_end(rq, WIZARD, text, form="amount", customer_id=customer.id)
    try:
        facts(rq.tx, _payload(draft.data))
    except WorldChanged:
        return _billed_meanwhile(rq, customer, draft)
    return Show(_check_page(rq, customer, draft))


@desk_post("/customers/{customer_id:uuid}/amount/check", name="amount-check", permission=PROPOSE)
def amount_propose(rq: PortalRequest) -> Reply:
    """Propose it; somebody else confirms."""
    customer = find_customer(rq.tx, rq.uuid_param("customer_id"))
    text = rq.form.get("operation", "")
    draft = kept(rq, WIZARD, text, str(customer.id))
    if draft is None:
        return after_the_end(rq, WIZARD, text, form="amount", customer_id=customer.id)
    payload = _payload(draft.data)
    try:
        approval_id = propose_once(
            rq, WIZARD, draft, Proposal(
                kind=KIND,
                customer_id=customer.id,
                payload=payload,
                summary=_summary(rq, customer, int(payload["amount"])),
                reason=str(draft.data["reason"]),
            ),
        )  # fmt: skip
    except AlreadyWaiting as waiting:
        return Show(_check_page(rq, customer, draft, waiting.approval_id), status=409)
    except WorldChanged:
        return _billed_meanwhile(rq, customer, draft)
    rq.flash("ok", rq.t("Proposed. It is carried out when somebody else has confirmed it."))
    return Go("approval", {"approval_id": approval_id})


def _payload(data: Payload) -> Payload:
    sign = -1 if data["way"] == "credit" else 1
    return {
        "contract_id": data["contract"],
        "number": data["number"],
        "month": data["month"],
        "amount": sign * int(data["amount"]),
        "rate": data["rate"],
        "description": data["description"],
    }


def _preview(rq: PortalRequest, payload: Payload) -> BillPreview:
    rate_bp, reduced = RATES[payload["rate"]]
    return preview(
        rq.tx,
        rq.desk.operator.products,
        rq.desk.tenant.settings.tax_mode,
        contract_id=uuid.UUID(payload["contract_id"]),
        month=date.fromisoformat(payload["month"]),
        line=TaxableLine(payload["amount"], rate_bp, reduced),
    )


def _summary(rq: PortalRequest, customer: CustomerFacts, amount: int) -> str:
    t, yen = rq.t, format_yen(abs(amount), rq.locale)
    if amount < 0:
        return t("Credit of %(amount)s for %(name)s", amount=yen, name=customer.name)
    return t("Charge of %(amount)s for %(name)s", amount=yen, name=customer.name)


def _form_page(rq: PortalRequest, customer: CustomerFacts, form: PortalForm, contracts: bool) -> AmountPage:
    return AmountPage(
        customer=f"{customer.name} ({customer.number})",
        customer_url=rq.href("customer", customer_id=customer.id),
        contracts=contracts,
        form=form,
        action_url=rq.href("amount", customer_id=customer.id),
    )


def _check_page(
    rq: PortalRequest, customer: CustomerFacts, draft: DraftContent, waiting: uuid.UUID | None = None
) -> AmountCheckPage:
    payload = _payload(draft.data)
    seen = _preview(rq, payload)
    return AmountCheckPage(
        customer=customer.name,
        told=describe(rq.tx, means_of(rq), payload),
        reason=str(draft.data["reason"]),
        before=format_yen(seen.before, rq.locale),
        after=format_yen(seen.after, rq.locale),
        partly=not seen.known,
        waiting_url=rq.href("approval", approval_id=waiting) if waiting else "",
        operation=str(draft.id),
        draft=str(draft.id),
        action_url=rq.href("amount-check", customer_id=customer.id),
        back_url=rq.href("amount", customer_id=customer.id, draft=draft.id),
    )


def _billed_meanwhile(rq: PortalRequest, customer: CustomerFacts, draft: DraftContent) -> Reply:
    rq.flash("warn", rq.t("The bills of that month are being made already. Choose a later month."))
    return Go("amount", {"customer_id": customer.id, "draft": draft.id})
