"""Known devices: a browser that its owner has signed in with counts its tries by itself (decision 0009).

So strangers who guess at an account, spray over a network or over the tenant cannot make its owner wait.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mypage.lib.tokens import sign, verify

LIFE = timedelta(days=180)
"""How long a device stays known after its last login."""
_MOST = 3
_LONGEST = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """What a browser brings along of its earlier logins: a mark for each of the last few credentials, none readable.

    A mark is bound to tenant, credential and the moment when its password was set, so a new password ends it.
    """

    key: bytes = field(repr=False)
    """The tenant's signing key."""
    tenant: str
    value: str

    def known(self, credential_id: uuid.UUID, changed_at: datetime, now: datetime) -> str:
        """The name of this device when it is a known one of the credential, else ""."""
        names = [self._name(mark, credential_id, changed_at, now) for mark in self._marks()]
        return next((name for name in names if name), "")

    def remembering(self, credential_id: uuid.UUID, changed_at: datetime, now: datetime) -> str:
        """The cookie's new value, in which this device is a known one of the credential for `LIFE` from now."""
        name = self.known(credential_id, changed_at, now)
        others = [mark for mark in self._marks() if not self._name(mark, credential_id, changed_at, now)]
        name, issued = name or secrets.token_urlsafe(16), str(int(now.timestamp()))
        mark = f"{name}.{issued}.{self._signature(name, issued, credential_id, changed_at)}"
        return "~".join([mark, *others][:_MOST])

    def _marks(self) -> list[str]:
        return self.value.split("~")[:_MOST] if 0 < len(self.value) <= _LONGEST else []

    def _name(self, mark: str, credential_id: uuid.UUID, changed_at: datetime, now: datetime) -> str:
        name, _, rest = mark.partition(".")
        issued, _, signature = rest.partition(".")
        holds = self._holds(signature, name, issued, credential_id, changed_at)
        return name if holds and now.timestamp() < int(issued) + LIFE.total_seconds() else ""

    def _holds(self, signature: str, name: str, issued: str, credential_id: uuid.UUID, changed_at: datetime) -> bool:
        return verify(self.key, signature, *self._parts(name, issued, credential_id, changed_at))

    def _signature(self, name: str, issued: str, credential_id: uuid.UUID, changed_at: datetime) -> str:
        return sign(self.key, *self._parts(name, issued, credential_id, changed_at))

    def _parts(self, name: str, issued: str, credential_id: uuid.UUID, changed_at: datetime) -> tuple[str, ...]:
        return "device", self.tenant, str(credential_id), changed_at.astimezone(UTC).isoformat(), name, issued
