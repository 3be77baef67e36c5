"""Whether the trail is as it was sealed: read once from its beginning, in portions, with the keys at hand."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, TypeVar

from sqlalchemy import exists, func, select

from mypage.audit.chain import ENTRY, LATE, NO_HEAD, PURPOSE, SETTLE, Head, digest_of, head_of, link_of
from mypage.audit.models import AuditEntry, AuditLink
from mypage.audit.trail import record
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.crypto import DecryptError
from mypage.lib.tokens import same

T = TypeVar("T")

Kind = Literal["changed", "deleted", "gap", "head", "inserted", "reordered", "unsealed"]
Run = Callable[[Callable[[Tx], Any]], Any]
"""Runs a unit of work of the tenant and gives back what it returns."""

VERIFIED = "trail.verified"
"""The action of a verification, and the name of what it is about."""
PAGE = 2000
MOST_FINDINGS = 100
BEHIND = timedelta(minutes=10)
"""An entry that waits longer for its seal is told: nobody seals."""

WORDS: Mapping[Kind, str] = {
    "changed": "the entry was changed after it was sealed",
    "deleted": "the entry was deleted after it was sealed",
    "gap": "links of the chain are missing here",
    "head": "the chain does not hold the head that was given: its end was cut off or made anew",
    "inserted": "the entry has no seal, and came too late to be ours",
    "reordered": "the link stands in another place than it was made for, or was changed",
    "unsealed": "the entry waits for its seal; does the worker run?",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at one place; `upto` is the last link of a run of the same."""

    kind: Kind
    seq: int = 0
    entry_id: uuid.UUID | None = None
    at: datetime | None = None
    upto: int = 0

    def __str__(self) -> str:
        """One line."""
        where = f"link {self.seq}" + (f" to {self.upto}" if self.upto > self.seq else "") if self.seq else ""
        which = f"entry {self.entry_id}" if self.entry_id else ""
        when = f"of {self.at.isoformat(timespec='seconds')}" if self.at else ""
        return f"{self.kind}: {' '.join(part for part in (where, which, when) if part)}: {WORDS[self.kind]}"


@dataclass(slots=True)
class Verified:
    """What was read, what is wrong with it (the first hundred), and the head to keep elsewhere."""

    entries: int
    findings: list[Finding] = field(default_factory=list)
    wrong: int = 0
    head: Head = NO_HEAD

    def add(self, finding: Finding) -> None:
        """Note what is wrong; neighbours of one kind become one line."""
        self.wrong += 1
        last = self.findings[-1] if self.findings else None
        if last is not None and finding.kind == last.kind == "reordered" and finding.seq == (last.upto or last.seq) + 1:
            self.findings[-1] = Finding(last.kind, last.seq, upto=finding.seq)
        elif len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)


class KeyMissing(RuntimeError):
    """A key that seals were made with cannot be opened; the message says which."""


