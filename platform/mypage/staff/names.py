"""Names of staff in the tenant that is worked for: for lists, choices and the trail. Who may do what is elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from mypage.db.session import Tx
from mypage.staff.models import StaffMember


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works for the tenant."""

    id: uuid.UUID
    name: str
    role: str


def names_of(tx: Tx, ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    """Names by id, also of those who do not work here any more; ids of nobody are absent. No ids ask nothing."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = tx.execute(
        select(StaffMember.id, StaffMember.name).where(StaffMember.tenant_id == tx.tenant, StaffMember.id.in_(wanted))
    )
    return {row.id: row.name for row in rows}


def active_members(tx: Tx) -> tuple[Member, ...]:
    """Who works for the tenant now, by name: for handing work over, and for filters."""
    rows = tx.execute(
        select(StaffMember.id, StaffMember.name, StaffMember.role)
        .where(StaffMember.tenant_id == tx.tenant, StaffMember.active)
        .order_by(StaffMember.name, StaffMember.id)
    )
    return tuple(Member(row.id, row.name, row.role) for row in rows)
