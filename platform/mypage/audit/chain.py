"""Seals on the trail: each is chained to the one before, by a key that the database holds wrapped only (decision 0016).

Who writes the trail waits for nobody: entries are sealed afterwards, once no transaction can still bring older ones.
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Text, cast, exists, func, insert, select

from mypage.audit.models import AuditEntry, AuditLink
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.tokens import length_prefixed

PURPOSE = "audit-chain"
SETTLE = timedelta(minutes=2)
"""An entry is sealed when it is this old: longer than a request may take to commit."""
LATE = timedelta(minutes=15)
"""An entry of a longer transaction is sealed behind younger ones up to this; what comes later was not written by us."""
BATCH = 2000
START = b"\0" * 32
"""What the first link is chained to."""

ENTRY = (
    AuditEntry.id,
    AuditEntry.at,
    AuditEntry.actor_kind,
    AuditEntry.actor,
    AuditEntry.as_whom,
    AuditEntry.customer_id,
    AuditEntry.action,
    AuditEntry.object_type,
    AuditEntry.object_id,
    cast(AuditEntry.before, Text).label("before"),
    cast(AuditEntry.after, Text).label("after"),
    AuditEntry.request_id,
)
"""All that an entry says, as its seal covers it."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link: keep `seq` and `link` elsewhere, and a trail that was cut off shows."""

    seq: int
    link: bytes
    high: datetime | None
    sealed_at: datetime | None = None

    def __str__(self) -> str:
        """As `mypage audit verify --head` takes it."""
        return f"{self.seq}:{self.link.hex()}"


NO_HEAD = Head(0, START, None)


@dataclass(frozen=True, slots=True)
class Sealed:
    """How many entries were sealed just now, and the head after it."""

    entries: int
    head: Head


def head_of(tx: Tx) -> Head:
    """The last link of the tenant's chain."""
    row = tx.execute(
        select(AuditLink.seq, AuditLink.link, AuditLink.high, AuditLink.sealed_at)
        .where(AuditLink.tenant_id == tx.tenant)
        .order_by(AuditLink.seq.desc())
        .limit(1)
    ).one_or_none()
    return Head(*row) if row is not None else NO_HEAD


def anything_waits(tx: Tx) -> bool:
    """Whether `seal` would find something."""
    return bool(_waiting(tx, head_of(tx), 1, however_late=False))


def seal(tx: Tx, vault: Vault, *, limit: int = BATCH, however_late: bool = False) -> Sealed:
    """Seal up to `limit` entries that are old enough, in the order of their time; call again until it seals fewer.

    Only one at a time seals a tenant's trail; who writes it is not held up. `however_late`: also what came later than
    `LATE`, after a person has looked at it.
    """
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"audit_link {tx.tenant}", 0))))
    head = head_of(tx)
    entries = _waiting(tx, head, limit, however_late=however_late)
    if not entries:
        return Sealed(0, head)
    key_id, key = vault.derived(tx, PURPOSE)
    rows, now = [], tx.now()
    for entry in entries:
        high = max(head.high, entry.at) if head.high is not None else entry.at
        values = {
            "seq": head.seq + 1,
            "entry_id": entry.id,
            "high": high,
            "sealed_at": now,
            "key_id": key_id,
            "digest": digest_of(key, entry),
        }
        link = link_of(key, head.link, **values)
        rows.append({"tenant_id": tx.tenant, **values, "link": link})
        head = Head(head.seq + 1, link, high, now)
    tx.execute(insert(AuditLink), rows)
    return Sealed(len(rows), head)


def digest_of(key: bytes, entry: Any) -> bytes:
    """The seal of one entry's content, wherever it stands."""
    parts = (
        str(entry.id),
        _moment(entry.at),
        entry.actor_kind,
        entry.actor,
        entry.as_whom,
        str(entry.customer_id or ""),
        entry.action,
        entry.object_type,
        entry.object_id,
        entry.before or "",
        entry.after or "",
        entry.request_id,
    )
    return hmac.digest(key, length_prefixed("entry", *parts), "sha256")


def link_of(
    key: bytes, before: bytes, *, seq: int, entry_id: uuid.UUID, high: datetime, sealed_at: datetime, key_id: str,
    digest: bytes,
) -> bytes:  # fmt: skip
    """The seal of a place in the chain: it holds for this link before it and no other."""
    told = length_prefixed("link", str(seq), str(entry_id), _moment(high), _moment(sealed_at), key_id)
    return hmac.digest(key, told + before + digest, "sha256")


def _waiting(tx: Tx, head: Head, limit: int, *, however_late: bool) -> Sequence[Any]:
    sealed = exists().where(AuditLink.tenant_id == tx.tenant, AuditLink.entry_id == AuditEntry.id)
    wanted = select(*ENTRY).where(AuditEntry.tenant_id == tx.tenant, AuditEntry.at <= tx.now() - SETTLE, ~sealed)
    if head.high is not None and not however_late:
        wanted = wanted.where(AuditEntry.at > head.high - LATE)
    return tx.execute(wanted.order_by(AuditEntry.at, AuditEntry.id).limit(limit)).all()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
