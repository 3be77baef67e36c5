"""Letting in whom a provider vouches for: an account of the console with a role at that provider's tenant."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from mypage.audit.trail import record
from mypage.auth.login import Who, enter, key_of
from mypage.auth.models import Account, Credential
from mypage.auth.sessions import FEDERATED, rotate_session
from mypage.db.session import Actor, Tx
from mypage.hooks.context import Principal
from mypage.operators.operator import Operator
from mypage.staff.members import ACTIVE, INVITED, lock_account
from mypage.staff.models import DeskRole, StaffIdentity
from mypage.staff.office import SCHEME
from mypage.staff.oidc.errors import NotWelcome
from mypage.staff.oidc.provider import Vouched

METHOD = "oidc"


def welcome(tx: Tx, operator: Operator, worked: str, vouched: Vouched, *, device: str, replaces: str) -> str:
    """Open a session that may work for `worked` alone, and return its token. In the console's own tenant.

    Who comes for the first time is known by the verified mail address that was invited; from then on by what the
    provider calls them, whatever their address becomes. Raises NotWelcome.
    """
    account_id = _known(tx, vouched) or _bound(tx, operator, worked, vouched)
    lock_account(tx, account_id)
    account = tx.get(Account, (tx.tenant, account_id), populate_existing=True)
    if account is None or account.status not in (ACTIVE, INVITED):
        raise NotWelcome("the account is closed")
    if not _works_for(tx, account_id, worked):
        raise NotWelcome("no role at this tenant")
    if account.status == INVITED:
        account.status, account.email_verified_at = ACTIVE, tx.now()
        tx.flush()
        record(tx, "staff.joined", "account", account_id, customer_id=account.customer_id, after={"method": METHOD})
    who = Who(account_id=account_id, customer_id=account.customer_id, scheme=FEDERATED + worked)
    return enter(tx, operator, who, device=device, replaces=replaces, method=METHOD)


def prove_again(tx: Tx, principal: Principal, vouched: Vouched) -> str:
    """The session's new token, after its holder has proved once more who they are. Raises NotWelcome."""
    if _known(tx, vouched) != principal.account_id:
        raise NotWelcome("somebody else has come back")
    token = rotate_session(tx, principal.session_id, factor=True)
    if token is None:
        raise NotWelcome("the session has ended meanwhile")
    record(tx, "reauth.succeeded", "account", principal.account_id, customer_id=principal.customer_id)
    return token


def _known(tx: Tx, vouched: Vouched) -> uuid.UUID | None:
    return tx.scalar(
        select(StaffIdentity.account_id).where(
            StaffIdentity.tenant_id == tx.tenant,
            StaffIdentity.issuer == vouched.issuer,
            StaffIdentity.subject == vouched.subject,
        )
    )


def _bound(tx: Tx, operator: Operator, worked: str, vouched: Vouched) -> uuid.UUID:
    if not vouched.email:
        raise NotWelcome("the provider has verified no mail address")
    account_id = tx.scalar(
        select(Credential.account_id).where(
            Credential.tenant_id == tx.tenant,
            Credential.scheme == SCHEME,
            Credential.login_key == key_of(operator.login_id_policies[SCHEME], vouched.email),
        )
    )
    if account_id is None or not _works_for(tx, account_id, worked):
        # A provider's word counts for its own tenant's people only, or it could take over anybody's account.
        raise NotWelcome("nobody with this address works for this tenant")
    tx.execute(
        insert(StaffIdentity)
        .values(
            tenant_id=tx.tenant,
            issuer=vouched.issuer,
            subject=vouched.subject,
            account_id=account_id,
            bound_at=tx.now(),
        )
        .on_conflict_do_nothing()
    )
    tx.act_as(Actor("account", str(account_id)))
    record(tx, "staff.identity_bound", "account", account_id, after={"issuer": vouched.issuer, "worked": worked})
    found = _known(tx, vouched)
    if found is None:
        raise NotWelcome("the identity is gone")
    return found


def _works_for(tx: Tx, account_id: uuid.UUID, worked: str) -> bool:
    role = select(DeskRole.role).where(
        DeskRole.tenant_id == tx.tenant,
        DeskRole.account_id == account_id,
        DeskRole.worked == worked,
        DeskRole.withdrawn_at.is_(None),
    )
    return tx.scalar(role) is not None
