"""Logins that wait after wrong guesses, for the help desk: since when, until when, and ending the wait."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, and_, delete, or_, select

from mypage.audit.trail import record
from mypage.auth.models import Account, Credential, Customer, LoginCounter
from mypage.auth.throttle import Key, login_target, mail_target, proof_target, second_target
from mypage.db.session import Tx
from mypage.hooks.auth import ThrottlePolicy

What = Literal["password", "device", "second", "mail", "paper"]
"""Guessed at: the password, the password in a browser of one's own, the second step, mails, the code on paper."""
_ANY = ""
"""The network of no request: the shared counters are not touched here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login of a customer, as it is counted and shown."""

    credential_id: uuid.UUID
    account_id: uuid.UUID
    scheme: str
    login_id: str
    login_key: str
    number_key: str
    status: str
    must_change: bool
    has_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A counter that has to wait: after so many failures, from `since` to `until`."""

    what: What
    failures: int
    since: datetime
    until: datetime


def logins_of(tx: Tx, customer_id: uuid.UUID) -> tuple[Login, ...]:
    """Every login of a customer that is not closed, the oldest account first."""
    rows = tx.execute(
        select(
            Credential.id.label("credential_id"),
            Credential.account_id,
            Credential.scheme,
            Credential.login_id,
            Credential.login_key,
            Customer.number_key,
            Account.status,
            Credential.must_change,
            Credential.password_hash.is_not(None).label("has_password"),
        )
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == Credential.account_id))
        .join(Customer, (Customer.tenant_id == tx.tenant) & (Customer.id == Account.customer_id))
        .where(Credential.tenant_id == tx.tenant, Account.customer_id == customer_id, Account.status != "closed")
        .order_by(Account.created_at, Credential.login_key, Credential.id)
    )
    return tuple(Login(**row._asdict()) for row in rows)


def locks_of(tx: Tx, policy: ThrottlePolicy, login: Login) -> tuple[Lock, ...]:
    """What of a login waits now; empty when it can be used."""
    kinds: dict[tuple[str, bytes], What] = {(key.kind, key.key): what for what, key in _keys(login).items()}
    found = [
        Lock(
            what=kinds.get((row.kind, row.key), "device"),
            failures=row.failures,
            since=row.blocked_until - _wait(policy, row.failures),
            until=row.blocked_until,
        )
        for row in _rows(tx, login)
        if row.blocked_until is not None and row.blocked_until > tx.now()
    ]
    return tuple(sorted(found, key=lambda lock: (lock.what, lock.since)))


def locked_until(tx: Tx, logins: Iterable[tuple[uuid.UUID, str, str]]) -> Mapping[uuid.UUID, datetime]:
    """Accounts whose password or second step waits now, and until when; each login is (account, scheme, key).

    One statement for all of them; browsers that wait by themselves are not among them.
    """
    owners = {_key(scheme, key): account_id for account_id, scheme, key in logins}
    owners |= {("second", second_target(each, _ANY).own[0].key): each for each in set(owners.values())}
    if not owners:
        return {}
    rows = tx.execute(
        select(LoginCounter.kind, LoginCounter.key, LoginCounter.blocked_until).where(
            LoginCounter.tenant_id == tx.tenant,
            LoginCounter.kind.in_(("account", "second")),
            LoginCounter.key.in_([key for _, key in owners]),
            LoginCounter.blocked_until > tx.now(),
        )
    )
    found: dict[uuid.UUID, datetime] = {}
    for kind, key, until in rows:
        if (owner := owners.get((kind, key))) is not None and until is not None:
            found[owner] = max(until, found.get(owner, until))
    return found


def _key(scheme: str, login_key: str) -> tuple[str, bytes]:
    key = login_target(scheme, login_key, _ANY).own[0]
    return key.kind, key.key


def unlock(tx: Tx, policy: ThrottlePolicy, login: Login, customer_id: uuid.UUID, *, reason: str) -> int:
    """Forget all failures of a login; how many locks that lifted. Networks and the tenant keep counting.

    Audited, whether or not something was locked: failures short of a lock are forgotten too.
    """
    lifted = len(locks_of(tx, policy, login))
    tx.execute(
        delete(LoginCounter).where(LoginCounter.tenant_id == tx.tenant, _mine(login)),
        execution_options={"synchronize_session": False},
    )
    record(
        tx,
        "login.unlocked",
        "credential",
        login.credential_id,
        customer_id=customer_id,
        after={"login_id": login.login_id, "locks": lifted, "reason": reason},
    )
    return lifted


def _rows(tx: Tx, login: Login) -> Sequence[LoginCounter]:
    wanted = select(LoginCounter).where(LoginCounter.tenant_id == tx.tenant, _mine(login))
    return tx.scalars(wanted.execution_options(populate_existing=True)).all()


def _mine(login: Login) -> ColumnElement[bool]:
    keys = (and_(LoginCounter.kind == key.kind, LoginCounter.key == key.key) for key in _keys(login).values())
    first, after = login.credential_id.bytes, _next(login.credential_id)
    devices = and_(LoginCounter.kind == "device", LoginCounter.key >= first, LoginCounter.key < after)
    return or_(*keys, devices)


def _keys(login: Login) -> Mapping[What, Key]:
    return {
        "password": login_target(login.scheme, login.login_key, _ANY).own[0],
        "second": second_target(login.account_id, _ANY).own[0],
        "mail": mail_target(login.scheme, login.login_key, _ANY).own[0],
        "paper": proof_target(login.number_key, _ANY).own[0],
    }


def _next(row_id: uuid.UUID) -> bytes:
    """The first key that does not begin with this id."""
    return (row_id.int + 1).to_bytes(16) if row_id.int + 1 < 1 << 128 else b"\xff" * 17


def _wait(policy: ThrottlePolicy, failures: int) -> timedelta:
    """How long the last failure made it wait: what `throttle` reckons in the database."""
    doubled = policy.first_wait.total_seconds() * 2.0 ** min(max(0, failures - policy.free), 30)
    return timedelta(seconds=min(doubled, policy.longest_wait.total_seconds()))
