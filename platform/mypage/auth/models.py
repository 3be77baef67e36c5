"""Customers and who signs in for them: accounts, credentials, sessions, links, counters."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from mypage.auth import finding
from mypage.db.base import TenantKeyed, TenantRow, one_of, tenant_fk, tenant_pk

NAMED = "find_name <> ''"
"""Accounts that were handed out: only they have names of their own."""


class Customer(TenantRow):
    """契約者: who has contracts and pays. `number_key` is the folded customer number.

    `profile` holds what an operator's profile form asks besides, by the names of its fields.
    """

    __tablename__ = "customer"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number_key"),
        one_of("kind", ("person", "company")),
        # By code point; the collation of an index is no part of what migrations compare.
        Index("customer_find_number_idx", "tenant_id", "number_key"),
        *(Index(None, "tenant_id", column) for column in finding.CUSTOMER),
    )

    number: Mapped[str]
    number_key: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="person")
    name: Mapped[str]
    kana: Mapped[str] = mapped_column(server_default="")
    kana_key: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    postal_code: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="ja")
    proof_hash: Mapped[bytes | None]
    profile: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    find_name: Mapped[str] = finding.key_column(finding.CUSTOMER, "find_name")
    find_rest: Mapped[str] = finding.key_column(finding.CUSTOMER, "find_rest")
    find_kana: Mapped[str] = finding.key_column(finding.CUSTOMER, "find_kana")
    find_kana_rest: Mapped[str] = finding.key_column(finding.CUSTOMER, "find_kana_rest")
    find_phone: Mapped[str] = finding.key_column(finding.CUSTOMER, "find_phone")
    find_mail: Mapped[str] = finding.key_column(finding.CUSTOMER, "find_mail")

    @validates("name", "kana", "phone", "email")
    def _refresh_keys(self, changed: str, value: str) -> str:
        finding.refresh(self, finding.CUSTOMER, changed, value)
        return value


class Account(TenantRow):
    """Who signs in: a person or role that acts for a customer.

    An account that the customer handed out has names of its own. A closed one stays as the tombstone of its ID.
    `confirmed_at`: when what its first login showed was confirmed, where an operator asks for that (USEN-13).
    """

    __tablename__ = "account"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        Index(None, "tenant_id", "customer_id"),
        one_of("status", ("active", "suspended", "closed")),
        Index(None, "tenant_id", "find_mail"),
        *(
            Index(None, "tenant_id", column, postgresql_where=text(NAMED))
            for column in finding.ACCOUNT
            if column != "find_mail"
        ),
    )

    customer_id: Mapped[uuid.UUID]
    role: Mapped[str] = mapped_column(server_default="holder")
    status: Mapped[str] = mapped_column(server_default="active")
    email: Mapped[str] = mapped_column(server_default="")
    email_verified_at: Mapped[datetime | None]
    language: Mapped[str] = mapped_column(server_default="")
    family_name: Mapped[str] = mapped_column(server_default="")
    given_name: Mapped[str] = mapped_column(server_default="")
    family_kana: Mapped[str] = mapped_column(server_default="")
    given_kana: Mapped[str] = mapped_column(server_default="")
    user_name: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    closed_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    find_name: Mapped[str] = finding.key_column(finding.ACCOUNT, "find_name")
    find_given: Mapped[str] = finding.key_column(finding.ACCOUNT, "find_given")
    find_kana: Mapped[str] = finding.key_column(finding.ACCOUNT, "find_kana")
    find_given_kana: Mapped[str] = finding.key_column(finding.ACCOUNT, "find_given_kana")
    find_mail: Mapped[str] = finding.key_column(finding.ACCOUNT, "find_mail")

    @validates("family_name", "given_name", "family_kana", "given_kana", "email")
    def _refresh_keys(self, changed: str, value: str) -> str:
        finding.refresh(self, finding.ACCOUNT, changed, value)
        return value


class LoginName(TenantKeyed):
    """The one namespace of login IDs: in use, held for a registration until `held_until`, or retired for ever."""

    __tablename__ = "login_name"
    __table_args__ = (
        tenant_pk("scheme", "login_key"),
        one_of("state", ("held", "used", "retired")),
    )

    scheme: Mapped[str]
    login_key: Mapped[str]
    state: Mapped[str]
    owner_id: Mapped[uuid.UUID]
    held_until: Mapped[datetime | None]


class Credential(TenantRow):
    """A login ID and its password of one login scheme."""

    __tablename__ = "credential"
    __table_args__ = (
        tenant_fk("account", "account_id", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "scheme", "login_key"),
        UniqueConstraint("tenant_id", "account_id", "scheme"),
        Index("credential_find_login_idx", "tenant_id", "login_key"),
    )

    account_id: Mapped[uuid.UUID]
    scheme: Mapped[str]
    login_id: Mapped[str]
    login_key: Mapped[str]
    password_hash: Mapped[str | None]
    must_change: Mapped[bool] = mapped_column(server_default=text("false"))
    changed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class PasswordHistory(TenantRow):
    """Earlier password hashes of a credential, for policies that forbid re-use."""

    __tablename__ = "password_history"
    __table_args__ = (
        tenant_fk("credential", "credential_id", ondelete="CASCADE"),
        Index(None, "tenant_id", "credential_id", "replaced_at"),
    )

    credential_id: Mapped[uuid.UUID]
    password_hash: Mapped[str]
    replaced_at: Mapped[datetime]


class Registration(TenantRow):
    """A self-registration that waits for its mail link; it ends with the link and frees its login ID."""

    __tablename__ = "registration"
    __table_args__ = (
        tenant_fk("customer", "customer_id"),
        Index(None, "tenant_id", "customer_id"),
        Index(None, "tenant_id", "expires_at"),
        one_of("state", ("waiting", "activated", "replaced")),
    )

    customer_id: Mapped[uuid.UUID]
    scheme: Mapped[str]
    login_id: Mapped[str]
    login_key: Mapped[str]
    password_hash: Mapped[str]
    email: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="ja")
    state: Mapped[str] = mapped_column(server_default="waiting")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class MailLink(TenantKeyed):
    """A single-use link sent by mail; only the hash of its token is kept."""

    __tablename__ = "mail_link"
    __table_args__ = (
        tenant_pk("token_hash"),
        Index(None, "tenant_id", "purpose", "subject_id"),
        Index(None, "tenant_id", "expires_at"),
    )

    token_hash: Mapped[bytes]
    purpose: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    address: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginSession(TenantKeyed):
    """A signed-in session; the browser holds the token, we hold its hash.

    `reauth_at` is the last proof of who one is; `factor_at` is null when that was the password alone. `former_hash` is
    of the token before the present one, which is good for logging out and nothing else.
    """

    __tablename__ = "login_session"
    __table_args__ = (
        tenant_pk("token_hash"),
        tenant_fk("account", "account_id", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "public_id"),
        Index(None, "tenant_id", "account_id"),
        Index(None, "tenant_id", "expires_at"),
        Index("login_session_former_idx", "tenant_id", "former_hash", postgresql_where=text("former_hash IS NOT NULL")),
    )

    token_hash: Mapped[bytes]
    former_hash: Mapped[bytes | None]
    public_id: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4)
    account_id: Mapped[uuid.UUID]
    scheme: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    reauth_at: Mapped[datetime]
    factor_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(server_default="")


class LoginCounter(TenantKeyed):
    """Failures of one account, network, customer number or of the whole tenant, counted before anything is checked."""

    __tablename__ = "login_counter"
    __table_args__ = (tenant_pk("kind", "key"), Index(None, "tenant_id", "last_at"))

    kind: Mapped[str]
    key: Mapped[bytes]
    failures: Mapped[int]
    last_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]


class UsedChallenge(TenantKeyed):
    """A captcha that was answered, so that it works once."""

    __tablename__ = "used_challenge"
    __table_args__ = (tenant_pk("challenge"), Index(None, "tenant_id", "expires_at"))

    challenge: Mapped[bytes]
    expires_at: Mapped[datetime]
