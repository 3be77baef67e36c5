"""What proves, besides the password, that it is the holder: authenticator apps, passkeys, recovery codes."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantKeyed, TenantRow, one_of, tenant_fk, tenant_pk


class SecondFactor(TenantRow):
    """An authenticator app (`sealed`, `last_step`) or a passkey (`credential_id`, `public_key`, `sign_count`)."""

    __tablename__ = "second_factor"
    __table_args__ = (
        tenant_fk("account", "account_id", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "credential_id"),
        Index(None, "tenant_id", "account_id"),
        one_of("kind", ("totp", "passkey")),
    )

    account_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    name: Mapped[str]
    sealed: Mapped[bytes | None]
    last_step: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    credential_id: Mapped[bytes | None]
    public_key: Mapped[bytes | None]
    sign_count: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(TenantKeyed):
    """A code on paper that stands in for a lost device, once; only its keyed hash is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (
        tenant_pk("account_id", "code_hash"),
        tenant_fk("account", "account_id", ondelete="CASCADE"),
    )

    account_id: Mapped[uuid.UUID]
    code_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
