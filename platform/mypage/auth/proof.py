"""The proof code (認証コード) that a customer gets on paper: kept as a keyed hash, bound to the customer number."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from mypage.lib.crypto import Keyring, derive

PURPOSE = "proof"


def proof_hash(keyring: Keyring, tenant: str, number_key: str, parts: Sequence[str]) -> bytes:
    """What is stored as `Customer.proof_hash`, under the current master key.

    Blanks around a part do not count; case and everything else do (ACTV-20). The number is given as its folded key.
    """
    return _keyed(keyring.derive(PURPOSE, tenant), number_key, parts)


def proof_matches(keyring: Keyring, tenant: str, number_key: str, parts: Sequence[str], stored: bytes | None) -> bool:
    """Whether the code is the stored one, also when it was stored under an earlier master key.

    `None` (no such customer, or one without a code) takes the same time and is false.
    """
    found = False
    for master in keyring.master_keys.values():
        hashed = _keyed(derive(master, PURPOSE, tenant), number_key, parts)
        found |= hmac.compare_digest(hashed, stored if stored is not None else bytes(len(hashed)))
    return found and stored is not None


def _keyed(key: bytes, number_key: str, parts: Sequence[str]) -> bytes:
    # Typed text may hold lone surrogates; they match nothing, but they must not raise either.
    message = "-".join((number_key, *(part.strip() for part in parts))).encode("utf-8", "surrogatepass")
    return hmac.digest(key, message, "sha256")
