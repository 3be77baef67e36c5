"""Who holds an account of the console, and which roles: reading, granting and withdrawing them.

All of it in the console's own tenant, but `note_member`, which keeps the copy of names in the tenant worked for.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from mypage.audit.trail import record
from mypage.auth.factors.models import SecondFactor
from mypage.auth.links import end_links
from mypage.auth.models import Account, Credential, Customer, LoginSession
from mypage.auth.sessions import end_other_sessions
from mypage.auth.viewing import stop_views
from mypage.db.session import Tx
from mypage.staff.errors import NoSuchMember
from mypage.staff.models import DeskRole, DeskSeat, StaffMember
from mypage.staff.office import SCHEME
from mypage.staff.permissions import DESK_ROLES, VIEW_AS

INVITED, ACTIVE = "suspended", "active"
"""The states of an account: nobody signs in to an invited one, and no password of it can be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody with an account, and a role at one tenant. `joined`: the invitation was accepted.

    `second_factor`: an authenticator app or a passkey is set up. `worked` and `role` are "" for who holds none.
    """

    account_id: uuid.UUID
    name: str
    email: str
    joined: bool
    second_factor: bool
    worked: str
    role: str
    granted_by: str = ""
    granted_at: datetime | None = None


def members_of(tx: Tx, worked: str | None = None) -> tuple[Member, ...]:
    """Who holds a role at `worked`, by name; without it everybody, once for every role, and those who hold none."""
    return tuple(_members(tx, worked, None))


def member_at(tx: Tx, account_id: uuid.UUID, worked: str) -> Member:
    """Somebody who works for a tenant. Raises NoSuchMember."""
    found = next(_members(tx, worked, account_id), None)
    if found is None:
        raise NoSuchMember
    return found


def account_of(tx: Tx, login_key: str) -> Account | None:
    """The account of a mail address, with its state of now."""
    return tx.scalars(
        select(Account)
        .join(Credential, (Credential.tenant_id == tx.tenant) & (Credential.account_id == Account.id))
        .where(Account.tenant_id == tx.tenant, Credential.scheme == SCHEME, Credential.login_key == login_key)
        .execution_options(populate_existing=True)
    ).one_or_none()


def grant(tx: Tx, account_id: uuid.UUID, worked: str, role: str, *, by: str) -> str | None:
    """Let an account work for a tenant in a role. Returns the role before, "" for none; None when nothing changed."""
    lock_account(tx, account_id)
    before = _role(tx, account_id, worked)
    if before == role:
        return None
    values = {"role": role, "granted_by": by, "granted_at": tx.now(), "withdrawn_at": None}
    tx.execute(
        insert(DeskRole)
        .values(tenant_id=tx.tenant, account_id=account_id, worked=worked, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "account_id", "worked"], set_=values)
    )
    told = {"worked": worked, "role": role, "by": by}
    record(tx, "staff.role_granted", "account", account_id, before={"role": before} if before else None, after=told)
    return before


def withdraw(tx: Tx, account_id: uuid.UUID, worked: str, *, by: str) -> str:
    """End a role at once; who holds none any more is signed out everywhere. Returns the role, "" for none."""
    lock_account(tx, account_id)
    before = _role(tx, account_id, worked)
    if not before:
        return ""
    tx.execute(
        update(DeskRole)
        .where(DeskRole.tenant_id == tx.tenant, DeskRole.account_id == account_id, DeskRole.worked == worked)
        .values(withdrawn_at=tx.now())
    )
    record(tx, "staff.role_withdrawn", "account", account_id, before={"worked": worked, "role": before, "by": by})
    if not roles_of(tx, account_id):
        end_links(tx, "staff-invite", account_id)
        end_other_sessions(tx, account_id, None)
    else:
        _leave_seats(tx, account_id, worked)
    return before


def roles_of(tx: Tx, account_id: uuid.UUID) -> dict[str, str]:
    """Tenant → role of an account."""
    rows = tx.execute(
        select(DeskRole.worked, DeskRole.role).where(
            DeskRole.tenant_id == tx.tenant, DeskRole.account_id == account_id, DeskRole.withdrawn_at.is_(None)
        )
    )
    return {row.worked: row.role for row in rows}


def lock_account(tx: Tx, account_id: uuid.UUID) -> None:
    """Let changes of one person's roles follow each other."""
    tx.execute(select(Account.id).where(Account.tenant_id == tx.tenant, Account.id == account_id).with_for_update())


def note_member(tx: Tx, account_id: uuid.UUID, *, name: str, email: str, role: str, active: bool = True) -> None:
    """Keep the copy for lists and the trail, in the tenant that is worked for.

    Whoever may not see the portal as a customer any more stops seeing it at once.
    """
    values = {"name": name, "email": email, "role": role, "active": active, "updated_at": tx.now()}
    tx.execute(
        insert(StaffMember)
        .values(tenant_id=tx.tenant, id=account_id, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "id"], set_=values)
    )
    if not active or VIEW_AS not in DESK_ROLES.of(role):
        stop_views(tx, account_id)


def _role(tx: Tx, account_id: uuid.UUID, worked: str) -> str:
    return roles_of(tx, account_id).get(worked, "")


def _leave_seats(tx: Tx, account_id: uuid.UUID, worked: str) -> None:
    mine = select(LoginSession.public_id).where(
        LoginSession.tenant_id == tx.tenant, LoginSession.account_id == account_id
    )
    tx.execute(
        delete(DeskSeat)
        .where(DeskSeat.tenant_id == tx.tenant, DeskSeat.worked == worked, DeskSeat.session_id.in_(mine))
        .execution_options(synchronize_session=False)
    )


def _members(tx: Tx, worked: str | None, account_id: uuid.UUID | None) -> Iterator[Member]:
    held = (DeskRole.tenant_id == tx.tenant) & (DeskRole.account_id == Account.id) & DeskRole.withdrawn_at.is_(None)
    asked = (
        select(
            Account.id,
            Account.email,
            Account.status,
            Customer.name,
            DeskRole.worked,
            DeskRole.role,
            DeskRole.granted_by,
            DeskRole.granted_at,
            exists()
            .where(SecondFactor.tenant_id == tx.tenant, SecondFactor.account_id == Account.id)
            .label("second_factor"),
        )
        .join(Customer, (Customer.tenant_id == tx.tenant) & (Customer.id == Account.customer_id))
        .outerjoin(DeskRole, held)
        .where(Account.tenant_id == tx.tenant)
        .order_by(Customer.name, Account.email, DeskRole.worked)
    )
    if worked is not None:
        asked = asked.where(DeskRole.worked == worked)
    if account_id is not None:
        asked = asked.where(Account.id == account_id)
    for row in tx.execute(asked):
        yield Member(
            account_id=row.id,
            name=row.name,
            email=row.email,
            joined=row.status == ACTIVE,
            second_factor=row.second_factor,
            worked=row.worked or "",
            role=row.role or "",
            granted_by=row.granted_by or "",
            granted_at=row.granted_at,
        )
