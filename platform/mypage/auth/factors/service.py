"""The second factors of an account: listed, added, renamed, removed; each change is told to the holder and recorded."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from mypage.audit.trail import record
from mypage.auth.errors import FactorsFull
from mypage.auth.factors import recovery_codes
from mypage.auth.factors.models import SecondFactor
from mypage.auth.factors.passkeys import NewPasskey
from mypage.auth.models import Account
from mypage.auth.owners import customer_of
from mypage.auth.sessions import end_other_sessions, note_factor
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.crypto import Keyring
from mypage.lib.errors import NotFound
from mypage.mail.service import reachable, send_mail

MOST = 10
"""Factors that one account may have."""
TABLE, COLUMN = "second_factor", "sealed"

Told = Literal["app-added", "passkey-added", "removed", "codes-made", "recovery-used", "support"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A factor as its holder sees it."""

    id: uuid.UUID
    kind: str
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose factors change, in which session (None: in none of theirs), and the language of mails by default."""

    account_id: uuid.UUID
    session_id: uuid.UUID | None
    language: str


@dataclass(frozen=True, slots=True)
class Keys:
    """What seals secrets and what hashes recovery codes."""

    vault: Vault
    keyring: Keyring


def has_factor(tx: Tx, account_id: uuid.UUID) -> bool:
    """Whether an account has enrolled any; the answer holds until the unit ends.

    An enrolment waits for the session that is about to be opened without a second step, and then ends it.
    """
    account = select(Account.id).where(Account.tenant_id == tx.tenant, Account.id == account_id)
    # As weak as the reference of that session's row, so that it meets no other lock earlier than it would anyway.
    tx.execute(account.with_for_update(read=True, key_share=True))
    wanted = exists().where(SecondFactor.tenant_id == tx.tenant, SecondFactor.account_id == account_id)
    return bool(tx.scalar(select(wanted)))


def factors_of(tx: Tx, account_id: uuid.UUID) -> Sequence[Factor]:
    """The factors of an account, the oldest first."""
    rows = tx.execute(
        select(SecondFactor.id, SecondFactor.kind, SecondFactor.name, SecondFactor.created_at, SecondFactor.used_at)
        .where(SecondFactor.tenant_id == tx.tenant, SecondFactor.account_id == account_id)
        .order_by(SecondFactor.created_at, SecondFactor.id)
    )
    return [Factor(**row._asdict()) for row in rows]


def passkey_ids(tx: Tx, account_id: uuid.UUID) -> Sequence[bytes]:
    """The credential ids of an account's passkeys."""
    found = tx.scalars(
        select(SecondFactor.credential_id)
        .where(
            SecondFactor.tenant_id == tx.tenant, SecondFactor.account_id == account_id, SecondFactor.kind == "passkey"
        )
        .order_by(SecondFactor.created_at)
    )
    return [each for each in found if each is not None]


def add_app(tx: Tx, keys: Keys, holder: Holder, *, secret: str, name: str, step: int) -> tuple[str, ...]:
    """Add an app whose code of `step` was right; that code cannot be used again.

    Returns the recovery codes that the first factor brings, else none. Raises NotFound, and FactorsFull when there are
    `MOST` by now.
    """
    _room(tx, holder.account_id)
    factor_id = uuid.uuid4()
    sealed = keys.vault.seal(tx, secret.encode(), table=TABLE, column=COLUMN, row=str(factor_id))
    row = {"kind": "totp", "sealed": sealed, "last_step": step}
    tx.execute(insert(SecondFactor).values(_row(tx, holder, factor_id, name) | row))
    return _added(tx, keys, holder, "app-added", factor_id, name)


def add_passkey(tx: Tx, keys: Keys, holder: Holder, made: NewPasskey, *, name: str) -> tuple[str, ...] | None:
    """Add a passkey; None when this tenant knows its id already. Else as `add_app`."""
    _room(tx, holder.account_id)
    factor_id = uuid.uuid4()
    row = {
        "kind": "passkey",
        "credential_id": made.credential_id,
        "public_key": made.public_key,
        "sign_count": made.sign_count,
    }
    added = tx.execute(
        upsert(SecondFactor)
        .values(_row(tx, holder, factor_id, name) | row)
        .on_conflict_do_nothing(index_elements=["tenant_id", "credential_id"])
        .returning(SecondFactor.id)
    )
    if added.one_or_none() is None:
        return None
    return _added(tx, keys, holder, "passkey-added", factor_id, name)


def rename(tx: Tx, account_id: uuid.UUID, factor_id: uuid.UUID, name: str) -> None:
    """Give a factor another name. Raises NotFound."""
    before = factor_of(tx, account_id, factor_id).name
    tx.execute(
        update(SecondFactor)
        .where(SecondFactor.tenant_id == tx.tenant, SecondFactor.account_id == account_id, SecondFactor.id == factor_id)
        .values(name=name)
    )
    customer_id = customer_of(tx, account_id)
    was, now = {"name": before}, {"name": name}
    record(tx, "factor.renamed", "second_factor", factor_id, customer_id=customer_id, before=was, after=now)


def factor_of(tx: Tx, account_id: uuid.UUID, factor_id: uuid.UUID) -> Factor:
    """One factor of an account. Raises NotFound."""
    found = next((factor for factor in factors_of(tx, account_id) if factor.id == factor_id), None)
    if found is None:
        raise NotFound
    return found


