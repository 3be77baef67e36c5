"""Proposals: made by one person, confirmed or refused by another, and only as they were seen."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from mypage.audit.trail import record
from mypage.db.session import Tx
from mypage.lib.errors import NotFound
from mypage.staff.approvals.carrying import DeskMeans, Payload
from mypage.staff.approvals.errors import (
    AboutOneself,
    AlreadyDecided,
    AlreadyWaiting,
    OthersProposal,
    OwnProposal,
    SeenOther,
    WorldChanged,
)
from mypage.staff.approvals.kinds import KINDS
from mypage.staff.models import Approval, StaffMember

LIFE = timedelta(days=7)
"""How long a proposal waits before it expires."""
LONGEST_REASON = 500


def propose(
    tx: Tx,
    *,
    kind: str,
    customer_id: uuid.UUID | None,
    payload: Mapping[str, Any],
    summary: str,
    reason: str,
    by: uuid.UUID,
) -> Approval:
    """Let something wait for a second person. `summary` says it in a line, with names; `by` is who proposes it.

    Raises AlreadyWaiting when the same waits, WorldChanged when it cannot be done as things are.
    """
    content = json.loads(json.dumps(dict(payload)))
    seal = digest_of(tx, kind, content)
    _make_way(tx, seal)
    row = Approval(
        tenant_id=tx.tenant,
        id=uuid.uuid4(),
        kind=kind,
        customer_id=customer_id,
        payload=content,
        digest=seal,
        summary=summary,
        reason=reason,
        state="waiting",
        proposed_by=by,
        proposed_at=tx.now(),
        expires_at=tx.now() + LIFE,
    )
    try:
        with tx.begin_nested():
            tx.add(row)
            tx.flush()
    except IntegrityError:
        _make_way(tx, seal)
        raise
    _note(tx, row, "approval.proposed", reason=reason)
    return row


def _make_way(tx: Tx, seal: bytes) -> None:
    """The same may wait once. Raises AlreadyWaiting; one whose time is over ends."""
    row = tx.execute(
        select(Approval)
        .where(Approval.tenant_id == tx.tenant, Approval.digest == seal, Approval.state == "waiting")
        .with_for_update()
    ).scalar_one_or_none()
    if row is None:
        return
    if row.expires_at > tx.now():
        raise AlreadyWaiting(row.id)
    _expire(tx, row)


def digest_of(tx: Tx, kind: str, payload: Payload) -> bytes:
    """The fingerprint of what would be done and of what it builds on, as things are now. Raises WorldChanged."""
    told = {"kind": kind, "payload": payload, "facts": KINDS[kind].facts(tx, payload)}
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).digest()


def find_approval(tx: Tx, approval_id: uuid.UUID) -> Approval:
    """One proposal of this tenant. Raises NotFound."""
    row = tx.execute(
        select(Approval).where(Approval.tenant_id == tx.tenant, Approval.id == approval_id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def approve(tx: Tx, desk: DeskMeans, approval_id: uuid.UUID, *, by: uuid.UUID, seen: bytes) -> Approval:
    """Confirm what `by` has seen (its digest) and carry it out; an office's kind is only marked, `finish` follows.

    Called again by the same person it changes nothing. Raises OwnProposal, AlreadyDecided, SeenOther, WorldChanged,
    NotFound; then nothing of it happened, if the caller rolls back.
    """
    row = _locked(tx, approval_id)
    if row.state in ("approved", "done") and row.decided_by == by:
        return row
    _check_turn(tx, row, by)
    if seen != row.digest:
        raise SeenOther
    carry = KINDS[row.kind]
    if carry.hold is not None:
        carry.hold(tx, row.payload)
    if digest_of(tx, row.kind, row.payload) != row.digest:
        raise WorldChanged
    row.state, row.decided_by, row.decided_at = "approved", by, tx.now()
    tx.flush()
    _note(tx, row, "approval.confirmed")
    if carry.carry_out is not None:
        carry.carry_out(tx, desk, row.payload)
        _done(tx, row)
    return row


def finish(tx: Tx, approval_id: uuid.UUID, desk: DeskMeans, done: Mapping[str, Any]) -> None:
    """Note that the office has carried a confirmed proposal out, and what came of it. Harmless when it was noted."""
    row = _locked(tx, approval_id)
    if row.state == "approved":
        settle = KINDS[row.kind].settle
        if settle is not None:
            settle(tx, desk, row.payload, done)
        _done(tx, row)


def refuse(tx: Tx, approval_id: uuid.UUID, *, by: uuid.UUID, reason: str) -> Approval:
    """Say no, for all time. Raises OwnProposal, AlreadyDecided, NotFound."""
    row = _locked(tx, approval_id)
    if row.state == "refused" and row.decided_by == by:
        return row
    _check_turn(tx, row, by)
    return _close(tx, row, "refused", by, reason)


def withdraw(tx: Tx, approval_id: uuid.UUID, *, by: uuid.UUID) -> Approval:
    """Take one's own proposal back. Raises OthersProposal, AlreadyDecided, NotFound."""
    row = _locked(tx, approval_id)
    if row.proposed_by != by:
        raise OthersProposal
    if row.state == "withdrawn":
        return row
    _check_open(tx, row)
    return _close(tx, row, "withdrawn", by, "")


