"""A notice that goes out by mail to those whom it is for: in batches, each address at most once, whatever happens.

A batch is one unit of work: the mails are queued, and how far the mailing is moves on, together or not at all. The hash
of every address that had one is kept besides, so that two customers with one address get one mail.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Row, Select, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from mypage.audit.trail import record
from mypage.auth.models import Account, Customer
from mypage.db.keys import Vault
from mypage.db.session import Actor, Database, Tx
from mypage.i18n import Catalogue
from mypage.jobs.queue import LATER, enqueue
from mypage.jobs.tasks import BadJob, Job
from mypage.mail.service import reachable, send_mail
from mypage.notices.audience import aimed_at, audience_of, count_audience
from mypage.notices.models import Notice, NoticeMail, NoticeMailing, NoticeTarget
from mypage.operators.tenants import Tenant

MAIL_ALL = "notices.mail"
TEMPLATE = "announcement"
BATCH = 200
_MAILER = Actor("system", MAIL_ALL)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://\S*")
_ELSEWHERE = "(please see the address in the notice)"

log = structlog.get_logger("mypage.notices")


@dataclass(frozen=True, slots=True)
class Reach:
    """How many customers a notice is for, and how many of them have an address for mails."""

    customers: int
    with_address: int


def reach_by_mail(tx: Tx, notice: Notice) -> Reach:
    """What a mailing would come to, now."""
    aimed = audience_of(tx, notice).subquery()
    found = (
        select(func.count())
        .select_from(Customer)
        .join(aimed, aimed.c[0] == Customer.id)
        .where(Customer.tenant_id == tx.tenant, _address() != "")
    )
    return Reach(count_audience(tx, notice), tx.execute(found).scalar_one())


def start_mailing(tx: Tx, notice: Notice) -> None:
    """Let the worker send the notice. Harmless when that was begun."""
    wanted = count_audience(tx, notice)
    begun = tx.execute(
        insert(NoticeMailing)
        .values(tenant_id=tx.tenant, notice_id=notice.id, state="sending", wanted=wanted, started_at=tx.now())
        .on_conflict_do_nothing(index_elements=["tenant_id", "notice_id"])
        .returning(NoticeMailing.notice_id)
    ).first()
    if begun is not None:
        record(tx, "notice.mailing_started", "notice", notice.id, after={"title": notice.title, "customers": wanted})
        enqueue(tx, MAIL_ALL, notice=str(notice.id))


def mail_batch(
    tx: Tx, vault: Vault, notice_id: uuid.UUID, *, link: str, words: Mapping[str, Catalogue], size: int = BATCH
) -> bool:
    """Queue the mails of the next customers; False when there are no more. `words` are the operator's by language.

    A notice that was taken back meanwhile goes to nobody else.
    """
    mailing = tx.execute(
        select(NoticeMailing)
        .where(NoticeMailing.tenant_id == tx.tenant, NoticeMailing.notice_id == notice_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if mailing is None or mailing.state == "done":
        return False
    notice = tx.execute(select(Notice).where(Notice.tenant_id == tx.tenant, Notice.id == notice_id)).scalar_one()
    rows = [] if notice.state != "published" else _next(tx, notice, mailing.last_customer, size)
    queued = sum(_send(tx, vault, notice, row, link, words) for row in rows)
    mailing.queued += queued
    mailing.skipped += len(rows) - queued
    if rows:
        mailing.last_customer = rows[-1].id
    if len(rows) < size:
        mailing.state, mailing.finished_at = "done", tx.now()
        after = {"title": notice.title, "queued": mailing.queued, "skipped": mailing.skipped}
        record(tx, "notice.mailing_finished", "notice", notice.id, after=after)
    tx.flush()
    return mailing.state != "done"


def told_by_mail(text: str, t: Catalogue) -> tuple[str, ...]:
    """The lines of a notice as a mail may hold them: addresses are left to the portal, mails link nowhere else."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    return tuple(_ADDRESS.sub(t(_ELSEWHERE), line).strip() for line in lines)


