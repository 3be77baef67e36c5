"""A role as a proposal: what it says, and how the office carries it out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from mypage.audit.trail import record
from mypage.db.session import Tx
from mypage.operators.naming import portal_called
from mypage.staff import invites
from mypage.staff.approvals.carrying import Carry, DeskMeans, Payload, Told
from mypage.staff.invites import Invitation
from mypage.staff.members import member_at, note_member
from mypage.staff.models import StaffMember
from mypage.staff.permissions import ROLE_WORDS, ROLES

KIND = "role"


def payload_of(*, account_id: uuid.UUID | None, email: str, name: str, before: str, role: str, by: str) -> Payload:
    """What is proposed: `role` from now on, "" for none; `account_id` None invites; `by` is the proposer's name."""
    told = {"email": email, "name": name, "before": before, "role": role, "by": by}
    return told | {"account_id": str(account_id) if account_id else ""}


def facts(tx: Tx, payload: Payload) -> Mapping[str, Any]:
    """The role that the tenant's copy knows, so that a change from elsewhere meanwhile is not overwritten."""
    held = select(StaffMember.role).where(
        StaffMember.tenant_id == tx.tenant, StaffMember.email == payload["email"], StaffMember.active
    )
    return {"roles": sorted(tx.scalars(held))}


def describe(_tx: Tx, desk: DeskMeans, payload: Payload) -> tuple[Told, ...]:
    """Who, where, what they may do now and then, and what follows of it."""
    t, nothing = desk.t, desk.t("None")
    before, role = payload["before"], payload["role"]
    return (
        Told(t("Person"), f"{payload['name']} ({payload['email']})"),
        Told(t("Portal"), portal_called(desk.tenant, desk.operator, t.locale)),
        Told(t("Role now"), t(ROLE_WORDS[before]) if before else nothing),
        Told(t("Role then"), t(ROLE_WORDS[role]) if role else nothing),
        Told(t("What follows"), t(_follows(payload))),
    )


def in_office(tx: Tx, desk: DeskMeans, payload: Payload) -> Mapping[str, Any]:
    """Invite, change or withdraw, in the console's own tenant; again it changes nothing. Returns whose role it is."""
    means = desk.office
    assert means is not None, "the desk of a request knows its office"
    place = portal_called(desk.tenant, desk.operator, means.language)
    worked, role, by = desk.tenant.name, payload["role"], payload["by"]
    if not payload["account_id"]:
        wanted = Invitation(email=payload["email"], name=payload["name"], worked=worked, role=role, portal=place)
        account_id, _ = invites.invite(tx, means, wanted, by=by)
        # Who has an account keeps the name on it, whatever the proposer calls them.
        found = member_at(tx, account_id, worked)
        return {"account_id": str(account_id), "name": found.name, "email": found.email}
    account_id = uuid.UUID(payload["account_id"])
    if role:
        invites.reassign(tx, means, account_id, worked, role, place, by=by)
    else:
        invites.dismiss(tx, means, account_id, worked, place, by=by)
    return {"account_id": str(account_id)}


def settle(tx: Tx, _desk: DeskMeans, payload: Payload, done: Mapping[str, Any]) -> None:
    """The names of the tenant that is worked for follow what the office has decided."""
    role = payload["role"] or payload["before"]
    known = {name: done.get(name) or payload[name] for name in ("name", "email")}
    told = known | {"role": role}
    note_member(tx, uuid.UUID(done["account_id"]), **told, active=bool(payload["role"]))
    after = {"name": known["name"], "role": role}
    if payload["role"]:
        record(tx, "staff.role_granted", "staff", done["account_id"], after=after)
    else:
        record(tx, "staff.role_withdrawn", "staff", done["account_id"], after=after)


def _follows(payload: Payload) -> str:
    if not payload["account_id"]:
        return (
            "Who has no account of the console gets a mail with a link, good for 72 hours. "
            "Who has one already gets the role at once, and a mail that says so."
        )
    if payload["role"]:
        return "The role changes at once, and they are told by mail."
    return (
        "They can work here no more, from this moment on. Who has no other role is signed out. They are told by mail."
    )


ROLE = Carry(
    label="Role of staff",
    facts=facts,
    describe=describe,
    in_office=in_office,
    settle=settle,
    subject=lambda payload: str(payload["account_id"] or ""),
    permission=ROLES,
)
