"""Single-use links in mails: 256 random bits, only their hash kept, bound to purpose, subject and address."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, insert, select, update

from mypage.auth.models import MailLink
from mypage.db.session import Tx
from mypage.lib.tokens import new_token, token_hash

Purpose = Literal["activate", "reset", "staff-invite"]

REPEAT = timedelta(minutes=10)
"""How long after its use a link still answers a second press of its button with the first result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that can be used, or could be until `used_at`."""

    subject_id: uuid.UUID
    address: str
    expires_at: datetime
    used_at: datetime | None


def issue_link(tx: Tx, purpose: Purpose, subject_id: uuid.UUID, address: str, life: timedelta) -> tuple[str, datetime]:
    """A new link in place of the subject's earlier ones: its token, for the mail only, and when it ends."""
    end_links(tx, purpose, subject_id)
    token, ends = new_token(), tx.now() + life
    tx.execute(
        insert(MailLink).values(
            tenant_id=tx.tenant,
            token_hash=token_hash(token),
            purpose=purpose,
            subject_id=subject_id,
            address=address,
            created_at=tx.now(),
            expires_at=ends,
        )
    )
    return token, ends


def peek_link(tx: Tx, purpose: Purpose, token: str) -> Link | None:
    """The link when it can be used. Changes nothing, however often a mail scanner opens it."""
    link = _find(tx, purpose, token)
    return link if link is not None and link.used_at is None and tx.now() < link.expires_at else None


def use_link(tx: Tx, purpose: Purpose, token: str) -> Link | None:
    """Use up a link; of several at the same moment exactly one gets it, the others None."""
    row = tx.execute(
        update(MailLink)
        .where(
            MailLink.tenant_id == tx.tenant,
            MailLink.token_hash == token_hash(token),
            MailLink.purpose == purpose,
            MailLink.used_at.is_(None),
            MailLink.expires_at > tx.now(),
        )
        .values(used_at=tx.now())
        .returning(MailLink.subject_id, MailLink.address, MailLink.expires_at, MailLink.used_at)
    ).one_or_none()
    return Link(**row._asdict()) if row else None


def just_used(tx: Tx, purpose: Purpose, token: str) -> Link | None:
    """The link when it was used moments ago: the answer to a double click."""
    link = _find(tx, purpose, token)
    recent = link is not None and link.used_at is not None and tx.now() - link.used_at < REPEAT
    return link if recent else None


def end_links(tx: Tx, purpose: Purpose, subject_id: uuid.UUID) -> None:
    """Make a subject's unused links useless, because a newer one or a change replaces them."""
    tx.execute(
        delete(MailLink).where(
            MailLink.tenant_id == tx.tenant,
            MailLink.purpose == purpose,
            MailLink.subject_id == subject_id,
            MailLink.used_at.is_(None),
        )
    )


def _find(tx: Tx, purpose: Purpose, token: str) -> Link | None:
    row = tx.execute(
        select(MailLink.subject_id, MailLink.address, MailLink.expires_at, MailLink.used_at).where(
            MailLink.tenant_id == tx.tenant, MailLink.token_hash == token_hash(token), MailLink.purpose == purpose
        )
    ).one_or_none()
    return Link(**row._asdict()) if row else None
