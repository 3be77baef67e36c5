"""Trying a password: count, find, let the caller hash outside of the transaction, then settle what follows from it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import bindparam, select, update

from mypage.audit.trail import record
from mypage.auth.conditions import CONTRACTS, looking, signs_in
from mypage.auth.known import Devices
from mypage.auth.models import Account, Credential
from mypage.auth.password_changes import former_hash
from mypage.auth.sessions import end_session, open_session
from mypage.auth.throttle import Target, admit, device_target, forgive, give_back, login_target
from mypage.db.reads import Read
from mypage.db.session import Actor, Tx
from mypage.hooks.auth import ThrottlePolicy
from mypage.hooks.passwords import IdentifierPolicy
from mypage.lib.text import fold_digits, fold_identifier
from mypage.lib.tokens import token_hash
from mypage.operators.operator import Operator

_SELECT = (
    select(
        Credential.id,
        Credential.account_id,
        Credential.login_id,
        Credential.password_hash,
        Credential.changed_at,
        Account.customer_id,
        Account.status,
    )
    .join(Account, (Account.tenant_id == bindparam("tenant")) & (Account.id == Credential.account_id))
    .where(
        Credential.tenant_id == bindparam("tenant"),
        Credential.scheme == bindparam("scheme"),
        Credential.login_key == bindparam("key"),
    )
)
_FIND, _FIND_WITH_CONTRACTS = Read(_SELECT), Read(_SELECT.add_columns(CONTRACTS))
_LOCK = Read(
    select(Credential.password_hash, Credential.changed_at, Account.status)
    .join(Account, (Account.tenant_id == bindparam("tenant")) & (Account.id == Credential.account_id))
    .where(Credential.tenant_id == bindparam("tenant"), Credential.id == bindparam("credential"))
    .with_for_update(of=Credential)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The credential of a login ID."""

    id: uuid.UUID
    account_id: uuid.UUID
    customer_id: uuid.UUID
    login_id: str
    password_hash: str | None
    changed_at: datetime
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Whose session is to be opened, and by which kind of login."""

    account_id: uuid.UUID
    customer_id: uuid.UUID
    scheme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How a login went on after the right password: into a session, or to the second step."""

    token: str = ""
    second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A password about to be compared. `encoded` is what to compare with: None still has to take its time.

    `at` is when it was counted. `former` is the hash of the password before a change that may not be known everywhere
    yet: who gives that one is not let in, and not counted either (OCN-59).
    """

    scheme: str
    login_key: str
    target: Target
    at: datetime
    admitted: bool
    found: Found | None
    former: str | None = None

    @property
    def encoded(self) -> str | None:
        """The stored hash, or None when the answer is no whatever was typed."""
        return self.found.password_hash if self.usable and self.found is not None else None

    @property
    def usable(self) -> bool:
        """Whether a password may be right at all."""
        return self.admitted and self.found is not None and self.found.active


def key_of(policy: IdentifierPolicy, login_id: str) -> str:
    """How a login ID is looked up, kept unique and counted."""
    if policy.grouped:
        return fold_digits(login_id)
    return fold_identifier(login_id, case_sensitive=policy.case_sensitive)


def begin(
    tx: Tx,
    policy: ThrottlePolicy,
    scheme: str,
    login_key: str,
    network: str,
    devices: Devices | None = None,
    *,
    operator: Operator | None = None,
    lingers: bool = False,
) -> Attempt:
    """Count an attempt and find what to compare with; commit before comparing (ACTV-11).

    One from a known device of the credential counts for that device only, so that strangers cannot make it wait. With
    `operator` it is a login: where the customer's contracts must permit one and do not, no password is right (OCN-151).
    `lingers`: passwords of the scheme may take a while to change everywhere (PasswordPolicy.effective_within).
    """
    found = None
    looks = operator is not None and operator.contract_policy.signs_in is not None
    more = looking(operator) if operator is not None and looks else {}
    row = tx.row(_FIND_WITH_CONTRACTS if looks else _FIND, tenant=tx.tenant, scheme=scheme, key=login_key, **more)
    if row is not None:
        found = Found(
            id=row.id,
            account_id=row.account_id,
            customer_id=row.customer_id,
            login_id=row.login_id,
            password_hash=row.password_hash,
            changed_at=row.changed_at,
            active=row.status == "active" and (operator is None or not looks or signs_in(operator, row.contracts)),
        )
    now = tx.now()
    device = _known(devices, found, now) if devices is not None else ""
    if found is not None and device:
        target = device_target(found.id, device)
    else:
        target = login_target(scheme, login_key, network)
    admitted = admit(tx, policy, target, at=now)
    # Looked up for a login ID that nobody has as well.
    former = former_hash(tx, (found.id if found is not None else _NOBODY[0])) if lingers else None
    return Attempt(
        scheme=scheme, login_key=login_key, target=target, at=now, admitted=admitted, found=found, former=former
    )


def settle(
    tx: Tx, policy: ThrottlePolicy, attempt: Attempt, matched: bool, *, former: bool = False, renews: bool = False
) -> bool:
    """Whether the attempt holds: `matched`, and the credential is still the one that was compared.

    `former`: what was given is the password before a change, which is not counted (OCN-59). `renews`: the compared hash
    is to be made anew, which a login at the same moment may have done already. Locks the credential, so that a password
    change cannot miss a session that is opened right now.
    """
    found = attempt.found
    if matched and found is not None:
        if _unchanged(tx, found, renews=renews):
            forgive(tx, policy, attempt.target, at=attempt.at)
            return True
        # It was right when it was compared, and has been changed since.
        former = former_hash(tx, found.id) == found.password_hash
    if former and found is not None:
        give_back(tx, policy, attempt.target, at=attempt.at)
        record(tx, "login.former", "credential", found.id, customer_id=found.customer_id)
    elif attempt.admitted:
        digest = token_hash(f"{attempt.scheme}\n{attempt.login_key}").hex()[:12]
        record(tx, "login.failed", "login", digest, customer_id=found.customer_id if found else None)
    return False


def sign_in(
    tx: Tx,
    operator: Operator,
    attempt: Attempt,
    matched: bool,
    *,
    former: bool = False,
    rehashed: str | None,
    device: str,
    replaces: str,
    waits: Callable[[Tx, Found], bool] = lambda _tx, _found: False,
) -> Entry | None:
    """Open a session when the attempt holds; None when it does not (ACTV-11 to ACTV-13).

    `former` is as in `settle`. `rehashed` is the password under today's costs, to be stored instead; `replaces` the
    browser's earlier session. `waits` says whether a second step comes first, and has then kept what it needs; no
    session is opened.
    """
    if not settle(tx, operator.throttle, attempt, matched, former=former, renews=rehashed is not None):
        return None
    found = attempt.found
    assert found is not None
    tx.act_as(Actor("account", str(found.account_id)))
    if rehashed is not None:
        tx.execute(
            update(Credential)
            .where(Credential.tenant_id == tx.tenant, Credential.id == found.id)
            .values(password_hash=rehashed)
        )
    if waits(tx, found):
        return Entry(second=True)
    who = Who(account_id=found.account_id, customer_id=found.customer_id, scheme=attempt.scheme)
    return Entry(token=enter(tx, operator, who, device=device, replaces=replaces))


def enter(tx: Tx, operator: Operator, who: Who, *, device: str, replaces: str, method: str = "") -> str:
    """Open a session in place of the browser's earlier one (`replaces`) and return its token.

    `method` is the second factor that was shown, for the trail.
    """
    tx.act_as(Actor("account", str(who.account_id)))
    if replaces:
        end_session(tx, replaces)
    token = open_session(tx, operator, who.account_id, who.scheme, device=device, factor=bool(method))
    after = {"device": device} | ({"method": method} if method else {})
    record(tx, "login.succeeded", "account", who.account_id, customer_id=who.customer_id, after=after)
    return token


def credential_of(tx: Tx, account_id: uuid.UUID, scheme: str) -> Credential | None:
    """The credential that an account signs in with under a scheme."""
    return tx.scalars(
        select(Credential).where(
            Credential.tenant_id == tx.tenant, Credential.account_id == account_id, Credential.scheme == scheme
        )
    ).one_or_none()


_NOBODY = uuid.UUID(int=0), datetime(1970, 1, 1, tzinfo=UTC)


def _known(devices: Devices, found: Found | None, now: datetime) -> str:
    """The same work for a login ID that nobody has."""
    return devices.known(*((found.id, found.changed_at) if found is not None else _NOBODY), now)


def _unchanged(tx: Tx, found: Found, *, renews: bool) -> bool:
    row = tx.row(_LOCK, tenant=tx.tenant, credential=found.id)
    if row is None or row.status != "active":
        return False
    return row.password_hash == found.password_hash or (renews and row.changed_at == found.changed_at)
