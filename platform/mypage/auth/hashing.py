"""Password hashes: argon2id over an HMAC with a pepper that is kept outside the database.

Stored form: ``v1$p<pepper id>$argon2id$…``, or ``v1$p<pepper id>$l:<kind>:<salt>$argon2id$…`` for a hash from an
older system, wrapped at once so that the old form is stored nowhere. Costs, pepper and legacy forms are replaced at
the next login: ask ``needs_rehash`` after a successful ``verify``.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import os
import re
import secrets
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from threading import BoundedSemaphore
from typing import TypeVar

import argon2
from argon2.exceptions import Argon2Error, InvalidHash, VerifyMismatchError

from mypage.lib.errors import Busy

LONGEST_INPUT = 1024
"""UTF-8 bytes. Longer input is never hashed, so that a huge password costs no more than any other."""

_STORED = re.compile(
    r"v1\$p(?P<pepper>[0-9a-f]{8})(?:\$l:(?P<kind>[a-z0-9-]+):(?P<salt>[A-Za-z0-9_=-]*))?(?P<argon>\$argon2id\$[!-~]+)"
)
T = TypeVar("T")
_log = logging.getLogger(__name__)


class LegacyKind(StrEnum):
    """How an older system stored passwords. Digests are hexadecimal, over UTF-8, of one round."""

    PLAIN = "plain"
    MD5 = "md5"
    SHA256 = "sha256"
    SHA256_SALT_FIRST = "sha256-salt-first"
    SHA256_SALT_LAST = "sha256-salt-last"


class HashingBusy(Busy):
    """Too many hashes are waiting already; the client should be told to try again in a moment (503)."""


class UnhashablePassword(ValueError):
    """The password is longer than ``LONGEST_INPUT`` bytes or is not valid Unicode; policies refuse both before."""


@dataclass(frozen=True, slots=True)
class _Stored:
    pepper_id: str
    kind: LegacyKind | None
    salt: bytes
    argon: str


class PasswordHasher:
    """Hashes and verifies. One per process: it owns a thread pool no larger than the cores.

    ``pepper``: at least 16 secret bytes; ``previous_peppers`` still verify what they hashed. ``memory_kib`` is used by
    each running hash. ``waiting``: how many async calls may wait for a thread before ``HashingBusy``.
    """

    def __init__(
        self,
        pepper: bytes,
        *,
        previous_peppers: Iterable[bytes] = (),
        time_cost: int = 2,
        memory_kib: int = 19456,
        parallelism: int = 1,
        workers: int | None = None,
        waiting: int = 64,
    ) -> None:
        self._peppers = {_pepper_id(known): known for known in (*previous_peppers, pepper)}
        self._current = _pepper_id(pepper)
        self._argon = argon2.PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism, type=argon2.Type.ID
        )
        self._dummy = self._argon.hash(secrets.token_bytes(32))
        cores = os.cpu_count() or 1
        threads = min(workers or cores, cores)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._places = BoundedSemaphore(threads + waiting)

    def hash(self, password: str) -> str:
        """The form to store. Takes tens of milliseconds of one core; raises ``UnhashablePassword``."""
        return self._store("", _input(password))

    def verify(self, encoded: str | None, password: str) -> bool:
        """Whether the password is the stored one; ``None`` (no such user) takes the same time and is always false.

        Never raises: an unreadable stored form, an unknown pepper or unusable input is false after the same work.
        """
        stored = _parse(encoded) if encoded is not None else None
        try:
            secret = _input(password)
        except UnhashablePassword:
            stored, secret = None, b""
        if stored is not None and stored.pepper_id not in self._peppers:
            _log.error("a stored password needs pepper %s, which is not configured", stored.pepper_id)
            stored = None
        if stored is None:
            self._matches(self._dummy, self._peppered(self._current, secret))
            return False
        if stored.kind is not None:
            secret = _legacy_digest(stored.kind, stored.salt, secret)
        return self._matches(stored.argon, self._peppered(stored.pepper_id, secret))

    async def hash_async(self, password: str) -> str:
        """``hash`` in the pool. Raises ``HashingBusy`` at once when too many are waiting."""
        return await asyncio.wrap_future(self._submit(lambda: self.hash(password)))

    async def verify_async(self, encoded: str | None, password: str) -> bool:
        """``verify`` in the pool. Raises ``HashingBusy`` at once when too many are waiting."""
        return await asyncio.wrap_future(self._submit(lambda: self.verify(encoded, password)))

    def needs_rehash(self, encoded: str) -> bool:
        """Whether ``hash`` would store this differently today: another pepper, other costs, or a legacy form."""
        stored = _parse(encoded)
        if stored is None or stored.kind is not None or stored.pepper_id != self._current:
            return True
        try:
            return self._argon.check_needs_rehash(stored.argon)
        except InvalidHash:
            return True

    def wrap_legacy(self, kind: LegacyKind, value: str, *, salt: bytes = b"") -> str:
        """The form to store for what an older system held; a plain password becomes an ordinary hash.

        ``salt`` are the bytes that stood before or after the password. Raises ``ValueError`` for a digest that is none.
        """
        if kind is LegacyKind.PLAIN:
            return self.hash(value)
        digest = value.strip().lower()
        size = 32 if kind is LegacyKind.MD5 else 64
        if not re.fullmatch(rf"[0-9a-f]{{{size}}}", digest):
            raise ValueError(f"a {kind} digest has {size} hexadecimal digits")
        if bool(salt) != (kind in (LegacyKind.SHA256_SALT_FIRST, LegacyKind.SHA256_SALT_LAST)):
            raise ValueError(f"{kind} goes {'without' if salt else 'with'} a salt")
        return self._store(f"$l:{kind}:{urlsafe_b64encode(salt).decode()}", digest.encode())

    def close(self) -> None:
        """Let running hashes end and drop the waiting ones."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _store(self, note: str, secret: bytes) -> str:
        return f"v1$p{self._current}{note}{self._argon.hash(self._peppered(self._current, secret))}"

    def _peppered(self, pepper_id: str, secret: bytes) -> bytes:
        return b64encode(hmac.digest(self._peppers[pepper_id], secret, "sha256"))

    def _matches(self, argon: str, secret: bytes) -> bool:
        try:
            return self._argon.verify(argon, secret)
        except VerifyMismatchError:
            return False
        except (Argon2Error, InvalidHash):
            if argon != self._dummy:
                self._matches(self._dummy, secret)
            return False

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        if not self._places.acquire(blocking=False):
            raise HashingBusy
        try:
            future = self._pool.submit(work)
        except BaseException:
            self._places.release()
            raise
        future.add_done_callback(lambda _: self._places.release())
        return future


