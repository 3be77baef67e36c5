"""Secrets that can be shown again (line passwords, PINs): AES-256-GCM under a data key per tenant.

The database holds data keys only wrapped by a master key, and master keys live outside it. Each ciphertext names the
key it needs and is bound to tenant, table, column and row: moved anywhere else it cannot be read.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mypage.lib.tokens import length_prefixed

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = 1

Place = tuple[str, str, str, str]
"""tenant, table, column, row id: where a ciphertext is at home."""


class DecryptError(Exception):
    """The bytes are damaged, belong elsewhere, or need a key that is not at hand. Says which, and never any content."""


def derive(master: bytes, purpose: str, tenant: str) -> bytes:
    """32 bytes for one purpose ("csrf", "captcha", "pepper") of one tenant; ``""`` means the whole installation."""
    info = length_prefixed("mypage", purpose, tenant)
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(_checked(master, "master"))


def key_id_of(sealed: bytes) -> str:
    """The id of the key that made these bytes; raises ``DecryptError`` when they are none of ours."""
    return _split(sealed)[0]


@dataclass(frozen=True, slots=True)
class TenantKey:
    """One data key of one tenant. It comes from a ``Keyring`` and is kept in memory only."""

    tenant: str
    key_id: str
    secret: bytes = field(repr=False)

    def encrypt(self, plain: bytes, *, aad: Place) -> bytes:
        """Version, key id, nonce, ciphertext and tag. Raises ``ValueError`` when the place is another tenant's."""
        if aad[0] != self.tenant:
            raise ValueError(f"the key of tenant {self.tenant!r} cannot seal data of {aad[0]!r}")
        return _seal(self.secret, self.key_id, plain, length_prefixed("secret", self.key_id, *aad))

    def decrypt(self, sealed: bytes, *, aad: Place) -> bytes:
        """The plain bytes. Raises ``DecryptError``, also for a place other than the one they were sealed for."""
        return _open(self.secret, self.key_id, sealed, length_prefixed("secret", self.key_id, *aad))


@dataclass(frozen=True, slots=True)
class Keyring:
    """The master keys by id, 32 bytes each. ``current`` wraps what is new; the others still open what is old."""

    master_keys: Mapping[str, bytes] = field(repr=False)
    current: str

    def __post_init__(self) -> None:
        if self.current not in self.master_keys:
            raise ValueError(f"the current master key {self.current!r} is not in the keyring")
        for key_id, key in self.master_keys.items():
            _check_id(key_id)
            _checked(key, key_id)

    def new_key(self, tenant: str, key_id: str) -> bytes:
        """A fresh data key, wrapped: store it beside ``tenant`` and ``key_id``, which are unique together."""
        return self._wrap(tenant, key_id, secrets.token_bytes(KEY_BYTES))

    def unwrap(self, tenant: str, key_id: str, wrapped: bytes) -> TenantKey:
        """The data key itself. Raises ``DecryptError``, also for another tenant's or another id's bytes."""
        master_id = key_id_of(wrapped)
        if master_id not in self.master_keys:
            raise DecryptError(f"no master key {master_id!r} in the keyring")
        secret = _open(self.master_keys[master_id], master_id, wrapped, _wrapping(tenant, key_id))
        return TenantKey(tenant, key_id, secret)

    def needs_rewrap(self, wrapped: bytes) -> bool:
        """Whether a master key other than the current one wrapped this."""
        return key_id_of(wrapped) != self.current

    def rewrap(self, tenant: str, key_id: str, wrapped: bytes) -> bytes:
        """The same data key under the current master key; nothing sealed by it changes."""
        return self._wrap(tenant, key_id, self.unwrap(tenant, key_id, wrapped).secret)

    def derive(self, purpose: str, tenant: str) -> bytes:
        """``derive`` from the current master key: for what may end with its rotation, so never for the pepper."""
        return derive(self.master_keys[self.current], purpose, tenant)

    def _wrap(self, tenant: str, key_id: str, secret: bytes) -> bytes:
        _check_id(key_id)
        return _seal(self.master_keys[self.current], self.current, secret, _wrapping(tenant, key_id))


def _wrapping(tenant: str, key_id: str) -> bytes:
    return length_prefixed("data key", tenant, key_id)


def _seal(secret: bytes, key_id: str, plain: bytes, aad: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    name = key_id.encode("ascii")
    return bytes((_VERSION, len(name))) + name + nonce + AESGCM(secret).encrypt(nonce, plain, aad)


def _open(secret: bytes, key_id: str, sealed: bytes, aad: bytes) -> bytes:
    needed, nonce, body = _split(sealed)
    if needed != key_id:
        raise DecryptError(f"sealed with key {needed!r}, not with {key_id!r}")
    try:
        return AESGCM(secret).decrypt(nonce, body, aad)
    except InvalidTag as error:
        raise DecryptError("damaged, or moved from where it was sealed") from error


def _split(sealed: bytes) -> tuple[str, bytes, bytes]:
    if len(sealed) < 2 or sealed[0] != _VERSION:
        raise DecryptError("not sealed in a known format")
    start = 2 + sealed[1]
    name, nonce, body = sealed[2:start], sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
    if len(nonce) < _NONCE_BYTES or not name.isascii():
        raise DecryptError("not sealed in a known format")
    return name.decode("ascii"), nonce, body


def _check_id(key_id: str) -> None:
    if not 1 <= len(key_id) <= 64 or not (key_id.isascii() and key_id.isprintable()):
        raise ValueError(f"a key id has 1 to 64 printable ASCII characters, not {key_id!r}")


def _checked(key: bytes, name: str) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"the key {name!r} has {len(key)} bytes, {KEY_BYTES} are needed")
    return key
