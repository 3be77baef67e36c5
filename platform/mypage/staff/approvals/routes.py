"""Proposals: the list, one of them, confirming, refusing, withdrawing."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from mypage.db.session import Tx
from mypage.lib.errors import NotAllowed
from mypage.staff.approvals.errors import NotForTheOffice, Refusal
from mypage.staff.approvals.service import approve, find_approval, finish, refuse, withdraw
from mypage.staff.approvals.views import carry_of, means_of, proposal_page, proposals_page, refusal_form
from mypage.staff.errors import NotInvitable
from mypage.staff.models import Approval
from mypage.staff.permissions import APPROVE, PROPOSE
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get, desk_post


@desk_get("/approvals", name="approvals", permission=PROPOSE)
def approvals(rq: PortalRequest) -> Reply:
    """What waits for a second person, and what became of the rest."""
    return Show(proposals_page(rq, rq.tx))


@desk_get("/approvals/{approval_id:uuid}", name="approval", permission=PROPOSE)
def approval(rq: PortalRequest) -> Reply:
    """One proposal with everything that it would do."""
    return Show(proposal_page(rq, rq.tx, rq.uuid_param("approval_id")))


@desk_post("/approvals/{approval_id:uuid}/confirm", name="approval-confirm", permission=APPROVE, reauth=True)
async def confirm_post(rq: PortalRequest) -> Reply:
    """Confirm what the page showed; what is a matter of the office is done there, after this was committed."""
    approval_id, by = rq.uuid_param("approval_id"), rq.principal.account_id
    means, seen = means_of(rq, approval_id), _bytes(rq.form.get("seal", ""))

    def work(tx: Tx) -> Approval:
        if not rq.principal.may(carry_of(find_approval(tx, approval_id)).permission):
            raise NotAllowed
        return approve(tx, means, approval_id, by=by, seen=seen)

    try:
        row = await rq.run_at_desk(work)
    except Refusal as trouble:
        return await _refused(rq, approval_id, trouble)
    office = carry_of(row).in_office
    if office is not None and row.state == "approved":
        try:
            done = await rq.run(lambda tx: office(tx, means, row.payload))
        except NotInvitable:
            return await _refused(rq, approval_id, NotForTheOffice())
        await rq.run_at_desk(lambda tx: finish(tx, approval_id, means, done))
    rq.flash("ok", rq.t("Confirmed and carried out."))
    return Go("approval", {"approval_id": approval_id})


@desk_post("/approvals/{approval_id:uuid}/refuse", name="approval-refuse", permission=APPROVE)
async def refuse_post(rq: PortalRequest) -> Reply:
    """Say no, with a reason."""
    approval_id, form = rq.uuid_param("approval_id"), refusal_form(rq, posted=True)
    if not form.validate():
        page = await rq.run_at_desk(lambda tx: proposal_page(rq, tx, approval_id, form=form))
        return Show(page, status=422)
    by, reason = rq.principal.account_id, form.text("reason")
    return await _decide(rq, approval_id, lambda tx: refuse(tx, approval_id, by=by, reason=reason), "Refused.")


@desk_post("/approvals/{approval_id:uuid}/withdraw", name="approval-withdraw", permission=PROPOSE)
async def withdraw_post(rq: PortalRequest) -> Reply:
    """Take one's own proposal back."""
    approval_id, by = rq.uuid_param("approval_id"), rq.principal.account_id
    return await _decide(rq, approval_id, lambda tx: withdraw(tx, approval_id, by=by), "Withdrawn.")


async def _decide(rq: PortalRequest, approval_id: uuid.UUID, work: Callable[[Tx], Approval], said: str) -> Reply:
    try:
        await rq.run_at_desk(work)
    except Refusal as trouble:
        return await _refused(rq, approval_id, trouble)
    rq.flash("ok", rq.t(said))
    return Go("approval", {"approval_id": approval_id})


async def _refused(rq: PortalRequest, approval_id: uuid.UUID, trouble: Refusal) -> Reply:
    page = await rq.run_at_desk(lambda tx: proposal_page(rq, tx, approval_id, trouble=trouble))
    return Show(page, status=409)


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text[:64])
    except ValueError:
        return b""