def _input(password: str) -> bytes:
    if len(password) > LONGEST_INPUT:
        raise UnhashablePassword(f"longer than {LONGEST_INPUT} bytes")
    try:
        octets = password.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UnhashablePassword("not valid Unicode") from error
    if len(octets) > LONGEST_INPUT:
        raise UnhashablePassword(f"longer than {LONGEST_INPUT} bytes")
    return octets


def _pepper_id(pepper: bytes) -> str:
    if len(pepper) < 16:
        raise ValueError(f"a pepper needs at least 16 bytes, not {len(pepper)}")
    return hmac.new(pepper, b"pepper id", hashlib.sha256).hexdigest()[:8]


def _parse(encoded: str) -> _Stored | None:
    match = _STORED.fullmatch(encoded)
    if match is None:
        return None
    try:
        kind = LegacyKind(match["kind"]) if match["kind"] else None
        salt = urlsafe_b64decode(match["salt"] or "")
    except ValueError:
        return None
    return _Stored(match["pepper"], kind, salt, match["argon"])


def _legacy_digest(kind: LegacyKind, salt: bytes, secret: bytes) -> bytes:
    if kind is LegacyKind.MD5:
        return hashlib.md5(secret, usedforsecurity=False).hexdigest().encode()
    if kind is LegacyKind.SHA256_SALT_LAST:
        return hashlib.sha256(secret + salt).hexdigest().encode()
    return hashlib.sha256(salt + secret).hexdigest().encode()
