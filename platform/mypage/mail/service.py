"""Mails in the database: queued with the change that causes them, claimed for a try, marked when the try ended."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address

from sqlalchemy import bindparam, delete, select, update

from mypage.audit.trail import record
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.jobs.queue import enqueue
from mypage.mail.errors import BadMail
from mypage.mail.models import MailMessage
from mypage.mail.values import MailValue, one_line, pack_values, unpack_values

GivenUp = Callable[[Tx, MailMessage], None]
"""Is told of a mail that will not be tried again, in the unit that gives it up."""
DELIVER = "mail.deliver"
LANE = "mail"
KEEP = timedelta(days=90)
"""How long it stays known that a mail went to an address."""
CONTENT_KEPT = timedelta(days=7)
"""How long the sealed content of a failed mail is there, so that the help desk can send it once the cause is mended."""
STUCK = timedelta(days=3)
"""A mail that waits longer than this has lost its job."""

_TABLE, _COLUMN = "mail_message", "sealed"
_TEMPLATE = re.compile(r"[a-z][a-z_]{0,63}")
_LONGEST_ERROR = 300
_LOCKED = (
    select(MailMessage)
    .where(MailMessage.tenant_id == bindparam("tenant"), MailMessage.id == bindparam("mail"))
    .with_for_update()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A mail for one try. `message_id` is complete and the same in every try."""

    id: uuid.UUID
    template: str
    recipient: str
    language: str
    message_id: str
    values: Mapping[str, MailValue]
    created_at: datetime
    tries: int


def send_mail(
    tx: Tx,
    vault: Vault,
    *,
    template: str,
    recipient: str,
    language: str,
    values: Mapping[str, MailValue],
    subject_id: uuid.UUID | None = None,
    priority: int = 0,
) -> uuid.UUID:
    """Queue a mail in this unit: it goes out if the unit commits, and only then (ACTV-52, ACTV-75, ACTV-76).

    `template` is a folder below `templates/email/`, `values` its variables; text is one line each, and what holds
    "://" must be a link into the portal's own main address. `subject_id` is the account or registration it is about.
    `priority`: those with a lower one wait for the others. Raises BadMail.
    """
    if not _TEMPLATE.fullmatch(template):
        raise BadMail(f"there can be no mail template {template!r:.80}")
    mail_id = uuid.uuid4()
    tx.add(
        MailMessage(
            tenant_id=tx.tenant,
            id=mail_id,
            template=template,
            recipient=checked_address(recipient),
            language=language,
            message_id=uuid.uuid4().hex,
            sealed=vault.seal(tx, pack_values(values), table=_TABLE, column=_COLUMN, row=str(mail_id)),
            state="queued",
            tries=0,
            subject_id=subject_id,
            created_at=tx.now(),
        )
    )
    tx.flush()
    enqueue(tx, DELIVER, queue=LANE, priority=priority, mail=str(mail_id))
    return mail_id


def checked_address(address: str) -> str:
    """`address` when it is exactly one mailbox without a name. Raises BadMail, which does not show it."""
    try:
        one = Address(addr_spec=one_line("recipient", address))
    except (ValueError, IndexError, MessageError) as error:
        raise BadMail("recipient: not a mail address") from error
    if not one.domain or not one.addr_spec.isascii() or len(one.addr_spec) > 254 or " " in one.addr_spec:
        raise BadMail("recipient: not a mail address")
    return one.addr_spec


def reachable(address: str) -> bool:
    """Whether a mail can go to `address`. One that came with older data may be none, and that must break nothing."""
    try:
        checked_address(address)
    except BadMail:
        return False
    return True


def claim(tx: Tx, vault: Vault, mail_id: uuid.UUID, *, mail_domain: str) -> Outgoing | None:
    """Count a try and open the mail; None when it is sent, failed or gone. The first try completes the Message-ID."""
    row = _locked(tx, mail_id)
    if row is None or row.state != "queued" or row.sealed is None:
        return None
    row.tries += 1
    if "@" not in row.message_id:
        row.message_id = f"<{row.message_id}@{mail_domain}>"
    tx.flush()
    values = unpack_values(vault.open(tx, row.sealed, table=_TABLE, column=_COLUMN, row=str(row.id)))
    return Outgoing(
        id=row.id,
        template=row.template,
        recipient=row.recipient,
        language=row.language,
        message_id=row.message_id,
        values=values,
        created_at=row.created_at,
        tries=row.tries,
    )


