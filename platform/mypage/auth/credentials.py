"""Changing login ID and password, by oneself or by a reset link: what both mean for sessions, links and mails."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from mypage.audit.trail import record
from mypage.auth import names
from mypage.auth.errors import LoginNameTaken, TooSoon
from mypage.auth.links import end_links
from mypage.auth.models import Account, Credential, PasswordHistory
from mypage.auth.password_changes import again_at, note_change
from mypage.auth.sessions import end_other_sessions
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.passwords import PasswordPolicy
from mypage.lib.errors import NotFound
from mypage.mail.service import reachable, send_mail

WIZARD = "credentials"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What of a credential becomes what. None keeps the login ID or the password as it is."""

    credential_id: uuid.UUID
    login_id: str | None = None
    login_key: str | None = None
    password_hash: str | None = None

    @property
    def what(self) -> str:
        """The word of the mail."""
        if self.login_id is None:
            return "password"
        return "login" if self.password_hash is None else "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A credential before a change, and every hash that its new password must differ from.

    `again_at` is from when its password may be changed again; None when it may be changed now.
    """

    credential_id: uuid.UUID
    login_id: str
    login_key: str
    customer_number: str
    hashes: tuple[str, ...]
    must_change: bool
    again_at: datetime | None


def earlier(tx: Tx, policy: PasswordPolicy, credential: Credential, customer_number: str) -> Earlier:
    """What the rules of a new password look back at; the present hash comes first."""
    hashes: tuple[str, ...] = (credential.password_hash,) if credential.password_hash else ()
    if policy.history:
        past = (
            select(PasswordHistory.password_hash)
            .where(PasswordHistory.tenant_id == tx.tenant, PasswordHistory.credential_id == credential.id)
            .order_by(PasswordHistory.replaced_at.desc())
        )
        past = past if policy.history == "all" else past.limit(policy.history)
        hashes += tuple(tx.scalars(past))
    return Earlier(
        credential_id=credential.id,
        login_id=credential.login_id,
        login_key=credential.login_key,
        customer_number=customer_number,
        hashes=hashes,
        must_change=credential.must_change,
        again_at=None if credential.must_change else again_at(tx, policy, credential.id),
    )


def change_own(
    tx: Tx, vault: Vault, policy: PasswordPolicy, wanted: Change, *, keep: uuid.UUID | None, language: str
) -> Mapping[str, Any]:
    """A change by the holder, as `change`. Raises TooSoon as well: of changes side by side one is made (OCN-57).

    A password that was handed out may be changed at any time.
    """
    credential, _ = lock_credential(tx, wanted.credential_id)
    if wanted.password_hash is not None and not credential.must_change:
        at = again_at(tx, policy, credential.id)
        if at is not None:
            raise TooSoon(at)
    return change(tx, vault, policy, wanted, keep=keep, language=language)


def change(
    tx: Tx, vault: Vault, policy: PasswordPolicy, wanted: Change, *, keep: uuid.UUID | None, language: str
) -> Mapping[str, Any]:
    """Carry out a change: other sessions and open reset links end, the registered address is told (ACTV-66).

    `keep` is the session that goes on. Returns the login ID and the address ("" for none).
    Raises LoginNameTaken, or NotFound when the account is not active any more.
    """
    credential, account = lock_credential(tx, wanted.credential_id)
    if wanted.login_id is not None and wanted.login_key is not None:
        _rename(tx, credential, wanted.login_id, wanted.login_key)
    if wanted.password_hash is not None:
        _replace_password(tx, policy, credential, wanted.password_hash)
    tx.flush()
    end_links(tx, "reset", credential.id)
    end_other_sessions(tx, account.id, keep)
    email = account.email if reachable(account.email) else ""
    if email:
        send_mail(
            tx,
            vault,
            template="credentials_changed",
            recipient=email,
            language=account.language or language,
            values={"changed": wanted.what, "login_id": credential.login_id, "changed_at": tx.now()},
            subject_id=account.id,
        )
    record(
        tx,
        "credentials.changed",
        "credential",
        credential.id,
        customer_id=account.customer_id,
        after={"changed": wanted.what, "login_id": credential.login_id},
    )
    return {"login_id": credential.login_id, "email": email}


def lock_credential(tx: Tx, credential_id: uuid.UUID) -> tuple[Credential, Account]:
    """The credential, locked until the unit ends, with its account. Raises NotFound when that is not active.

    Locked before links of the credential are touched, so that a reset and a change wait for each other in one order.
    """
    row = tx.execute(
        select(Credential, Account)
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == Credential.account_id))
        .where(Credential.tenant_id == tx.tenant, Credential.id == credential_id, Account.status == "active")
        .with_for_update(of=Credential)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _rename(tx: Tx, credential: Credential, login_id: str, login_key: str) -> None:
    if login_key != credential.login_key:
        if not names.take(tx, credential.scheme, login_key, credential.account_id):
            raise LoginNameTaken
        names.retire(tx, credential.scheme, credential.login_key)
    credential.login_id, credential.login_key = login_id, login_key


def _replace_password(tx: Tx, policy: PasswordPolicy, credential: Credential, password_hash: str) -> None:
    if policy.history and credential.password_hash:
        tx.execute(
            insert(PasswordHistory).values(
                tenant_id=tx.tenant,
                id=uuid.uuid4(),
                credential_id=credential.id,
                password_hash=credential.password_hash,
                replaced_at=tx.now(),
            )
        )
        _prune(tx, policy, credential.id)
    note_change(tx, policy, credential.id, credential.password_hash)
    tx.execute(
        update(Credential)
        .where(Credential.tenant_id == tx.tenant, Credential.id == credential.id)
        .values(password_hash=password_hash, must_change=False, changed_at=tx.now())
    )


def _prune(tx: Tx, policy: PasswordPolicy, credential_id: uuid.UUID) -> None:
    if policy.history == "all":
        return
    kept = (
        select(PasswordHistory.id)
        .where(PasswordHistory.tenant_id == tx.tenant, PasswordHistory.credential_id == credential_id)
        .order_by(PasswordHistory.replaced_at.desc())
        .limit(policy.history)
    )
    tx.execute(
        delete(PasswordHistory).where(
            PasswordHistory.tenant_id == tx.tenant,
            PasswordHistory.credential_id == credential_id,
            PasswordHistory.id.not_in(kept),
        )
    )
