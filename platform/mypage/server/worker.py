"""The composition root of `mypage worker`: settings → database, operators, tenants, mail → one job runner."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog

from mypage.auth.cleanup import cleanup
from mypage.auth.viewing import expire_views
from mypage.billing.card import RECONCILE
from mypage.billing.card_jobs import CardReconciler
from mypage.billing.review_jobs import CardDiscarder
from mypage.billing.review_queue import DISCARD
from mypage.billing.tenant_gateways import Gateways
from mypage.db.keys import Vault
from mypage.db.session import Actor, Database, Tx
from mypage.hooks.desk import USUAL
from mypage.jobs.queue import enqueue
from mypage.jobs.tasks import Job
from mypage.jobs.worker import JobRunner, Periodic, WorkerTimes
from mypage.mail.delivery import Delivery, Patience, Sender
from mypage.mail.models import MailMessage
from mypage.mail.service import DELIVER, fail_stuck, forget_old, wipe_failed
from mypage.mail.transport import SmtpTransport
from mypage.notices.mailing import MAIL_ALL, NoticeMailer
from mypage.operators.operator import Operator
from mypage.operators.tenants import Tenant
from mypage.orders.provisioning import PERFORM
from mypage.orders.provisioning_adapters import Provisioners
from mypage.orders.provisioning_jobs import Provisioner
from mypage.requests.files import drop_strays
from mypage.server.app import Compiled, compile_all, make_keyring
from mypage.server.outcomes import outcome_handlers
from mypage.server.registry import LiveRegistry
from mypage.server.routes import routes_for
from mypage.server.sealing import SEAL, SEAL_TENANT, Sealer
from mypage.server.settings import Settings
from mypage.slots.outcomes import RELEASE
from mypage.slots.release_jobs import NameReleaser
from mypage.slots.reserving import Reservations
from mypage.staff.approvals.service import expire
from mypage.staff.ending.closing import end_due
from mypage.staff.figures.tally import tally
from mypage.staff.links import PortalLinks
from mypage.terminations.arranging import end_arranged
from mypage.web.rendering import Templates
from mypage.web.urls import UrlTable
from mypage.work.mails import open_for_mail

log = structlog.get_logger("mypage.worker")

T = TypeVar("T")
CLEANUP, CLEANUP_TENANT = "cleanup", "cleanup.tenant"
CLEANUP_BATCH = 500

Cleanup = Callable[[Tx, int], int]
"""Deletes what is over of one tenant: given a unit and a limit, it returns how many rows went."""


def cleanups_of(operator: Operator) -> tuple[Cleanup, ...]:
    """What every area wants cleaned up for the tenants of an operator."""

    def stuck(tx: Tx, limit: int) -> int:
        return fail_stuck(tx, limit, given_up=lambda tx, mail: open_for_mail(tx, mail, operator.desk))

    counters = partial(cleanup, counters_kept=operator.throttle.forget_after)
    ended = partial(end_due, operator=operator)
    asked = partial(end_arranged, operator=operator)
    return (counters, expire_views, stuck, forget_old, wipe_failed, expire, ended, asked, drop_strays, tally)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """What tests shorten."""

    times: WorkerTimes | None = None
    patience: Patience | None = None
    smtp_seconds: float = 20.0


class Senders:
    """Who mails of a tenant come from."""

    def __init__(self, settings: Settings, compiled: Compiled, registry: LiveRegistry) -> None:
        """Compiles no template yet."""
        self._settings, self._compiled, self._registry = settings, compiled, registry
        self._urls = {name: UrlTable(routes_for(operator)) for name, operator in compiled.operators.items()}
        overriding = {n: theme.templates for n, theme in compiled.themes.items() if theme.templates is not None}
        self._templates: Mapping[str, Templates] = {
            name: Templates(operator.catalogues, operator.template_folder, overriding)
            for name, operator in compiled.operators.items()
        }

    async def of(self, name: str) -> Sender | None:
        """The sender of a tenant, or None when it is not served."""
        tenant = await self._registry.find(name)
        if tenant is None:
            return None
        origin = self._settings.public_origin(tenant.main.host)
        return Sender(
            tenant=tenant,
            operator=self._compiled.operators[tenant.operator],
            templates=self._templates[tenant.operator],
            origin=origin,
            login_url=origin + self._urls[tenant.operator].href(tenant.main.prefix, "login", {}),
        )


class Cleaner:
    """The periodic `cleanup`, which asks for one job per tenant, and that job."""

    def __init__(
        self, database: Database, registry: LiveRegistry, cleanups: Callable[[Tenant], tuple[Cleanup, ...]]
    ) -> None:
        """`cleanups` says what to call for a tenant."""
        self._database, self._registry, self._cleanups = database, registry, cleanups

    async def fan_out(self, due: datetime) -> None:
        """Enqueue `cleanup.tenant` for every tenant."""
        await self._registry.refresh()
        request_id = f"{CLEANUP}-{due:%Y%m%d%H%M}-{uuid.uuid4().hex[:8]}"
        for name in self._registry.current.tenants:
            await self._unit(name, request_id, lambda tx: enqueue(tx, CLEANUP_TENANT))

    async def tenant(self, job: Job) -> None:
        """Delete in small units until nothing is left to delete."""
        tenant = await self._registry.find(job.tenant)
        failed: Exception | None = None
        for clean in self._cleanups(tenant) if tenant else ():
            try:
                await self._all_of(clean, job)
            except Exception as error:  # noqa: BLE001 - what follows must not wait for what is broken before it
                failed = failed or error
        if failed is not None:
            raise failed

    async def _all_of(self, clean: Cleanup, job: Job) -> None:
        deleted = CLEANUP_BATCH
        while deleted >= CLEANUP_BATCH:
            deleted = await self._unit(job.tenant, job.request_id, partial(_batch, clean))

    async def _unit(self, tenant: str, request_id: str, work: Callable[[Tx], T]) -> T:
        return await self._database.run(tenant, work, actor=Actor("system", CLEANUP), request_id=request_id)


def _batch(clean: Cleanup, tx: Tx) -> int:
    return clean(tx, CLEANUP_BATCH)


async def run_worker(
    settings: Settings, compiled: Compiled | None = None, options: WorkerOptions | None = None
) -> None:
    """Run jobs until SIGTERM or SIGINT. Raises OperatorError, ThemeError, or what the database says at the start."""
    found, options = compiled or compile_all(settings.theme_folders), options or WorkerOptions()
    database = Database(settings.database_url, pool_size=settings.pool_size)
    registry = LiveRegistry(database, found.operators, found.themes)
    await registry.refresh()
    vault = Vault(make_keyring(settings))

    def given_up(tx: Tx, mail: MailMessage) -> None:
        tenant = registry.current.get(tx.tenant)
        open_for_mail(tx, mail, found.desk_of(tenant) if tenant else USUAL)

    delivery = Delivery(
        database=database,
        vault=vault,
        transport=SmtpTransport(
            host=settings.smtp_host,
            port=settings.smtp_port,
            tls=settings.smtp_tls,
            user=settings.smtp_user,
            password=settings.smtp_password,
            timeout=options.smtp_seconds,
        ),
        sender_of=Senders(settings, found, registry).of,
        patience=options.patience or Patience(),
        given_up=given_up,
    )
    gateways = Gateways(found.hooks)
    reconciler = CardReconciler(
        database=database, gateways=gateways, vault=vault, tenant_of=registry.find, desk_of=found.desk_of
    )
    discarder = CardDiscarder(database=database, gateways=gateways, tenant_of=registry.find)
    provisioners, handlers = Provisioners(found.hooks), outcome_handlers()
    provisioner = Provisioner(
        database=database,
        provisioners=provisioners,
        vault=vault,
        tenant_of=registry.find,
        desk_of=found.desk_of,
        outcomes_of=lambda tenant: handlers.of(found.operators[tenant.operator], vault),
    )
    reservations = Reservations(found.hooks)
    releaser = NameReleaser(
        database=database,
        reservations=reservations,
        tenant_of=registry.find,
        slots_of=lambda tenant, code: found.operators[tenant.operator].slots.get(code),
    )
    cleaner = Cleaner(database, registry, lambda tenant: cleanups_of(found.operators[tenant.operator]))
    sealer = Sealer(database, registry, vault)
    links = PortalLinks({n: UrlTable(routes_for(o)) for n, o in found.operators.items()}, settings.public_origin)
    mailer = NoticeMailer(
        database=database,
        vault=vault,
        tenant_of=registry.find,
        words_of=lambda tenant: found.operators[tenant.operator].catalogues,
        link_of=lambda tenant, notice: links.absolute(tenant, "notices-one", notice_id=notice),
    )
    runner = JobRunner(
        settings.database_url,
        {
            DELIVER: delivery,
            CLEANUP_TENANT: cleaner.tenant,
            SEAL_TENANT: sealer.tenant,
            RECONCILE: reconciler,
            DISCARD: discarder,
            PERFORM: provisioner,
            RELEASE: releaser,
            MAIL_ALL: mailer,
        },
        {CLEANUP: Periodic("*/10 * * * *", cleaner.fan_out), SEAL: Periodic("* * * * *", sealer.fan_out)},
        times=options.times,
        ready=lambda: log.info("worker ready", tenants=len(registry.current.tenants)),
    )
    watching = asyncio.create_task(registry.watch())
    try:
        await runner.run()
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        await gateways.close()
        await provisioners.close()
        await reservations.close()
        await database.close()
