"""Recovery codes: printed once, kept as keyed hashes, each good for one login when the device is lost."""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
import uuid

from sqlalchemy import delete, func, insert, select, update

from mypage.auth.factors.models import RecoveryCode
from mypage.db.session import Tx
from mypage.lib.crypto import Keyring, derive
from mypage.lib.tokens import length_prefixed

HOW_MANY = 10
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0 O, 1 I L, and U, which handwriting and telephones mix up."""
LENGTH, GROUP = 12, 4
"""30 letters, 12 places: 58.9 bits."""
_PURPOSE = "recovery-code"
_BETWEEN = re.compile(r"[\W_ー]+")


def new_codes() -> tuple[str, ...]:
    """Ten codes such as `7KQM-2XRT-9HVB`."""
    return tuple(_written("".join(secrets.choice(ALPHABET) for _ in range(LENGTH))) for _ in range(HOW_MANY))


def fold_recovery(typed: str) -> str | None:
    """A code as it is compared: width, case, blanks and hyphens make no difference; None when it cannot be one."""
    if len(typed) > 100:
        return None
    folded = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).upper()
    return folded if len(folded) == LENGTH and all(char in ALPHABET for char in folded) else None


def replace_codes(tx: Tx, keyring: Keyring, account_id: uuid.UUID) -> tuple[str, ...]:
    """New codes in place of all earlier ones; they can never be read again."""
    drop_codes(tx, account_id)
    codes, master = new_codes(), keyring.derive(_PURPOSE, tx.tenant)
    rows = [
        {
            "tenant_id": tx.tenant,
            "account_id": account_id,
            "code_hash": _hash(master, account_id, code.replace("-", "")),
            "created_at": tx.now(),
        }
        for code in codes
    ]
    tx.execute(insert(RecoveryCode), rows)
    return codes


def use_code(tx: Tx, keyring: Keyring, account_id: uuid.UUID, code: str) -> bool:
    """Use up a folded code; of several attempts at the same moment exactly one gets it."""
    keys = [derive(master, _PURPOSE, tx.tenant) for master in keyring.master_keys.values()]
    used = tx.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.tenant_id == tx.tenant,
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_hash.in_([_hash(key, account_id, code) for key in keys]),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=tx.now())
        .returning(RecoveryCode.code_hash)
    )
    return used.one_or_none() is not None


def codes_left(tx: Tx, account_id: uuid.UUID) -> int:
    """How many codes can still be used."""
    return tx.scalars(
        select(func.count())
        .select_from(RecoveryCode)
        .where(
            RecoveryCode.tenant_id == tx.tenant, RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
        )
    ).one()


def drop_codes(tx: Tx, account_id: uuid.UUID) -> None:
    """Make all codes of an account useless."""
    tx.execute(delete(RecoveryCode).where(RecoveryCode.tenant_id == tx.tenant, RecoveryCode.account_id == account_id))


def _written(code: str) -> str:
    return "-".join(code[i : i + GROUP] for i in range(0, LENGTH, GROUP))


def _hash(key: bytes, account_id: uuid.UUID, code: str) -> bytes:
    return hmac.digest(key, length_prefixed(str(account_id), code), "sha256")
