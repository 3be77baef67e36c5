"""One try to deliver a mail: claimed in a short unit, sent outside of any, marked in another (security rule 21).

The queue gives a job to one worker at a time, and takes it from a worker only after `WorkerTimes.stalled` seconds of
silence, which is longer than a try may last; so two tries of one mail overlap only when a worker lost the database. A
repeat after a lost answer carries the same Message-ID.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import TypeVar

import structlog

from mypage.db.keys import Vault
from mypage.db.session import Actor, Database, DatabaseDown, Tx
from mypage.jobs.retries import backoff
from mypage.jobs.tasks import BadJob, Job, TryAgain
from mypage.mail.composing import compose
from mypage.mail.errors import BadMail
from mypage.mail.service import DELIVER, GivenUp, Outgoing, claim, mark_failed, mark_missed, mark_sent, withdraw
from mypage.mail.transport import Outcome, Transport
from mypage.operators.operator import Operator
from mypage.operators.tenants import Tenant
from mypage.web.rendering import Templates

log = structlog.get_logger("mypage.mail")

T = TypeVar("T")
MAILER = Actor("system", DELIVER)
_MARK_TRIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who a mail comes from: the tenant with its operator and templates, its public origin and login page."""

    tenant: Tenant
    operator: Operator
    templates: Templates
    origin: str
    login_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds before the second try, the longest wait between two, and how long a mail may wait at all."""

    first: float = 10.0
    longest: float = 3600.0
    whole: timedelta = field(default=timedelta(hours=24))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The task `mail.deliver`."""

    database: Database
    vault: Vault
    transport: Transport
    sender_of: Callable[[str], Awaitable[Sender | None]]
    """The sender for a tenant's name, or None while the tenant is not served."""
    patience: Patience = field(default_factory=Patience)
    given_up: GivenUp | None = None

    async def __call__(self, job: Job) -> None:
        """Try once. Raises TryAgain when the mail has to wait."""
        mail_id = _mail_id(job)
        sender = await self.sender_of(job.tenant)
        if sender is None:
            await self._missed(job, mail_id, "the tenant is not served")
            return
        domain = sender.tenant.settings.mail_domain
        try:
            mail = await self._unit(job, lambda tx: claim(tx, self.vault, mail_id, mail_domain=domain))
            if mail is None:
                log.info("mail needs no delivery", mail=str(mail_id))
                return
            if not sender.operator.sends(mail.template):
                await self._unit(job, lambda tx: withdraw(tx, mail_id))
                log.info("mail is not one that this portal sends", mail=str(mail_id), template=mail.template)
                return
            message = self._composed(mail, sender)
        except BadMail as error:
            await self._failed(job, mail_id, str(error))
            return
        except DatabaseDown:
            raise
        except Exception as error:
            # A wrong template or a missing key is mended by people while the mail waits.
            log.exception("mail cannot be composed", mail=str(mail_id))
            await self._missed(job, mail_id, f"not composed: {type(error).__name__}")
            return
        outcome = await self.transport.send(message, sender=sender.tenant.settings.mail_from, recipient=mail.recipient)
        await self._ended(job, mail, outcome)

    def _composed(self, mail: Outgoing, sender: Sender) -> EmailMessage:
        return compose(
            mail,
            tenant=sender.tenant,
            operator=sender.operator,
            templates=sender.templates,
            origin=sender.origin,
            login_url=sender.login_url,
            now=self.database.clock.now(),
        )

    async def _ended(self, job: Job, mail: Outgoing, outcome: Outcome) -> None:
        match outcome.kind:
            case "accepted":
                await self._mark(job, mail.id)
                log.info("mail sent", mail=str(mail.id), template=mail.template, tries=mail.tries)
            case "permanent":
                await self._failed(job, mail.id, outcome.reason, outcome.status)
            case "temporary":
                await self._missed(job, mail.id, outcome.reason, outcome.status)

    async def _mark(self, job: Job, mail_id: uuid.UUID) -> None:
        # The mail is out: a short outage of the database must not send it twice.
        for left in reversed(range(_MARK_TRIES)):
            try:
                await self._unit(job, lambda tx: mark_sent(tx, mail_id))
            except DatabaseDown:
                if not left:
                    raise
                await asyncio.sleep(1)
            else:
                return

    async def _failed(self, job: Job, mail_id: uuid.UUID, reason: str, status: int | None = None) -> None:
        log.warning("mail failed", mail=str(mail_id), status=status)
        await self._unit(job, lambda tx: mark_failed(tx, mail_id, reason, given_up=self.given_up))

    async def _missed(self, job: Job, mail_id: uuid.UUID, reason: str, status: int | None = None) -> None:
        tries = await self._unit(
            job, lambda tx: mark_missed(tx, mail_id, reason, patience=self.patience.whole, given_up=self.given_up)
        )
        if tries is None:
            log.warning("mail given up", mail=str(mail_id), status=status)
            return
        wait = backoff(max(tries, job.attempts + 1), first=self.patience.first, longest=self.patience.longest)
        raise TryAgain(wait, f"mail waits: {status or reason}")

    async def _unit(self, job: Job, work: Callable[[Tx], T]) -> T:
        return await self.database.run(job.tenant, work, actor=MAILER, request_id=job.request_id)


def _mail_id(job: Job) -> uuid.UUID:
    try:
        return uuid.UUID(str(job.arguments["mail"]))
    except (KeyError, ValueError) as error:
        raise BadJob("mail.deliver needs the id of a mail") from error