def _send(tx: Tx, vault: Vault, notice: Notice, row: Row[Any], link: str, words: Mapping[str, Catalogue]) -> bool:
    if not reachable(row.address):
        return False
    mail_id = uuid.uuid4()
    hashed = hashlib.sha256(row.address.strip().casefold().encode()).digest()
    new = tx.execute(
        insert(NoticeMail)
        .values(tenant_id=tx.tenant, notice_id=notice.id, address_hash=hashed, mail_id=mail_id)
        .on_conflict_do_nothing(index_elements=["tenant_id", "notice_id", "address_hash"])
        .returning(NoticeMail.mail_id)
    ).first()
    if new is None:
        return False
    english = row.language == "en" and bool(notice.title_en)
    language = row.language if row.language in words else "ja"
    send_mail(
        tx,
        vault,
        template=TEMPLATE,
        recipient=row.address,
        language=language,
        values={
            "title": _ADDRESS.sub("", notice.title_en if english else notice.title),
            "text": told_by_mail(notice.body_en if english else notice.body, words[language]),
            "link": link,
        },
        subject_id=row.id,
        priority=LATER,
    )
    return True


def _next(tx: Tx, notice: Notice, after: uuid.UUID | None, size: int) -> list[Row[Any]]:
    """The next customers in the order of their ids, with address and language."""
    wanted: Select[Any] = select(Customer.id, _address().label("address"), Customer.language).where(
        Customer.tenant_id == tx.tenant
    )
    if notice.customer_id is not None:
        wanted = wanted.where(Customer.id == notice.customer_id)
    elif notice.audience == "list":
        listed = and_(NoticeTarget.tenant_id == Customer.tenant_id, NoticeTarget.customer_id == Customer.id)
        wanted = wanted.join(NoticeTarget, listed).where(NoticeTarget.notice_id == notice.id)
    elif notice.audience != "all":
        mine = and_(Notice.tenant_id == Customer.tenant_id, Notice.id == notice.id)
        wanted = wanted.join(Notice, mine).where(aimed_at(bindparam("tenant", tx.tenant), Customer.__table__.c.id))
    if after is not None:
        wanted = wanted.where(Customer.id > after)
    return list(tx.execute(wanted.order_by(Customer.id).limit(size)).all())


def _address() -> Any:
    """Where mails for a customer go: the address for contact, else that of the first living account with one."""
    of_account = (
        select(Account.email)
        .where(
            Account.tenant_id == Customer.tenant_id,
            Account.customer_id == Customer.id,
            Account.status == "active",
            Account.email != "",
        )
        .order_by(Account.created_at, Account.id)
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )
    return func.coalesce(func.nullif(Customer.email, ""), of_account, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMailer:
    """The task `notices.mail`: batch after batch until all are queued. One that was killed goes on where it was."""

    database: Database
    vault: Vault
    tenant_of: Callable[[str], Awaitable[Tenant | None]]
    words_of: Callable[[Tenant], Mapping[str, Catalogue]]
    link_of: Callable[[Tenant, uuid.UUID], str]

    async def __call__(self, job: Job) -> None:
        """Run to the end. Raises BadJob."""
        notice_id = _notice_id(job)
        tenant = await self.tenant_of(job.tenant)
        if tenant is None:
            raise BadJob("the tenant is not served")
        link, words = self.link_of(tenant, notice_id), self.words_of(tenant)

        def batch(tx: Tx) -> bool:
            return mail_batch(tx, self.vault, notice_id, link=link, words=words)

        while await self.database.run(job.tenant, batch, actor=_MAILER, request_id=job.request_id):
            log.info("mails of a notice queued", notice=str(notice_id))


def _notice_id(job: Job) -> uuid.UUID:
    try:
        return uuid.UUID(str(job.arguments["notice"]))
    except (KeyError, ValueError) as error:
        raise BadJob("notices.mail needs the id of a notice") from error
