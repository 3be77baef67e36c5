"""The way to a provider and back: what the browser keeps meanwhile, signed, so that nothing is written for it."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from mypage.lib.tokens import new_token, same, sign, verify

LIFE = timedelta(minutes=10)
_LONGEST = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """One attempt: for which tenant, with the random values that tie the provider's answer to this browser.

    `again`: the public id of the session whose holder proves once more who they are; "" for a login.
    """

    tenant: str
    state: str
    nonce: str
    verifier: str
    onward: str
    again: str
    began: int


def new_trip(tenant: str, *, now: datetime, onward: str = "", again: str = "") -> Trip:
    """An attempt that begins now."""
    return Trip(
        tenant=tenant,
        state=new_token(),
        nonce=new_token(),
        verifier=new_token() + new_token(),
        onward=onward,
        again=again,
        began=int(now.timestamp()),
    )


def pack_trip(key: bytes, trip: Trip) -> str:
    """The cookie's value."""
    data = base64.urlsafe_b64encode(json.dumps(asdict(trip)).encode()).decode().rstrip("=")
    return f"{data}.{sign(key, 'oidc', data)}"


def unpack_trip(key: bytes, value: str, *, state: str, now: datetime) -> Trip | None:
    """The attempt that a browser began and that `state` belongs to; None for a foreign, forged or old one."""
    data, dot, signature = value.partition(".")
    if not dot or len(value) > _LONGEST or not verify(key, signature, "oidc", data):
        return None
    trip = Trip(**json.loads(base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))))
    late = not 0 <= now.timestamp() - trip.began <= LIFE.total_seconds()
    return None if late or not same(trip.state, state) else trip
