"""The one choke point of everything that can be guessed: attempts are counted before anything is checked.

Each attempt counts against its own key (a login ID, a customer number) and against shared keys (network, tenant), in
one fixed order so that no two attempts wait for each other. While a key waits it is frozen: attempts are refused and
count nowhere. Failures leak away evenly, `free` of them per `forget_after`.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    BindParameter,
    DateTime,
    Float,
    Integer,
    Interval,
    bindparam,
    case,
    cast,
    delete,
    extract,
    func,
    null,
    or_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from mypage.auth.models import LoginCounter
from mypage.db.reads import Later, Read
from mypage.db.session import Tx
from mypage.db.wire import Row
from mypage.hooks.auth import ThrottlePolicy
from mypage.lib.tokens import length_prefixed

Kind = Literal["account", "customer", "device", "mail-network", "network", "recovery", "second", "tenant"]

TENANT_WAIT = timedelta(seconds=1)
"""Over the whole tenant a wait only slows a spray down: a long one would let anybody lock out everybody."""
NETWORK_WAIT = timedelta(seconds=1)
NETWORK_LONGEST = timedelta(minutes=1)
"""A network may be a whole town behind one address: its waits begin short and stay bearable."""
_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One counter."""

    kind: Kind
    key: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """What an attempt counts against. A success resets `own`; the `shared` keys get only this one attempt back."""

    own: tuple[Key, ...]
    shared: tuple[Key, ...]


def login_target(scheme: str, login_key: str, network: str) -> Target:
    """A password tried for a login ID: at login, re-authentication and before a change."""
    return Target((Key("account", _hashed(scheme, login_key)),), (_network(network), _TENANT))


def device_target(credential_id: uuid.UUID, device: str) -> Target:
    """A password tried by a known device of a credential: nobody else counts there, and it counts nowhere else."""
    return Target((Key("device", credential_id.bytes + device.encode()),), ())


def proof_target(number_key: str, network: str) -> Target:
    """A code tried for a customer number: at registration and for a forgotten login ID."""
    return Target((Key("customer", _hashed(number_key)),), (_network(network), _TENANT))


def second_target(account_id: uuid.UUID, network: str, *, known: bool = False) -> Target:
    """A second factor tried after the right password, which does not reset what was counted here.

    `known`: by a known device, which does not wait for strangers of its network or of the tenant.
    """
    return Target((Key("second", account_id.bytes),), () if known else (_network(network), _TENANT))


def mail_target(scheme: str, login_key: str, network: str) -> Target:
    """A mail asked for. Apart from logins, so that nobody is kept from logging in by it."""
    return Target((Key("recovery", _hashed(scheme, login_key)), Key("mail-network", network.encode())), ())


def link_target(network: str) -> Target:
    """A mail link tried."""
    return Target((), (_network(network),))


def admit(tx: Tx, policy: ThrottlePolicy, target: Target, *, at: datetime | None = None) -> bool:
    """Count one attempt. False: some key has to wait, nothing was counted, and nothing may be checked.

    The count must be committed before the check begins, so that attempts side by side cannot exceed the limit.
    `at` is now, for callers that have to tell `forgive` which attempt it was.
    """
    counted: list[Key] = []
    now = at or tx.now()
    for key in sorted(target.own + target.shared):
        if not _count(tx, policy, key, now):
            for taken in counted:
                _given_back(tx, policy, taken, now).get()
            return False
        counted.append(key)
    return True


def forgive(tx: Tx, policy: ThrottlePolicy, target: Target, *, at: datetime | None = None) -> None:
    """The attempt succeeded: its own keys start anew, the shared ones forget this attempt.

    With `at`, the instant that `admit` was given, also the wait that this very attempt began.
    """
    sent = [
        tx.later(_RESET, list, t=tx.tenant, w_kind=key.kind, w_key=key.key)
        if key in target.own
        else _given_back(tx, policy, key, at or tx.now())
        for key in sorted(target.own + target.shared)
    ]
    for each in sent:
        each.get()


