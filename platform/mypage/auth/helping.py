"""What the help desk does for who cannot get in: links by mail, sessions, second factors. It never sees a password."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Row, func, select

from mypage.audit.trail import record
from mypage.auth.factors import service as factors
from mypage.auth.links import issue_link
from mypage.auth.locks import Login
from mypage.auth.models import Account, Credential, Customer, Registration
from mypage.auth.recovery import send_reset_link
from mypage.auth.sessions import end_other_sessions
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.auth import Recovery
from mypage.lib.errors import NotFound
from mypage.mail.models import MailMessage
from mypage.mail.service import reachable, send_mail

LINKS_AN_HOUR = 5
"""Reset links by staff and customer together in an hour for one account: more are a mistake, or somebody's trick."""

NoLink = Literal["not-online", "not-active", "no-address", "many"]
"""Why no link to set a new password goes out: the operator has no such page for this kind of login; the account is not
active; no address is registered, or none that a mail can reach; there were too many within the hour."""


@dataclass(frozen=True, slots=True)
class Address:
    """The registered address of a login's account, and the language of its mails ("" for the portal's)."""

    email: str
    language: str


def address_of(tx: Tx, login: Login) -> Address:
    """Where links for a login go, and nowhere else. Raises NotFound."""
    row = _account(tx, login)
    return Address(row.email, row.language)


def no_reset_link(tx: Tx, rules: Recovery | None, login: Login) -> NoLink | None:
    """Why no link can go out for a login; None when it can. `rules` are the operator's of a forgotten password."""
    if rules is None or rules.scheme != login.scheme:
        return "not-online"
    if login.status != "active":
        return "not-active"
    if not reachable(address_of(tx, login).email):
        return "no-address"
    sent = select(func.count()).where(
        MailMessage.tenant_id == tx.tenant,
        MailMessage.subject_id == login.account_id,
        MailMessage.template == "password_reset",
        MailMessage.created_at > tx.now() - timedelta(hours=1),
    )
    return "many" if tx.scalars(sent).one() >= LINKS_AN_HOUR else None


def mail_reset_link(
    tx: Tx,
    vault: Vault,
    login: Login,
    *,
    rules: Recovery,
    language: str,
    link_of: Callable[[str], str],
    reason: str,
) -> str:
    """Mail a link to set a new password to the registered address; returns that. Ask `no_reset_link` before.

    Whoever sends it never sees the link. Raises NotFound.
    """
    row = _account(tx, login)
    send_reset_link(tx, vault, row, language=language, life=rules.link_life, link_of=link_of)
    after = {"login_id": login.login_id, "email": row.email, "reason": reason}
    record(tx, "password.reset_by_support", "credential", row.id, customer_id=row.customer_id, after=after)
    return str(row.email)


def end_sessions(tx: Tx, login: Login, customer_id: uuid.UUID, *, reason: str) -> int:
    """End every session of a login's account; how many there were. Audited when there was one."""
    ended = end_other_sessions(tx, login.account_id, None)
    if ended:
        after = {"login_id": login.login_id, "ended": ended, "reason": reason}
        record(tx, "sessions.ended_by_support", "account", login.account_id, customer_id=customer_id, after=after)
    return ended


def remove_factors(tx: Tx, keys: factors.Keys, login: Login, *, language: str, reason: str) -> int:
    """Take away every second factor of a login's account, its recovery codes and sessions; the holder gets a mail.

    Returns how many factors there were. Raises NotFound when the account is not active.
    """
    holder = factors.Holder(account_id=login.account_id, session_id=None, language=language)
    return factors.remove_all(tx, keys, holder, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A registration whose link was mailed and not pressed yet."""

    id: uuid.UUID
    login_id: str
    email: str
    language: str
    expires_at: datetime


def waiting_registrations(tx: Tx, customer_id: uuid.UUID) -> tuple[Waiting, ...]:
    """The registrations of a customer that can still be completed."""
    rows = tx.execute(
        select(
            Registration.id,
            Registration.login_id,
            Registration.email,
            Registration.language,
            Registration.expires_at,
        ).where(
            Registration.tenant_id == tx.tenant,
            Registration.customer_id == customer_id,
            Registration.state == "waiting",
            Registration.expires_at > tx.now(),
        )
    )
    return tuple(Waiting(**row._asdict()) for row in rows)


def mail_activation(
    tx: Tx, vault: Vault, waiting: Waiting, customer_id: uuid.UUID, *, link_of: Callable[[str], str], reason: str
) -> str:
    """Mail the link of a waiting registration anew, good as long as the first one was; the earlier link ends."""
    token, ends = issue_link(tx, "activate", waiting.id, waiting.email, waiting.expires_at - tx.now())
    send_mail(
        tx,
        vault,
        template="activation",
        recipient=waiting.email,
        language=waiting.language,
        values={"login_id": waiting.login_id, "link": link_of(token), "expires_at": ends},
        subject_id=waiting.id,
    )
    after = {"login_id": waiting.login_id, "email": waiting.email, "reason": reason}
    record(tx, "registration.mailed_again", "registration", waiting.id, customer_id=customer_id, after=after)
    return waiting.email


def mail_login_id(tx: Tx, vault: Vault, login: Login, customer_id: uuid.UUID, *, language: str, reason: str) -> str:
    """Mail a login ID to the registered address; returns that. Raises NotFound, BadMail for an address that is none."""
    address = address_of(tx, login)
    send_mail(
        tx,
        vault,
        template="login_id_notice",
        recipient=address.email,
        language=address.language or language,
        values={"login_id": login.login_id},
        subject_id=login.account_id,
    )
    after = {"email": address.email, "reason": reason}
    record(tx, "login_id.mailed_by_support", "account", login.account_id, customer_id=customer_id, after=after)
    return address.email


def _account(tx: Tx, login: Login) -> Row[tuple[uuid.UUID, uuid.UUID, uuid.UUID, str, str]]:
    row = tx.execute(
        select(
            Credential.id,
            Account.id.label("account_id"),
            Account.customer_id,
            Account.email,
            func.coalesce(func.nullif(Account.language, ""), Customer.language).label("language"),
        )
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == Credential.account_id))
        .join(Customer, (Customer.tenant_id == tx.tenant) & (Customer.id == Account.customer_id))
        .where(Credential.tenant_id == tx.tenant, Credential.id == login.credential_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row
