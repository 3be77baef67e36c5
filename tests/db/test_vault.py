"""Secrets that can be shown again: sealed for one place, and openable after a rotation of the master secret."""

from __future__ import annotations

import pytest

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.crypto import DecryptError, Keyring

OLD, NEW = b"o" * 32, b"n" * 32
PLACE = {"table": "payment_method", "column": "token_sealed", "row": "1"}


def test_a_secret_opens_in_its_place_only(tx: Tx) -> None:
    vault = Vault(Keyring({"m1": OLD}, "m1"))
    sealed = vault.seal(tx, b"tok_1", **PLACE)
    assert b"tok_1" not in sealed
    assert vault.open(tx, sealed, **PLACE) == b"tok_1"
    for other in ({"row": "2"}, {"column": "x"}, {"table": "y"}):
        with pytest.raises(DecryptError):
            vault.open(tx, sealed, **(PLACE | other))


def test_after_a_rewrap_the_old_master_key_is_not_needed(tx: Tx) -> None:
    sealed = Vault(Keyring({"m1": OLD}, "m1")).seal(tx, b"tok_1", **PLACE)
    rotating = Vault(Keyring({"m1": OLD, "m2": NEW}, "m2"))
    assert rotating.open(tx, sealed, **PLACE) == b"tok_1"
    assert rotating.rewrap(tx) == 1
    assert rotating.rewrap(tx) == 0
    assert Vault(Keyring({"m2": NEW}, "m2")).open(tx, sealed, **PLACE) == b"tok_1"
    with pytest.raises(DecryptError):
        Vault(Keyring({"m1": OLD}, "m1")).open(tx, sealed, **PLACE)