def give_back(tx: Tx, policy: ThrottlePolicy, target: Target, *, at: datetime) -> None:
    """The attempt that was admitted at `at` is not counted, nor the wait that it began; earlier failures stand."""
    sent = [_given_back(tx, policy, key, at) for key in sorted(target.own + target.shared)]
    for each in sent:
        each.get()


def _count(tx: Tx, policy: ThrottlePolicy, key: Key, now: datetime) -> bool:
    limits = _limits(policy, key)
    return bool(tx.rows(_COUNT, tenant_id=tx.tenant, kind=key.kind, key=key.key, now=now, **limits))


def _given_back(tx: Tx, policy: ThrottlePolicy, key: Key, counted_at: datetime) -> Later[list[Row]]:
    limits = _limits(policy, key)
    del limits["leak"]
    return tx.later(_GIVE_BACK, list, t=tx.tenant, w_kind=key.kind, w_key=key.key, now=counted_at, **limits)


def _limits(policy: ThrottlePolicy, key: Key) -> dict[str, Any]:
    free, first, longest = policy.free, policy.first_wait, policy.longest_wait
    if key.kind == "network":
        free, first, longest = policy.network_free, NETWORK_WAIT, NETWORK_LONGEST
    elif key.kind == "mail-network":
        free = policy.network_free
    elif key.kind == "tenant":
        free, first, longest = policy.tenant_free, TENANT_WAIT, TENANT_WAIT
    return {
        "free": free,
        "first": first.total_seconds(),
        "longest": longest.total_seconds(),
        "leak": policy.forget_after.total_seconds() / free,
    }


def _hashed(*parts: str) -> bytes:
    return hashlib.sha256(length_prefixed(*parts)).digest()


def _network(network: str) -> Key:
    return Key("network", network.encode())


_TENANT = Key("tenant", b"")

_NOW = bindparam("now", type_=DateTime(timezone=True))
_FREE = bindparam("free", type_=Integer)
_LEAK: BindParameter[float] = bindparam("leak", type_=Float)


def _seconds(amount: Any) -> Any:
    return cast(func.make_interval(0, 0, 0, 0, 0, 0, amount), Interval)


def _wait_until(failures: Any) -> Any:
    doubled: Any = bindparam("first", type_=Float) * func.power(2.0, func.least(failures - _FREE, _MOST_DOUBLINGS))
    waits = _NOW + _seconds(func.least(doubled, bindparam("longest", type_=Float)))
    return case((failures >= _FREE, waits), else_=cast(null(), DateTime(timezone=True)))


def _count_statement() -> Any:
    known = LoginCounter
    passed = func.greatest(0, extract("epoch", _NOW - known.last_at))
    leaked = cast(func.least(known.failures, func.floor(passed / _LEAK)), Integer)
    failures = known.failures - leaked + 1
    statement = insert(LoginCounter).values(
        tenant_id=bindparam("tenant_id"),
        kind=bindparam("kind"),
        key=bindparam("key"),
        failures=1,
        last_at=_NOW,
        blocked_until=_wait_until(cast(1, Integer)),
    )
    return statement.on_conflict_do_update(
        index_elements=["tenant_id", "kind", "key"],
        set_={
            "failures": failures,
            "last_at": case((leaked >= known.failures, _NOW), else_=known.last_at + _seconds(leaked * _LEAK)),
            "blocked_until": _wait_until(failures),
        },
        where=or_(known.blocked_until.is_(None), known.blocked_until <= _NOW),
    ).returning(LoginCounter.failures)


def _of_key() -> Iterable[Any]:
    return (
        LoginCounter.tenant_id == bindparam("t"),
        LoginCounter.kind == bindparam("w_kind"),
        LoginCounter.key == bindparam("w_key"),
    )


_COUNT = Read(_count_statement())
_RESET = Read(delete(LoginCounter).where(*_of_key()))
_GIVE_BACK = Read(
    update(LoginCounter)
    .where(*_of_key())
    .values(
        failures=func.greatest(0, LoginCounter.failures - 1),
        blocked_until=case(
            (LoginCounter.failures - 1 < _FREE, null()),
            # The wait that the attempt itself began; one that another attempt began stands.
            (LoginCounter.blocked_until == _wait_until(LoginCounter.failures), null()),
            else_=LoginCounter.blocked_until,
        ),
    )
)
