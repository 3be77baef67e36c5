"""Proposals as pages show them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sqlalchemy import func, select

from mypage.auth.models import Customer
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.fields import PortalForm, TextAreaField
from mypage.lib.errors import NotFound
from mypage.staff.approvals.carrying import Carry, DeskMeans
from mypage.staff.approvals.errors import (
    AboutOneself,
    AlreadyDecided,
    NotForTheOffice,
    OwnProposal,
    Refusal,
    SeenOther,
    WorldChanged,
)
from mypage.staff.approvals.kinds import KINDS
from mypage.staff.approvals.pages import ProposalPage, ProposalRow, ProposalsPage
from mypage.staff.approvals.service import LONGEST_REASON, digest_of, find_approval, is_about, is_own
from mypage.staff.models import Approval
from mypage.staff.names import names_of
from mypage.staff.permissions import APPROVE
from mypage.staff.seats import office_means
from mypage.web.paging import page_wanted, pager_of
from mypage.web.request import PortalRequest

PAGE_SIZE = 50


def carry_of(row: Approval) -> Carry:
    """The kind of a proposal. Raises NotFound for one that this version does not know."""
    carry = KINDS.get(row.kind)
    if carry is None:
        raise NotFound
    return carry


def means_of(rq: PortalRequest, approval_id: uuid.UUID | None = None) -> DeskMeans:
    """What telling and carrying out need, of the seat of this request."""
    return DeskMeans(
        tenant=rq.desk.tenant,
        operator=rq.desk.operator,
        vault=rq.ports.get(Vault),
        t=rq.t,
        words=rq.desk.operator.catalogues[rq.locale],
        approval_id=approval_id,
        office=office_means(rq),
    )


def refusal_form(rq: PortalRequest, *, posted: bool = False) -> PortalForm:
    """The reason of a refusal."""
    fields = {"reason": TextAreaField("Why not", max_length=LONGEST_REASON, render_kw={"rows": "3"})}
    return PortalForm(fields, rq.form if posted else None, t=rq.t)


def proposals_page(rq: PortalRequest, tx: Tx) -> ProposalsPage:
    """A page of the list. Raises NotFound for a page that does not exist; the first always does."""
    everything, page = rq.query.get("show") == "all", page_wanted(rq)
    wanted = (
        select(Approval, Customer.name, func.count().over().label("total"))
        .outerjoin(Customer, (Customer.tenant_id == Approval.tenant_id) & (Customer.id == Approval.customer_id))
        .where(Approval.tenant_id == tx.tenant)
    )
    if everything:
        wanted = wanted.order_by(Approval.proposed_at.desc(), Approval.id)
    else:
        open_ = Approval.state.in_(("waiting", "approved"))
        wanted = wanted.where(open_).order_by(Approval.proposed_at, Approval.id)
    found = tx.execute(wanted.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)).all()
    if not found and page > 1:
        raise NotFound
    names = names_of(tx, (row.Approval.proposed_by for row in found))
    pages = max(1, -(-(found[0].total if found else 0) // PAGE_SIZE))
    return ProposalsPage(
        rows=tuple(_row(rq, tx, row.Approval, row.name or "", names) for row in found),
        everything=everything,
        pager=pager_of(rq, page=page, pages=pages, show="all" if everything else None),
    )


def proposal_page(
    rq: PortalRequest, tx: Tx, approval_id: uuid.UUID, *, trouble: Refusal | None = None, form: PortalForm | None = None
) -> ProposalPage:
    """One proposal, as it would be carried out now. Raises NotFound."""
    row = find_approval(tx, approval_id)
    carry = carry_of(row)
    names = names_of(tx, (each for each in (row.proposed_by, row.decided_by) if each is not None))
    customer = _customer_name(tx, row.customer_id)
    shown = _row(rq, tx, row, customer, names)
    own = is_own(tx, row, rq.principal.account_id)
    about = is_about(row, rq.principal.account_id)
    confirms = rq.principal.may(APPROVE) and rq.principal.may(carry.permission) and not about
    return ProposalPage(
        row=shown,
        told=carry.describe(tx, means_of(rq, row.id), row.payload),
        reason=row.reason,
        customer_url=_customer_url(rq, row.customer_id),
        seal=row.digest.hex(),
        changed=shown.state == "waiting" and _changed(tx, row),
        own=own,
        may_decide=shown.state == "waiting" and confirms and not own,
        may_finish=shown.state == "approved" and confirms and row.decided_by == rq.principal.account_id,
        decider=names.get(row.decided_by, "") if row.decided_by else "",
        decided_at=row.decided_at,
        note=row.decision_note,
        trouble=_trouble(rq, trouble) if trouble else "",
        form=form or refusal_form(rq),
        confirm_url=rq.href("approval-confirm", approval_id=row.id),
        refuse_url=rq.href("approval-refuse", approval_id=row.id),
        withdraw_url=rq.href("approval-withdraw", approval_id=row.id),
        here_url=rq.href("approval", approval_id=row.id),
    )


def _row(rq: PortalRequest, tx: Tx, row: Approval, customer: str, names: Mapping[uuid.UUID, str]) -> ProposalRow:
    late = row.state == "waiting" and row.expires_at <= tx.now()
    carry = KINDS.get(row.kind)
    return ProposalRow(
        url=rq.href("approval", approval_id=row.id),
        label=carry.label if carry else row.kind,
        summary=row.summary,
        customer=customer,
        proposer=names.get(row.proposed_by, ""),
        proposed_at=row.proposed_at,
        expires_at=row.expires_at,
        state="expired" if late else row.state,
        own=row.proposed_by == rq.principal.account_id,
    )


def _changed(tx: Tx, row: Approval) -> bool:
    try:
        return digest_of(tx, row.kind, row.payload) != row.digest
    except WorldChanged:
        return True


def _customer_name(tx: Tx, customer_id: uuid.UUID | None) -> str:
    if customer_id is None:
        return ""
    return tx.execute(
        select(Customer.name).where(Customer.tenant_id == tx.tenant, Customer.id == customer_id)
    ).scalar_one()


def _customer_url(rq: PortalRequest, customer_id: uuid.UUID | None) -> str:
    return rq.href("customer", customer_id=customer_id) if customer_id else ""


def _trouble(rq: PortalRequest, trouble: Refusal) -> str:
    """Why nothing happened, in words."""
    t = rq.t
    match trouble:
        case AboutOneself():
            return t("This is about a role of yours. Somebody else has to decide it.")
        case OwnProposal():
            return t("You proposed this yourself. Somebody else has to confirm it.")
        case NotForTheOffice():
            return t("Nothing was done: nobody can be invited at this mail address. Propose another address.")
        case SeenOther() | WorldChanged():
            return t("Nothing was done: what this builds on has changed since it was proposed.")
        case AlreadyDecided(state="done" | "approved", by=by):
            return t("Nothing was done: %(name)s was faster and has confirmed this.", name=by)
        case AlreadyDecided(state="refused", by=by):
            return t("Nothing was done: %(name)s was faster and has refused this.", name=by)
        case AlreadyDecided(state="withdrawn", by=by):
            return t("Nothing was done: %(name)s has withdrawn this.", name=by)
        case AlreadyDecided():
            return t("Nothing was done: the time of this proposal is over.")
        case _:
            return t("Nothing was done: only who proposed this can withdraw it.")
