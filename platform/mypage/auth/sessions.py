"""Own sessions: ids that we issued only, rotated at login, ended on the server; delete wins over late requests."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, column, delete, exists, func, insert, select, table, update

from mypage.audit.trail import record
from mypage.auth.conditions import CONTRACTS, held, looking, signs_in
from mypage.auth.factors.models import SecondFactor
from mypage.auth.gating import GATED, looks_at_gates, standing_gate
from mypage.auth.models import Account, Credential, Customer, LoginSession
from mypage.auth.owners import customer_of
from mypage.db.reads import Ask, Read
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.lib.tokens import new_token, token_hash
from mypage.operators.operator import Operator
from mypage.operators.tenants import SecondFactor as Setting
from mypage.web.request import SignedIn

FEDERATED = "oidc:"
"""Before the name of the tenant whose provider vouched for a staff member: the kind of login of such a session."""
TOUCH_AFTER = timedelta(seconds=60)
"""`seen_at` moves at most this often, so that reading pages hardly ever writes."""

_FIND = (
    select(
        LoginSession.public_id,
        LoginSession.scheme,
        LoginSession.seen_at,
        LoginSession.expires_at,
        LoginSession.reauth_at,
        LoginSession.factor_at,
        Account.id.label("account_id"),
        Account.customer_id,
        Account.role,
        Account.status,
        Account.email,
        Account.email_verified_at,
        Account.language,
        Account.family_name,
        Account.given_name,
        Customer.name,
        Customer.number,
        Credential.must_change,
    )
    .join(Account, (Account.tenant_id == bindparam("tenant")) & (Account.id == LoginSession.account_id))
    .join(Customer, (Customer.tenant_id == bindparam("tenant")) & (Customer.id == Account.customer_id))
    .outerjoin(
        Credential,
        (Credential.tenant_id == bindparam("tenant"))
        & (Credential.account_id == LoginSession.account_id)
        & (Credential.scheme == LoginSession.scheme),
    )
    .where(LoginSession.tenant_id == bindparam("tenant"), LoginSession.token_hash == bindparam("hash"))
)
_FIND_WITH_FACTOR = _FIND.add_columns(
    exists()
    .where(SecondFactor.tenant_id == bindparam("tenant"), SecondFactor.account_id == LoginSession.account_id)
    .label("has_factor")
)
# Contracts are an area above this one; of theirs, only the name that the header shows is read here.
_CONTRACT = table("contract", *(column(name) for name in ("tenant_id", "customer_id", "name", "status", "number_key")))
CONTRACT_NAME = (
    select(_CONTRACT.c.name)
    .where(
        _CONTRACT.c.tenant_id == bindparam("tenant"),
        _CONTRACT.c.customer_id == Account.customer_id,
        _CONTRACT.c.status != "terminated",
    )
    .order_by(_CONTRACT.c.number_key)
    .limit(1)
    .correlate(Account)
    .scalar_subquery()
    .label("contract_name")
)
"""Beside an account: the name of its customer's first living contract."""
_READS = {
    (factor, named, looks, gated): Read(
        (_FIND_WITH_FACTOR if factor else _FIND).add_columns(
            *((CONTRACT_NAME,) if named else ()), *((CONTRACTS,) if looks else ()), *(GATED if gated else ())
        )
    )
    for factor in (False, True)
    for named in (False, True)
    for looks in (False, True)
    for gated in (False, True)
}
"""By whether there are second factors, whether the header names the contract, whether what one may do depends on
contracts, and whether gates depend on more than the session: only some portals want to know."""
_OPEN = Read(
    insert(LoginSession).values(
        tenant_id=bindparam("tenant"),
        token_hash=bindparam("hash"),
        public_id=bindparam("public_id"),
        account_id=bindparam("account"),
        scheme=bindparam("scheme"),
        created_at=bindparam("now"),
        seen_at=bindparam("now"),
        expires_at=bindparam("expires_at"),
        reauth_at=bindparam("now"),
        factor_at=bindparam("factor_at"),
        device=bindparam("device"),
    )
)
_TOUCH = (
    update(LoginSession)
    .where(LoginSession.tenant_id == bindparam("tenant"), LoginSession.token_hash == bindparam("hash"))
    .values(seen_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A session of one account as its holder may see it."""

    public_id: uuid.UUID
    device: str
    created_at: datetime
    seen_at: datetime
    current: bool


def session_read(operator: Operator, tenant: str, token: str, second_factor: Setting) -> Ask:
    """What `find_session` asks the database, for sending it ahead."""
    return _read_for(operator, second_factor).ask(tenant=tenant, hash=token_hash(token), **looking(operator))


def find_session(tx: Tx, operator: Operator, token: str, *, second_factor: Setting = "off") -> SignedIn | None:
    """The session of a token, or None when we did not issue it, it has ended, or its account may not sign in.

    `second_factor` is the tenant's setting. Where it is "required", an account without one meets the gate that asks for
    one; unless it is "off", a password alone is no fresh proof of an account that has one. An account that was deleted
    while it was signed in reads on as a closed one where the operator says so (UCOM-14); no gate stands before it.
    """
    hashed = token_hash(token)
    row = tx.row(_read_for(operator, second_factor), tenant=tx.tenant, hash=hashed, **looking(operator))
    now = tx.now()
    if row is None or now >= row.expires_at:
        return None
    closed = row.status == "closed" and _reads_on(operator, row.role)
    if row.status != "active" and not closed:
        return None
    if now - row.seen_at >= operator.sessions.idle:
        return None
    contracts = row.contracts if operator.contract_policy.looks else None
    if not signs_in(operator, contracts):
        return None
    if now - row.seen_at >= TOUCH_AFTER:
        tx.execute(_TOUCH, {"tenant": tx.tenant, "hash": hashed, "now": now})
    may = held(operator, row.role, contracts)
    principal = Principal(
        account_id=row.account_id,
        customer_id=row.customer_id,
        session_id=row.public_id,
        scheme=row.scheme,
        role=row.role,
        name=shown_name(operator, row),
        customer_number=row.number,
        email=row.email,
        permissions=may.permissions,
    )
    # Opened, or proved again, while nothing but the password was asked for.
    half = second_factor != "off" and row.has_factor and row.factor_at is None
    fresh = now - row.reauth_at < operator.sessions.reauth and not half
    # A provider that vouches for its people has its own second factors.
    factor_missing = second_factor == "required" and not row.has_factor and not row.scheme.startswith(FEDERATED)
    unverified = row.email_verified_at is None and not _handed_out(operator, row.role)
    known = {
        "initial-password": bool(row.must_change),
        "unverified-email": unverified,
        "second-factor-missing": factor_missing,
    }
    gate = standing_gate(operator, row, known)
    return SignedIn(
        principal=principal,
        token=token,
        reauth_fresh=fresh,
        gate=None if closed else gate,
        language=row.language,
        closed=closed,
        withheld=may.withheld,
        contract_name=(row.contract_name or "") if operator.portal.contract_label else "",
    )


def shown_name(operator: Operator, row: Any) -> str:
    """An account that was handed out has a name of its own; the customer's is for the holder's (UCOM-167)."""
    own = f"{row.family_name} {row.given_name}".strip()
    return own if own and _handed_out(operator, row.role) else str(row.name)


def _handed_out(operator: Operator, role: str) -> bool:
    """An account that the customer registered: there was no mail by which an address could have been confirmed."""
    return operator.hands_out(role)


def _reads_on(operator: Operator, role: str) -> bool:
    return operator.sub_accounts is not None and operator.sub_accounts.keeps_session and _handed_out(operator, role)


def _read_for(operator: Operator, second_factor: Setting) -> Read:
    named, looks = bool(operator.portal.contract_label), operator.contract_policy.looks
    return _READS[second_factor != "off", named, looks, looks_at_gates(operator)]


def open_session(
    tx: Tx, operator: Operator, account_id: uuid.UUID, scheme: str, *, device: str, factor: bool = False
) -> str:
    """Start a session and return its token, which only the browser keeps. `factor`: a second factor was shown."""
    token = new_token()
    now = tx.now()
    tx.rows(
        _OPEN,
        tenant=tx.tenant,
        hash=token_hash(token),
        public_id=uuid.uuid4(),
        account=account_id,
        scheme=scheme,
        now=now,
        factor_at=now if factor else None,
        expires_at=now + operator.sessions.absolute,
        device=device[:200],
    )
    return token


def log_out(tx: Tx, session_id: uuid.UUID) -> None:
    """End a session. A request that is still under way finds none afterwards and cannot revive it.

    By its lasting id: a re-authentication at the same moment may be giving it another token.
    """
    tx.execute(delete(LoginSession).where(LoginSession.tenant_id == tx.tenant, LoginSession.public_id == session_id))


def end_session(tx: Tx, token: str) -> None:
    """End the session of a token, when a login in the same browser replaces it."""
    tx.execute(
        delete(LoginSession).where(LoginSession.tenant_id == tx.tenant, LoginSession.token_hash == token_hash(token))
    )


def end_other_sessions(tx: Tx, account_id: uuid.UUID, keep: uuid.UUID | None) -> int:
    """End all sessions of an account but one; returns how many ended."""
    doomed = delete(LoginSession).where(LoginSession.tenant_id == tx.tenant, LoginSession.account_id == account_id)
    if keep is not None:
        doomed = doomed.where(LoginSession.public_id != keep)
    ended = len(tx.execute(doomed.returning(LoginSession.public_id)).all())
    if ended:
        _note_end(tx, account_id, ended)
    return ended


def rotate_session(tx: Tx, session_id: uuid.UUID, *, reauthenticated: bool = True, factor: bool = False) -> str | None:
    """Give a session a new token; None when it has ended meanwhile. The token before is good for logging out still.

    `reauthenticated`: all that a login asks for was given again; `factor`: that included a second factor.
    """
    fresh = new_token()
    proved = {"reauth_at": tx.now(), "factor_at": tx.now() if factor else None} if reauthenticated else {}
    changed = tx.execute(
        update(LoginSession)
        .where(LoginSession.tenant_id == tx.tenant, LoginSession.public_id == session_id)
        .values(former_hash=LoginSession.token_hash, token_hash=token_hash(fresh), seen_at=tx.now(), **proved)
        .returning(LoginSession.public_id)
    ).one_or_none()
    return fresh if changed else None


def note_factor(tx: Tx, session_id: uuid.UUID) -> None:
    """A second factor was added, and by that shown, in a session whose password was given of late."""
    tx.execute(
        update(LoginSession)
        .where(LoginSession.tenant_id == tx.tenant, LoginSession.public_id == session_id)
        .values(factor_at=tx.now())
    )


def end_session_of(tx: Tx, account_id: uuid.UUID, session_id: uuid.UUID) -> bool:
    """End one session of an account by its public id; False when the account has no such session."""
    ended = tx.execute(
        delete(LoginSession)
        .where(
            LoginSession.tenant_id == tx.tenant,
            LoginSession.account_id == account_id,
            LoginSession.public_id == session_id,
        )
        .returning(LoginSession.public_id)
    ).one_or_none()
    if ended is None:
        return False
    _note_end(tx, account_id, 1)
    return True


def _note_end(tx: Tx, account_id: uuid.UUID, ended: int) -> None:
    customer_id = customer_of(tx, account_id)
    record(tx, "sessions.ended", "account", account_id, customer_id=customer_id, after={"ended": ended})


def list_sessions(tx: Tx, principal: Principal, *, idle: timedelta) -> Sequence[OpenSession]:
    """The account's sessions that have not ended by time, the current one first, then the most recently used."""
    rows = tx.execute(
        select(LoginSession.public_id, LoginSession.device, LoginSession.created_at, LoginSession.seen_at)
        .where(
            LoginSession.tenant_id == tx.tenant,
            LoginSession.account_id == principal.account_id,
            LoginSession.expires_at > tx.now(),
            LoginSession.seen_at > tx.now() - idle,
        )
        .order_by(LoginSession.seen_at.desc())
    ).all()
    found = [
        OpenSession(
            public_id=row.public_id,
            device=row.device,
            created_at=row.created_at,
            seen_at=row.seen_at,
            current=row.public_id == principal.session_id,
        )
        for row in rows
    ]
    return sorted(found, key=lambda session: not session.current)


def count_sessions(tx: Tx, account_id: uuid.UUID, *, idle: timedelta) -> int:
    """How many sessions of an account have not ended by time."""
    still_open = select(func.count()).where(
        LoginSession.tenant_id == tx.tenant,
        LoginSession.account_id == account_id,
        LoginSession.expires_at > tx.now(),
        LoginSession.seen_at > tx.now() - idle,
    )
    return tx.scalars(still_open).one()
