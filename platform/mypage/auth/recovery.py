"""Ways back in: a mail to the registered address or nothing, and the caller cannot tell which (ACTV-67 to ACTV-70)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from mypage.audit.trail import record
from mypage.auth.credentials import Change, Earlier, change, earlier, lock_credential
from mypage.auth.errors import DeadLink
from mypage.auth.links import Link, issue_link, just_used, peek_link, use_link
from mypage.auth.models import Account, Credential, Customer
from mypage.auth.registration import prove
from mypage.auth.throttle import admit, mail_target
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.auth import ThrottlePolicy
from mypage.hooks.passwords import PasswordPolicy
from mypage.lib.crypto import Keyring
from mypage.mail.service import reachable, send_mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What recovery needs of the process and the request."""

    vault: Vault
    keyring: Keyring
    throttle: ThrottlePolicy
    network: str
    language: str


def mail_reset_link(
    tx: Tx, means: Means, scheme: str, login_key: str, *, life: timedelta, link_of: Callable[[str], str]
) -> None:
    """Mail a link to set a new password, if the login ID is an active account's with an address (ACTV-68)."""
    admitted = admit(tx, means.throttle, mail_target(scheme, login_key, means.network))
    row = tx.execute(
        select(Credential.id, Account.id.label("account_id"), Account.customer_id, Account.email, Account.language)
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == Credential.account_id))
        .where(
            Credential.tenant_id == tx.tenant,
            Credential.scheme == scheme,
            Credential.login_key == login_key,
            Account.status == "active",
        )
    ).one_or_none()
    if row is None or not admitted or not reachable(row.email):
        return
    send_reset_link(tx, means.vault, row, language=means.language, life=life, link_of=link_of)
    record(tx, "password.reset_requested", "credential", row.id, customer_id=row.customer_id)


def mail_login_id(tx: Tx, means: Means, scheme: str, number_key: str, parts: tuple[str, ...]) -> None:
    """Mail the login ID, if number and code are those of a customer with an active account (ACTV-69)."""
    admitted = admit(tx, means.throttle, mail_target(scheme, number_key, means.network))
    customer_id = prove(tx, means.keyring, means.throttle, number_key, parts, means.network) if admitted else None
    row = tx.execute(
        select(Credential.login_id, Account.id, Account.email, Account.language)
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == Credential.account_id))
        .where(
            Credential.tenant_id == tx.tenant,
            Credential.scheme == scheme,
            Account.customer_id == (customer_id or uuid.UUID(int=0)),
            Account.status == "active",
        )
        .order_by(Account.created_at)
        .limit(1)
    ).one_or_none()
    if row is None or not reachable(row.email):
        return
    send_mail(
        tx,
        means.vault,
        template="login_id_notice",
        recipient=row.email,
        language=row.language or means.language,
        values={"login_id": row.login_id},
        subject_id=row.id,
    )
    record(tx, "login_id.mailed", "account", row.id, customer_id=customer_id)


def send_reset_link(
    tx: Tx, vault: Vault, row: Any, *, language: str, life: timedelta, link_of: Callable[[str], str]
) -> None:
    """A link in place of earlier ones, by mail to the registered address. `row`: id, account_id, email, language."""
    token, ends = issue_link(tx, "reset", row.id, row.email, life)
    send_mail(
        tx,
        vault,
        template="password_reset",
        recipient=row.email,
        language=row.language or language,
        values={"link": link_of(token), "expires_at": ends},
        subject_id=row.account_id,
    )


def reset_target(tx: Tx, policies: Callable[[str], PasswordPolicy], token: str) -> tuple[str, Earlier] | None:
    """Scheme and credential that a reset link is for; None when the link cannot be used. Changes nothing."""
    return _target(tx, policies, peek_link(tx, "reset", token))


def reset_before(tx: Tx, policies: Callable[[str], PasswordPolicy], token: str) -> tuple[str, Earlier] | None:
    """The same for a link that was used moments ago, to answer a double click."""
    return _target(tx, policies, just_used(tx, "reset", token))


def reset_password(
    tx: Tx, vault: Vault, policy: PasswordPolicy, token: str, wanted: Change, *, language: str
) -> datetime:
    """Use a reset link up and set the password; every session ends. Returns when the password was set.

    Raises DeadLink, or NotFound without an account.
    """
    lock_credential(tx, wanted.credential_id)
    if use_link(tx, "reset", token) is None:
        raise DeadLink
    change(tx, vault, policy, wanted, keep=None, language=language)
    set_at = select(Credential.changed_at).where(
        Credential.tenant_id == tx.tenant, Credential.id == wanted.credential_id
    )
    return tx.scalars(set_at).one()


def _target(tx: Tx, policies: Callable[[str], PasswordPolicy], link: Link | None) -> tuple[str, Earlier] | None:
    if link is None:
        return None
    row = tx.execute(
        select(Credential, Account.email, Customer.number)
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == Credential.account_id))
        .join(Customer, (Customer.tenant_id == tx.tenant) & (Customer.id == Account.customer_id))
        .where(Credential.tenant_id == tx.tenant, Credential.id == link.subject_id, Account.status == "active")
    ).one_or_none()
    if row is None or row.email != link.address:
        return None
    credential = row[0]
    return credential.scheme, earlier(tx, policies(credential.scheme), credential, row.number)
