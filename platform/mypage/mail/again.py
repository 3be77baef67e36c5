"""Mails as the help desk sees them: who was written to, what became of it, and trying again what failed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from mypage.audit.trail import record
from mypage.db.session import Tx
from mypage.jobs.queue import enqueue
from mypage.lib.errors import NotFound
from mypage.mail.models import MailMessage
from mypage.mail.service import DELIVER, LANE, checked_address

MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class MailState:
    """A mail without its content. `kept`: its content is still there, sealed, so that it can be sent as it was."""

    id: uuid.UUID
    template: str
    recipient: str
    state: str
    tries: int
    last_error: str
    subject_id: uuid.UUID | None
    created_at: datetime
    sent_at: datetime | None
    kept: bool


def mails_about(tx: Tx, subjects: Iterable[uuid.UUID]) -> tuple[MailState, ...]:
    """The last mails about accounts, registrations and customers, the newest first."""
    wanted = (
        select(MailMessage)
        .where(MailMessage.tenant_id == tx.tenant, MailMessage.subject_id.in_(tuple(subjects)))
        .order_by(MailMessage.created_at.desc(), MailMessage.id)
        .limit(MOST)
        .execution_options(populate_existing=True)
    )
    return tuple(_state(row) for row in tx.scalars(wanted))


def mail_about(tx: Tx, subjects: Iterable[uuid.UUID], mail_id: uuid.UUID) -> MailState:
    """One of them. Raises NotFound."""
    wanted = (
        select(MailMessage)
        .where(
            MailMessage.tenant_id == tx.tenant,
            MailMessage.id == mail_id,
            MailMessage.subject_id.in_(tuple(subjects)),
        )
        .execution_options(populate_existing=True)
    )
    found = tx.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound
    return _state(found)


def send_again(tx: Tx, mail: MailState, customer_id: uuid.UUID, *, recipient: str, reason: str) -> None:
    """Queue a failed mail as it was, to `recipient`. Raises NotFound when it is on its way or its content is gone.

    Raises BadMail, which does not show it, for an address that is none.
    """
    row = tx.scalars(
        select(MailMessage)
        .where(
            MailMessage.tenant_id == tx.tenant,
            MailMessage.id == mail.id,
            MailMessage.state == "failed",
            MailMessage.sealed.is_not(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    before = row.recipient
    row.state, row.tries, row.last_error = "queued", 0, None
    # Its time begins anew, or it would be given up at the first miss.
    row.created_at, row.recipient = tx.now(), checked_address(recipient)
    tx.flush()
    enqueue(tx, DELIVER, queue=LANE, mail=str(row.id))
    record(
        tx,
        "mail.sent_again",
        "mail_message",
        row.id,
        customer_id=customer_id,
        before={"email": before},
        after={"template": row.template, "email": row.recipient, "reason": reason},
    )


def _state(row: MailMessage) -> MailState:
    return MailState(
        id=row.id,
        template=row.template,
        recipient=row.recipient,
        state=row.state,
        tries=row.tries,
        last_error=row.last_error or "",
        subject_id=row.subject_id,
        created_at=row.created_at,
        sent_at=row.sent_at,
        kept=row.sealed is not None,
    )