def withdraw(tx: Tx, mail_id: uuid.UUID) -> None:
    """The portal does not send such mails: nothing of it is kept."""
    tx.execute(delete(MailMessage).where(MailMessage.tenant_id == tx.tenant, MailMessage.id == mail_id))


def mark_sent(tx: Tx, mail_id: uuid.UUID) -> None:
    """The mail server has taken it: its content is wiped."""
    tx.execute(
        update(MailMessage)
        .where(MailMessage.tenant_id == tx.tenant, MailMessage.id == mail_id, MailMessage.state == "queued")
        .values(state="sent", sealed=None, last_error=None, sent_at=tx.now())
    )


def mark_missed(
    tx: Tx, mail_id: uuid.UUID, reason: str, *, patience: timedelta, given_up: GivenUp | None = None
) -> int | None:
    """Note why a try ended without success. Returns the number of tries, or None when no other will follow.

    A mail that has waited longer than `patience` is given up.
    """
    row = _locked(tx, mail_id)
    if row is None or row.state != "queued":
        return None
    if tx.now() - row.created_at >= patience:
        _give_up(tx, row, reason, given_up)
        return None
    row.last_error = _short(reason)
    tx.flush()
    return row.tries


def mark_failed(tx: Tx, mail_id: uuid.UUID, reason: str, *, given_up: GivenUp | None = None) -> None:
    """No further try but by the help desk's wish (`again.send_again`); the trail and `given_up` are told."""
    row = _locked(tx, mail_id)
    if row is not None and row.state == "queued":
        _give_up(tx, row, reason, given_up)


def forget_old(tx: Tx, limit: int) -> int:
    """Delete up to `limit` mails that ended long ago. Returns how many."""
    old = (
        select(MailMessage.id)
        .where(
            MailMessage.tenant_id == tx.tenant,
            MailMessage.state.in_(("sent", "failed")),
            MailMessage.created_at < tx.now() - KEEP,
        )
        .limit(limit)
    )
    found = tx.scalars(old).all()
    tx.execute(delete(MailMessage).where(MailMessage.tenant_id == tx.tenant, MailMessage.id.in_(found)))
    return len(found)


def wipe_failed(tx: Tx, limit: int) -> int:
    """Wipe the content of up to `limit` mails that failed some days ago. Returns how many."""
    failed = (
        select(MailMessage.id)
        .where(
            MailMessage.tenant_id == tx.tenant,
            MailMessage.state == "failed",
            MailMessage.created_at < tx.now() - CONTENT_KEPT,
            MailMessage.sealed.is_not(None),
        )
        .limit(limit)
    )
    found = tx.scalars(failed).all()
    tx.execute(
        update(MailMessage)
        .where(MailMessage.tenant_id == tx.tenant, MailMessage.id.in_(found))
        .values(sealed=None)
        .execution_options(synchronize_session=False)
    )
    return len(found)


def fail_stuck(tx: Tx, limit: int, *, given_up: GivenUp | None = None) -> int:
    """Give up to `limit` mails up that still wait long after their time, so that none is lost without a word."""
    stuck = (
        select(MailMessage)
        .where(
            MailMessage.tenant_id == tx.tenant,
            MailMessage.state == "queued",
            MailMessage.created_at < tx.now() - STUCK,
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = tx.scalars(stuck).all()
    for row in found:
        _give_up(tx, row, row.last_error or "never tried", given_up)
    return len(found)


def _locked(tx: Tx, mail_id: uuid.UUID) -> MailMessage | None:
    return tx.execute(_LOCKED, {"tenant": tx.tenant, "mail": mail_id}).scalar_one_or_none()


def _give_up(tx: Tx, row: MailMessage, reason: str, given_up: GivenUp | None) -> None:
    row.state, row.last_error = "failed", _short(reason)
    tx.flush()
    record(
        tx,
        "mail.failed",
        "mail_message",
        row.id,
        after={"template": row.template, "tries": row.tries, "reason": row.last_error},
    )
    if given_up is not None:
        given_up(tx, row)


def _short(reason: str) -> str:
    return "".join(char if char.isprintable() else " " for char in reason)[:_LONGEST_ERROR]