def expire(tx: Tx, limit: int) -> int:
    """End up to `limit` proposals whose time is over. Returns how many."""
    rows = tx.scalars(
        select(Approval)
        .where(Approval.tenant_id == tx.tenant, Approval.state == "waiting", Approval.expires_at <= tx.now())
        .order_by(Approval.proposed_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        _expire(tx, row)
    return len(rows)


def is_own(tx: Tx, row: Approval, by: uuid.UUID) -> bool:
    """Whether `by` is who proposed it: the same account, or another one with the same mail address."""
    if row.proposed_by == by:
        return True
    found = tx.execute(
        select(StaffMember.email).where(StaffMember.tenant_id == tx.tenant, StaffMember.id.in_((row.proposed_by, by)))
    ).scalars()
    mails = [mail.strip().casefold() for mail in found]
    return len(mails) == 2 and mails[0] == mails[1] != ""


def is_about(row: Approval, by: uuid.UUID) -> bool:
    """Whether it is about a role of `by`."""
    carry = KINDS.get(row.kind)
    return carry is not None and carry.subject is not None and carry.subject(row.payload) == str(by)


def _check_turn(tx: Tx, row: Approval, by: uuid.UUID) -> None:
    _check_open(tx, row)
    if is_own(tx, row, by):
        raise OwnProposal
    if is_about(row, by):
        raise AboutOneself


def _check_open(tx: Tx, row: Approval) -> None:
    if row.state != "waiting":
        raise AlreadyDecided(row.state, name_of(tx, row.decided_by), row.decided_at)
    if row.expires_at <= tx.now():
        raise AlreadyDecided("expired", "", row.expires_at)


def name_of(tx: Tx, member: uuid.UUID | None) -> str:
    """The name of a staff member; "" for nobody and for who never worked here."""
    if member is None:
        return ""
    found = tx.execute(
        select(StaffMember.name).where(StaffMember.tenant_id == tx.tenant, StaffMember.id == member)
    ).scalar_one_or_none()
    return found or ""


def _close(tx: Tx, row: Approval, state: str, by: uuid.UUID, reason: str) -> Approval:
    row.state, row.decided_by, row.decided_at, row.decision_note = state, by, tx.now(), reason
    tx.flush()
    _note(tx, row, f"approval.{state}", reason=reason)
    return row


def _expire(tx: Tx, row: Approval) -> None:
    row.state, row.decided_at = "expired", tx.now()
    tx.flush()
    _note(tx, row, "approval.expired")


def _done(tx: Tx, row: Approval) -> None:
    row.state, row.done_at = "done", tx.now()
    tx.flush()


def _locked(tx: Tx, approval_id: uuid.UUID) -> Approval:
    row = tx.execute(
        select(Approval)
        .where(Approval.tenant_id == tx.tenant, Approval.id == approval_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def _note(tx: Tx, row: Approval, action: str, *, reason: str = "") -> None:
    """A line of the trail with what it is about and both names."""
    after = {
        "kind": row.kind,
        "summary": row.summary,
        "proposed_by": str(row.proposed_by),
        "proposer": name_of(tx, row.proposed_by),
    }
    if row.decided_by is not None:
        after |= {"decided_by": str(row.decided_by), "decider": name_of(tx, row.decided_by)}
    if reason:
        after["reason"] = reason
    record(tx, action, "approval", row.id, customer_id=row.customer_id, after=after)
