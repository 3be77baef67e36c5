"""Seeing a portal as a customer does: a ticket from the console, one browser, a quarter of an hour, nothing changed.

All of it happens in the portal's own tenant. The account's sessions, devices and counters have no part in it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Text, Uuid, bindparam, column, or_, select, table, update

from mypage.audit.trail import record
from mypage.auth.conditions import CONTRACTS, held, looking
from mypage.auth.models import Account, Customer
from mypage.auth.sessions import CONTRACT_NAME, shown_name
from mypage.auth.viewing_models import StaffView
from mypage.db.reads import Ask, Read
from mypage.db.session import Actor, Tx
from mypage.hooks.context import Principal
from mypage.lib.errors import NotFound, ViewOver
from mypage.lib.tokens import new_token, token_hash
from mypage.operators.operator import Operator
from mypage.web.request import SignedIn, Viewer
from mypage.web.viewing import lent

TICKET_LIFE = timedelta(seconds=60)
VIEW_LIFE = timedelta(minutes=15)

# Staff are an area above this one; of theirs, only whether somebody still works for the tenant is read here.
_MEMBER = table(
    "staff_member", column("tenant_id", Text), column("id", Uuid), column("active", Boolean), column("role", Text)
)
_FIND = (
    select(
        StaffView.id,
        StaffView.staff_id,
        StaffView.staff_name,
        StaffView.scheme,
        StaffView.expires_at,
        StaffView.ended_at,
        Account.id.label("account_id"),
        Account.customer_id,
        Account.role,
        Account.status,
        Account.email,
        Account.language,
        Account.family_name,
        Account.given_name,
        Customer.name,
        Customer.number,
        _MEMBER.c.active,
    )
    .join(Account, (Account.tenant_id == bindparam("tenant")) & (Account.id == StaffView.account_id))
    .join(Customer, (Customer.tenant_id == bindparam("tenant")) & (Customer.id == Account.customer_id))
    .outerjoin(_MEMBER, (_MEMBER.c.tenant_id == bindparam("tenant")) & (_MEMBER.c.id == StaffView.staff_id))
    .where(StaffView.tenant_id == bindparam("tenant"), StaffView.token_hash == bindparam("hash"))
)
_READS = {
    (named, looks): Read(_FIND.add_columns(*((CONTRACT_NAME,) if named else ()), *((CONTRACTS,) if looks else ())))
    for named in (False, True)
    for looks in (False, True)
}
"""By whether the header names the contract, and whether what one may do depends on contracts."""


class StaffViews:
    """Finds the view of a token, for the kernel."""

    def ask(self, operator: Operator, tenant: str, token: str) -> Ask:
        """What `find` asks the database, for sending it ahead."""
        return _read_for(operator).ask(tenant=tenant, hash=token_hash(token), **looking(operator))

    def find(self, tx: Tx, operator: Operator, token: str) -> SignedIn | None:
        """The account as staff see it, None when we did not issue the token. Raises ViewOver when the view is over."""
        row = tx.row(_read_for(operator), tenant=tx.tenant, hash=token_hash(token), **looking(operator))
        if row is None:
            return None
        if row.ended_at is not None or tx.now() >= row.expires_at or not row.active:
            raise ViewOver
        return lent(_signed_in(operator, row, token))


def grant_view(
    tx: Tx, account_id: uuid.UUID, *, customer_id: uuid.UUID, scheme: str, staff_id: uuid.UUID, name: str, reason: str
) -> str:
    """A ticket with which this staff member sees the account's portal, once, within a minute. Audited.

    What the same person looked at until now ends: nobody is two customers at once. Raises NotFound for an account that
    is not the customer's.
    """
    found = tx.scalar(
        select(Account.id).where(
            Account.tenant_id == tx.tenant, Account.id == account_id, Account.customer_id == customer_id
        )
    )
    if found is None:
        raise NotFound
    # Two presses at once follow each other, or neither would see what the other one lets in.
    tx.execute(select(_MEMBER.c.id).where(_MEMBER.c.tenant_id == tx.tenant, _MEMBER.c.id == staff_id).with_for_update())
    stop_views(tx, staff_id, "replaced")
    ticket, now, view_id = new_token(), tx.now(), uuid.uuid4()
    tx.add(
        StaffView(
            tenant_id=tx.tenant,
            id=view_id,
            account_id=account_id,
            scheme=scheme,
            staff_id=staff_id,
            staff_name=name,
            reason=reason,
            created_at=now,
            ticket_hash=token_hash(ticket),
            ticket_until=now + TICKET_LIFE,
        )
    )
    tx.flush()
    after = {"account": account_id, "reason": reason}
    record(tx, "view.granted", "staff_view", view_id, customer_id=customer_id, after=after)
    return ticket


def ticket_waits(tx: Tx, ticket: str) -> bool:
    """Whether a ticket can be used; not when it is used, too old or none of ours. Looking changes nothing."""
    wanted = select(StaffView.id).where(
        StaffView.tenant_id == tx.tenant, StaffView.ticket_hash == token_hash(ticket), *_unused(tx)
    )
    return tx.scalar(wanted) is not None


def begin_view(tx: Tx, ticket: str) -> str:
    """Use a ticket up and return the view's token, which only this browser keeps. Audited as the staff member.

    Raises NotFound when it was used before, even at this moment, is too old, or was never issued here.
    """
    token, now = new_token(), tx.now()
    row = tx.execute(
        update(StaffView)
        .where(StaffView.tenant_id == tx.tenant, StaffView.ticket_hash == token_hash(ticket), *_unused(tx))
        .values(token_hash=token_hash(token), begun_at=now, expires_at=now + VIEW_LIFE)
        .returning(StaffView.id, StaffView.staff_id, StaffView.account_id, StaffView.expires_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        raise NotFound
    tx.act_as(Actor("staff", str(row.staff_id), as_whom=str(row.account_id)))
    after = {"account": row.account_id, "until": row.expires_at.isoformat()}
    record(tx, "view.began", "staff_view", row.id, customer_id=_customer_of(tx, row.account_id), after=after)
    return token


def end_view(tx: Tx, view_id: uuid.UUID, ending: str = "ended") -> None:
    """End a view; harmless when it has ended. Audited."""
    _end(tx, StaffView.id == view_id, ending)


def stop_views(tx: Tx, staff_id: uuid.UUID, ending: str = "stopped") -> int:
    """End what a staff member looks at, tickets included; returns how many. For a role that is withdrawn."""
    return _end(tx, StaffView.staff_id == staff_id, ending)


def expire_views(tx: Tx, limit: int = 500) -> int:
    """Note the end of up to `limit` views whose time is over, and of tickets that nobody used."""
    now = tx.now()
    over = tx.scalars(
        select(StaffView.id)
        .where(
            StaffView.tenant_id == tx.tenant,
            StaffView.ended_at.is_(None),
            or_(StaffView.expires_at <= now, StaffView.begun_at.is_(None) & (StaffView.ticket_until <= now)),
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return _end(tx, StaffView.id.in_(over), "expired") if over else 0


def _end(tx: Tx, which: Any, ending: str) -> int:
    rows: Sequence[Any] = tx.execute(
        update(StaffView)
        .where(StaffView.tenant_id == tx.tenant, StaffView.ended_at.is_(None), which)
        .values(ended_at=tx.now(), ending=ending)
        .returning(StaffView.id, StaffView.account_id, StaffView.begun_at)
        .execution_options(synchronize_session=False)
    ).all()
    for row in rows:
        after = {"how": ending if row.begun_at else "unused"}
        record(tx, "view.ended", "staff_view", row.id, customer_id=_customer_of(tx, row.account_id), after=after)
    return len(rows)


def _unused(tx: Tx) -> tuple[Any, ...]:
    return (StaffView.begun_at.is_(None), StaffView.ended_at.is_(None), StaffView.ticket_until > tx.now())


def _customer_of(tx: Tx, account_id: uuid.UUID) -> uuid.UUID | None:
    return tx.scalar(select(Account.customer_id).where(Account.tenant_id == tx.tenant, Account.id == account_id))


def _signed_in(operator: Operator, row: Any, token: str) -> SignedIn:
    until: datetime = row.expires_at
    may = held(operator, row.role, row.contracts if operator.contract_policy.looks else None)
    principal = Principal(
        account_id=row.account_id,
        customer_id=row.customer_id,
        session_id=row.id,
        scheme=row.scheme,
        role=row.role,
        name=shown_name(operator, row),
        customer_number=row.number,
        email=row.email,
        permissions=may.permissions,
    )
    return SignedIn(
        principal=principal,
        token=token,
        reauth_fresh=False,
        gate=None,
        language=row.language,
        closed=row.status == "closed",
        withheld=may.withheld,
        contract_name=(row.contract_name or "") if operator.portal.contract_label else "",
        viewer=Viewer(view_id=row.id, staff_id=row.staff_id, name=row.staff_name, until=until),
    )


def _read_for(operator: Operator) -> Read:
    return _READS[bool(operator.portal.contract_label), operator.contract_policy.looks]
