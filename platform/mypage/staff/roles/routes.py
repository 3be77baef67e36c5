"""Who works for the tenant: the list, an invitation, another role or none. All of it waits for a second manager."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select

from mypage.auth.forms import check_login_id
from mypage.db.session import Tx
from mypage.forms.form import PortalForm
from mypage.lib.clock import tokyo_day
from mypage.lib.errors import NotAllowed, NotFound
from mypage.staff.approvals.carrying import Payload
from mypage.staff.approvals.errors import AlreadyWaiting
from mypage.staff.approvals.service import propose
from mypage.staff.errors import NoSuchMember
from mypage.staff.members import Member, member_at, members_of
from mypage.staff.models import Approval
from mypage.staff.office import SCHEME
from mypage.staff.permissions import ROLE_WORDS, ROLES
from mypage.staff.roles.forms import NONE, invite_form, role_form
from mypage.staff.roles.kind import KIND, payload_of
from mypage.staff.roles.pages import RoleInvitePage, RolePage, RoleRow, RolesPage, WaitingRole
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get, desk_post


@desk_get("/roles", name="roles", permission=ROLES)
async def roles(rq: PortalRequest) -> Reply:
    """Everybody who holds a role here, and the changes that wait."""
    worked = rq.desk.tenant.name
    found = await rq.run(lambda tx: members_of(tx, worked))
    waiting = await rq.run_at_desk(lambda tx: _waiting(rq, tx))
    page = RolesPage(
        portal=rq.desk.called(rq.locale),
        rows=tuple(_row(rq, member) for member in found),
        waiting=waiting,
        invite_url=rq.href("role-invite"),
    )
    return Show(page)


@desk_get("/roles/invite", name="role-invite", permission=ROLES)
def role_invite(rq: PortalRequest) -> Reply:
    """Whom to invite."""
    return _invite_page(rq, invite_form(None, t=rq.t), 200)


@desk_post("/roles/invite", name="role-invite", permission=ROLES)
async def role_invite_post(rq: PortalRequest) -> Reply:
    """Propose an invitation, or a role for who has an account; a second manager confirms."""
    form = invite_form(rq.form, t=rq.t)
    good = form.validate()
    if good:
        good = check_login_id(form, "email", rq.operator.login_id_policies[SCHEME], form.text("email"))
    if not good:
        return _invite_page(rq, form, 422)
    email, worked = form.text("email"), rq.desk.tenant.name
    held = await rq.run(lambda tx: [each for each in members_of(tx, worked) if each.email.lower() == email.lower()])
    if any(each.joined for each in held):
        form.add_error("email", rq.t("Who has this address works here already. Change the role in the list"))
        return _invite_page(rq, form, 422)
    name, role = form.text("name"), form.text("role")
    before = held[0].role if held else ""
    words = rq.t("Invitation of %(name)s as %(role)s", name=name, role=rq.t(ROLE_WORDS[role]))
    payload = payload_of(account_id=None, email=email, name=name, before=before, role=role, by=rq.principal.name)
    return await _propose(rq, payload, words, form.text("reason"))


@desk_get("/roles/{staff_id:uuid}", name="role", permission=ROLES)
async def role(rq: PortalRequest) -> Reply:
    """One person: another role, or none."""
    member = await _member(rq)
    return _role_page(rq, member, role_form(None, member.role, t=rq.t), 200)


@desk_post("/roles/{staff_id:uuid}", name="role", permission=ROLES)
async def role_post(rq: PortalRequest) -> Reply:
    """Propose it; a second manager confirms. Nobody changes a role of their own."""
    member = await _member(rq)
    form = role_form(rq.form, member.role, t=rq.t)
    if not form.validate():
        return _role_page(rq, member, form, 422)
    wanted = "" if form.text("role") == NONE else form.text("role")
    payload = payload_of(
        account_id=member.account_id,
        email=member.email,
        name=member.name,
        before=member.role,
        role=wanted,
        by=rq.principal.name,
    )
    return await _propose(rq, payload, _summary(rq, member, wanted), form.text("reason"))


def _summary(rq: PortalRequest, member: Member, wanted: str) -> str:
    before = rq.t(ROLE_WORDS[member.role])
    if not wanted:
        return rq.t("%(name)s works here no more (%(before)s until now)", name=member.name, before=before)
    after = rq.t(ROLE_WORDS[wanted])
    return rq.t("%(name)s: %(after)s instead of %(before)s", name=member.name, before=before, after=after)


async def _propose(rq: PortalRequest, payload: Payload, summary: str, reason: str) -> Reply:
    """A second press finds what the first one proposed."""
    by = rq.principal.account_id

    def work(tx: Tx) -> uuid.UUID:
        row = propose(tx, kind=KIND, customer_id=None, payload=payload, summary=summary, reason=reason, by=by)
        return row.id

    try:
        approval_id = await rq.run_at_desk(work)
    except AlreadyWaiting as waiting:
        rq.flash("warn", rq.t("The same was proposed before and still waits."))
        return Go("approval", {"approval_id": waiting.approval_id})
    rq.flash("ok", rq.t("Proposed. It is carried out when somebody else has confirmed it."))
    return Go("approval", {"approval_id": approval_id})


async def _member(rq: PortalRequest) -> Member:
    """Somebody who works for the tenant. Raises NotFound, and NotAllowed for oneself."""
    account_id, worked = rq.uuid_param("staff_id"), rq.desk.tenant.name
    try:
        member = await rq.run(lambda tx: member_at(tx, account_id, worked))
    except NoSuchMember:
        raise NotFound from None
    if account_id == rq.principal.account_id:
        raise NotAllowed
    return member


def _waiting(rq: PortalRequest, tx: Tx) -> tuple[WaitingRole, ...]:
    rows = tx.execute(
        select(Approval.id, Approval.summary)
        .where(
            Approval.tenant_id == tx.tenant,
            Approval.kind == KIND,
            Approval.state == "waiting",
            Approval.expires_at > tx.now(),
        )
        .order_by(Approval.proposed_at)
        .limit(50)
    )
    return tuple(WaitingRole(summary=row.summary, url=rq.href("approval", approval_id=row.id)) for row in rows)


def _day(member: Member) -> date | None:
    return tokyo_day(member.granted_at) if member.granted_at else None


def _row(rq: PortalRequest, member: Member) -> RoleRow:
    own = member.account_id == rq.principal.account_id
    return RoleRow(
        name=member.name,
        email=member.email,
        role=ROLE_WORDS[member.role],
        state="invited" if not member.joined else "active" if member.second_factor else "half",
        since=_day(member),
        by=member.granted_by,
        url="" if own else rq.href("role", staff_id=member.account_id),
    )


def _invite_page(rq: PortalRequest, form: PortalForm, status: int) -> Reply:
    page = RoleInvitePage(
        portal=rq.desk.called(rq.locale),
        form=form,
        action_url=rq.href("role-invite"),
        back_url=rq.href("roles"),
    )
    return Show(page, status)


def _role_page(rq: PortalRequest, member: Member, form: PortalForm, status: int) -> Reply:
    page = RolePage(
        portal=rq.desk.called(rq.locale),
        name=member.name,
        email=member.email,
        role=ROLE_WORDS[member.role],
        since=_day(member),
        by=member.granted_by,
        form=form,
        action_url=rq.href("role", staff_id=member.account_id),
        back_url=rq.href("roles"),
    )
    return Show(page, status)
