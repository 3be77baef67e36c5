"""Secrets of lines, such as 認証パスワード: sealed rows of a feed, known by their labels, opened one at a time."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from mypage.audit.models import AuditEntry
from mypage.audit.trail import record
from mypage.contracts.models import Contract, LineSecret
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.errors import DomainError, NotFound

PLACE: Final[Mapping[str, str]] = {"table": "line_secret", "column": "sealed"}
SHOWN = "secret.shown"


class TooManySecrets(DomainError):
    """This member of the staff has been shown as many within the hour as one may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretLabel:
    """What is known of a secret without opening it."""

    id: uuid.UUID
    contract_number: str
    contract_name: str
    label: str
    updated_at: datetime


def secrets_of(tx: Tx, customer_id: uuid.UUID) -> tuple[SecretLabel, ...]:
    """The secrets of a customer's living contracts, by contract and label; none of their values."""
    rows = tx.execute(
        select(
            LineSecret.id,
            Contract.number.label("contract_number"),
            Contract.name.label("contract_name"),
            LineSecret.label,
            LineSecret.updated_at,
        )
        .join(Contract, (Contract.tenant_id == tx.tenant) & (Contract.id == LineSecret.contract_id))
        .where(
            LineSecret.tenant_id == tx.tenant,
            LineSecret.customer_id == customer_id,
            Contract.customer_id == customer_id,
            Contract.status != "terminated",
        )
        .order_by(Contract.number_key, LineSecret.label)
    )
    return tuple(SecretLabel(**row._asdict()) for row in rows)


def shown_lately(tx: Tx, staff: uuid.UUID) -> int:
    """How many secrets a member of the staff was shown within the last hour."""
    seen = select(func.count()).where(
        AuditEntry.tenant_id == tx.tenant,
        AuditEntry.action == SHOWN,
        AuditEntry.actor_kind == "staff",
        AuditEntry.actor == str(staff),
        AuditEntry.at > tx.now() - timedelta(hours=1),
    )
    return tx.scalars(seen).one()


def open_secret(
    tx: Tx, vault: Vault, customer_id: uuid.UUID, secret: SecretLabel, *, staff: uuid.UUID, most: int, reason: str
) -> str:
    """The value of a secret, audited: for one answer, and for nothing that is kept. `most` within an hour.

    Raises NotFound: it is another customer's, or gone; TooManySecrets.
    """
    # Tries of one person side by side are counted one after the other.
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"secret:{tx.tenant}:{staff}", 0))))
    if shown_lately(tx, staff) >= most:
        raise TooManySecrets
    sealed = tx.scalars(
        select(LineSecret.sealed).where(
            LineSecret.tenant_id == tx.tenant, LineSecret.customer_id == customer_id, LineSecret.id == secret.id
        )
    ).one_or_none()
    if sealed is None:
        raise NotFound
    plain = vault.open(tx, sealed, row=str(secret.id), **PLACE).decode()
    after = {"label": secret.label, "contract": secret.contract_number, "reason": reason}
    record(tx, SHOWN, "line_secret", secret.id, customer_id=customer_id, after=after)
    return plain