def verify(
    run: Run,
    vault: Vault,
    *,
    since: datetime | None = None,
    given: tuple[int, bytes] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Read the chain in units of `PAGE` links, and what it should hold. Raises KeyMissing.

    `since`: begin with the first link that covers that time and trust the one before. `given`: sequence number and
    link of a head that was kept. `progress` is told how many links of how many were read.
    """
    head: Head = run(head_of)
    start: int = run(partial(_first_since, head=head, since=since)) if since is not None else 1
    before: Head = run(partial(_link_at, seq=start - 1)) or NO_HEAD
    verified = Verified(0, head=head)
    reader = _Reader(vault, before.link, start, verified)
    while rows := run(partial(_page, seq=reader.expected, upto=head.seq)):
        run(partial(reader.read, rows))
        if progress is not None:
            progress(reader.expected - start, head.seq - start + 1)
    if reader.expected <= head.seq:
        verified.add(Finding("gap", reader.expected, upto=head.seq))
    if given is not None:
        found: Head | None = run(partial(_link_at, seq=given[0])) if given[0] else NO_HEAD
        if found is None or not same(found.link, given[1]):
            verified.add(Finding("head", given[0]))
    for finding in run(partial(_without_seal, head=head, since=since)):
        verified.add(finding)
    return verified


class _Reader:
    """Goes along the chain. A link is judged by the one that stands before it, so that one wrong place stays one."""

    def __init__(self, vault: Vault, before: bytes, expected: int, verified: Verified) -> None:
        self._vault, self._before, self.expected, self._verified = vault, before, expected, verified
        self._keys: tuple[str, bytes] = ("", b"")

    def read(self, rows: Sequence[Any], tx: Tx) -> None:
        """Take a portion."""
        for row in rows:
            if row.seq != self.expected:
                self._verified.add(Finding("gap", self.expected, upto=row.seq - 1))
                self._judge_entry(tx, row)
            else:
                self._judge_entry(tx, row)
                link = link_of(
                    self._key(tx, row.key_id), self._before, seq=row.seq, entry_id=row.entry_id, high=row.high,
                    sealed_at=row.sealed_at, key_id=row.key_id, digest=row.digest,
                )  # fmt: skip
                if not same(link, row.link):
                    self._verified.add(Finding("reordered", row.seq, row.entry_id))
            self._before, self.expected = row.link, row.seq + 1
            self._verified.entries += 1

    def _judge_entry(self, tx: Tx, row: Any) -> None:
        if row.id is None:
            self._verified.add(Finding("deleted", row.seq, row.entry_id))
        elif not same(digest_of(self._key(tx, row.key_id), row), row.digest):
            self._verified.add(Finding("changed", row.seq, row.entry_id, row.at))

    def _key(self, tx: Tx, key_id: str) -> bytes:
        if self._keys[0] != key_id:
            self._keys = (key_id, key_for(tx, self._vault, key_id))
        return self._keys[1]


def key_for(tx: Tx, vault: Vault, key_id: str) -> bytes:
    """The key of a link. Raises KeyMissing."""
    try:
        return vault.derived_from(tx, key_id, PURPOSE)
    except DecryptError as error:
        raise KeyMissing(f"the key {key_id!r} of the trail of {tx.tenant} cannot be opened: {error}") from error


def _page(tx: Tx, *, seq: int, upto: int) -> Sequence[Any]:
    link = (
        AuditLink.seq, AuditLink.entry_id, AuditLink.high, AuditLink.sealed_at, AuditLink.key_id, AuditLink.digest,
        AuditLink.link,
    )  # fmt: skip
    return tx.execute(
        select(*link, *ENTRY)
        .outerjoin(AuditEntry, (AuditEntry.tenant_id == tx.tenant) & (AuditEntry.id == AuditLink.entry_id))
        .where(AuditLink.tenant_id == tx.tenant, AuditLink.seq >= seq, AuditLink.seq <= upto)
        .order_by(AuditLink.seq)
        .limit(PAGE)
    ).all()


def _link_at(tx: Tx, *, seq: int) -> Head | None:
    row = tx.execute(
        select(AuditLink.seq, AuditLink.link, AuditLink.high, AuditLink.sealed_at).where(
            AuditLink.tenant_id == tx.tenant, AuditLink.seq == seq
        )
    ).one_or_none()
    return Head(*row) if row is not None else None


def _first_since(tx: Tx, *, head: Head, since: datetime) -> int:
    """The first link whose `high` is not before `since`: it only grows, so halving finds it."""
    low, high = 1, head.seq + 1
    while low < high:
        middle = (low + high) // 2
        # A link that is missing is told later; its successor says as much.
        found = tx.scalar(
            select(AuditLink.high)
            .where(AuditLink.tenant_id == tx.tenant, AuditLink.seq >= middle)
            .order_by(AuditLink.seq)
            .limit(1)
        )
        if found is None or found >= since:
            high = middle
        else:
            low = middle + 1
    return low


def _without_seal(tx: Tx, *, head: Head, since: datetime | None) -> Sequence[Finding]:
    sealed = exists().where(AuditLink.tenant_id == tx.tenant, AuditLink.entry_id == AuditEntry.id)
    wanted = select(AuditEntry.id, AuditEntry.at).where(
        AuditEntry.tenant_id == tx.tenant, AuditEntry.at <= tx.now() - SETTLE, ~sealed
    )
    if since is not None:
        wanted = wanted.where(AuditEntry.at >= since)
    found = []
    for row in tx.execute(wanted.order_by(AuditEntry.at).limit(MOST_FINDINGS)):
        if head.high is not None and row.at <= head.high - LATE:
            found.append(Finding("inserted", 0, row.id, row.at))
        elif row.at <= tx.now() - BEHIND:
            found.append(Finding("unsealed", 0, row.id, row.at))
    return found


def count_unsealed(tx: Tx) -> int:
    """How many entries wait for their seal, young ones included."""
    sealed = exists().where(AuditLink.tenant_id == tx.tenant, AuditLink.entry_id == AuditEntry.id)
    return tx.scalar(select(func.count()).where(AuditEntry.tenant_id == tx.tenant, ~sealed)) or 0


@dataclass(frozen=True, slots=True)
class Proof:
    """What the seal of one entry says, wherever it stands; `seq` and `sealed_at` are its link's."""

    state: Literal["waiting", "holds", "broken", "unknown"]
    seq: int = 0
    sealed_at: datetime | None = None


def prove(tx: Tx, vault: Vault, entry_id: uuid.UUID) -> Proof:
    """Whether an entry still says what was sealed; "unknown" without the key, "waiting" without a seal."""
    row = tx.execute(
        select(AuditLink.seq, AuditLink.sealed_at, AuditLink.key_id, AuditLink.digest, *ENTRY)
        .join(AuditEntry, (AuditEntry.tenant_id == tx.tenant) & (AuditEntry.id == AuditLink.entry_id))
        .where(AuditLink.tenant_id == tx.tenant, AuditLink.entry_id == entry_id)
    ).one_or_none()
    if row is None:
        return Proof("waiting")
    try:
        holds = same(digest_of(key_for(tx, vault, row.key_id), row), row.digest)
    except KeyMissing:
        return Proof("unknown", row.seq, row.sealed_at)
    return Proof("holds" if holds else "broken", row.seq, row.sealed_at)


def note_verified(tx: Tx, verified: Verified) -> None:
    """Leave in the trail itself that it was verified, with what came out."""
    after = {"entries": verified.entries, "wrong": verified.wrong, "head": str(verified.head)}
    record(tx, VERIFIED, "trail", VERIFIED, after=after)