def remove(tx: Tx, keys: Keys, holder: Holder, factor_id: uuid.UUID, *, keep_one: bool) -> bool:
    """Remove a factor; the last one takes the recovery codes with it. Raises NotFound.

    False: it is the last one and the tenant demands one (`keep_one`), so nothing happened.
    """
    account = _lock(tx, holder.account_id)
    factor = factor_of(tx, holder.account_id, factor_id)
    last = _count(tx, holder.account_id) == 1
    if last and keep_one:
        return False
    tx.execute(
        delete(SecondFactor).where(
            SecondFactor.tenant_id == tx.tenant,
            SecondFactor.account_id == holder.account_id,
            SecondFactor.id == factor_id,
        )
    )
    if last:
        recovery_codes.drop_codes(tx, holder.account_id)
    end_other_sessions(tx, holder.account_id, holder.session_id)
    _note(tx, account, "factor.removed", factor_id, {"kind": factor.kind, "name": factor.name, "last": last})
    tell(tx, keys.vault, account, "removed", name=factor.name, language=holder.language)
    return True


def remove_all(tx: Tx, keys: Keys, holder: Holder, *, reason: str) -> int:
    """For the help desk, when a customer has lost everything: no factor, no code, no session is left.

    Returns how many factors there were. Raises NotFound when the account is not active.
    """
    account = _lock(tx, holder.account_id)
    gone = delete(SecondFactor).where(SecondFactor.tenant_id == tx.tenant, SecondFactor.account_id == holder.account_id)
    removed = len(tx.execute(gone.returning(SecondFactor.id)).all())
    if removed:
        recovery_codes.drop_codes(tx, holder.account_id)
        end_other_sessions(tx, holder.account_id, holder.session_id)
        _note(tx, account, "factor.removed_by_support", account.id, {"factors": removed, "reason": reason})
        tell(tx, keys.vault, account, "support", name="", language=holder.language)
    return removed


def renew_codes(tx: Tx, keys: Keys, holder: Holder) -> tuple[str, ...]:
    """New recovery codes; the earlier ones end. Raises NotFound without a factor that they could stand in for."""
    account = _lock(tx, holder.account_id)
    if not _count(tx, holder.account_id):
        raise NotFound
    codes = recovery_codes.replace_codes(tx, keys.keyring, holder.account_id)
    _note(tx, account, "factor.recovery_renewed", account.id, {"count": len(codes)})
    tell(tx, keys.vault, account, "codes-made", name="", language=holder.language)
    return codes


def tell(tx: Tx, vault: Vault, account: Account, change: Told, *, name: str, language: str) -> None:
    """Mail the holder what has changed, when a mail can reach them."""
    if not reachable(account.email):
        return
    send_mail(
        tx,
        vault,
        template="second_factor_changed",
        recipient=account.email,
        language=account.language or language,
        values={"change": change, "factor_name": name, "changed_at": tx.now()},
        subject_id=account.id,
    )


def _row(tx: Tx, holder: Holder, factor_id: uuid.UUID, name: str) -> dict[str, Any]:
    return {
        "tenant_id": tx.tenant,
        "id": factor_id,
        "account_id": holder.account_id,
        "name": name,
        "created_at": tx.now(),
    }


def _added(tx: Tx, keys: Keys, holder: Holder, change: Told, factor_id: uuid.UUID, name: str) -> tuple[str, ...]:
    account = _lock(tx, holder.account_id)
    first = _count(tx, holder.account_id) == 1
    codes = recovery_codes.replace_codes(tx, keys.keyring, holder.account_id) if first else ()
    if first:
        # They were opened with the password alone, perhaps by whoever the second step is to keep out.
        end_other_sessions(tx, holder.account_id, holder.session_id)
    if holder.session_id is not None:
        note_factor(tx, holder.session_id)
    kind = "passkey" if change == "passkey-added" else "totp"
    _note(tx, account, "factor.added", factor_id, {"kind": kind, "name": name, "first": first})
    tell(tx, keys.vault, account, change, name=name, language=holder.language)
    return codes


def _note(tx: Tx, account: Account, action: str, subject: uuid.UUID, after: Mapping[str, Any]) -> None:
    record(tx, action, "second_factor", subject, customer_id=account.customer_id, after=after)


def _count(tx: Tx, account_id: uuid.UUID) -> int:
    return tx.scalars(
        select(func.count())
        .select_from(SecondFactor)
        .where(SecondFactor.tenant_id == tx.tenant, SecondFactor.account_id == account_id)
    ).one()


def _room(tx: Tx, account_id: uuid.UUID) -> None:
    """Lock the account and see that one more fits: other tabs may have begun before it was full."""
    _lock(tx, account_id)
    if _count(tx, account_id) >= MOST:
        raise FactorsFull


def _lock(tx: Tx, account_id: uuid.UUID) -> Account:
    """The account, locked, so that two changes side by side count its factors one after the other."""
    account = tx.scalars(
        select(Account)
        .where(Account.tenant_id == tx.tenant, Account.id == account_id, Account.status == "active")
        .with_for_update()
    ).one_or_none()
    if account is None:
        raise NotFound
    return account
