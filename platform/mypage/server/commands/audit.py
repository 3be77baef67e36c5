"""`mypage audit`: reading a tenant's trail, and making sure that it is as it was written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from typing import Any, Self, TypeVar

import rich_click as click
from sqlalchemy import select

from mypage.audit.chain import BATCH, head_of, seal
from mypage.audit.models import AuditEntry
from mypage.audit.trail import record
from mypage.audit.verifying import KeyMissing, note_verified, verify
from mypage.auth.models import Customer
from mypage.db.keys import Vault
from mypage.db.schema import check_schema
from mypage.db.session import TENANT, Actor, Scope, Tx, sync_engine, unit
from mypage.lib.clock import TOKYO, SystemClock
from mypage.lib.text import fold_identifier
from mypage.operators.models import TenantRecord
from mypage.server.app import make_keyring
from mypage.server.commands.common import no_tenant, progress_bar
from mypage.server.settings import read_settings

T = TypeVar("T")

_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]
_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


class _Listing(click.RichGroup):
    """A group whose subcommand may be left out: `mypage audit TENANT` is `mypage audit list TENANT`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Whatever is no subcommand belongs to `list`."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Listing)
def audit() -> None:
    """Read a tenant's trail, or verify it. `mypage audit TENANT` lists it."""


@audit.command("list")
@click.argument("tenant")
@click.option("--customer", help="Only entries of this customer number.")
@click.option("--action", help="Only actions that begin with this, such as login.")
@click.option("--since", type=click.DateTime(_TIMES), help="Japan time.")
@click.option("--limit", default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(
    tenant: str, customer: str | None, action: str | None, since: datetime | None, limit: int, as_json: bool
) -> None:
    """Print who did what, newest first."""
    engine = sync_engine(read_settings().database_url)
    query = select(AuditEntry).where(AuditEntry.tenant_id == tenant).order_by(AuditEntry.at.desc()).limit(limit)
    with unit(engine, Scope(tenant, SystemClock(), Actor("system", "mypage audit"))) as tx:
        if customer:
            key = fold_identifier(customer)
            found = tx.scalar(select(Customer.id).where(Customer.tenant_id == tenant, Customer.number_key == key))
            if found is None:
                raise click.ClickException(f"tenant {tenant} has no customer {customer}; check the number")
            query = query.where(AuditEntry.customer_id == found)
        if action:
            query = query.where(AuditEntry.action.startswith(action, autoescape=True))
        if since:
            query = query.where(AuditEntry.at >= since.replace(tzinfo=TOKYO))
        for entry in tx.scalars(query):
            click.echo(json.dumps(_row(entry), ensure_ascii=False) if as_json else _line(entry))
    engine.dispose()


@audit.command("verify")
@click.argument("tenant")
@click.option("--since", type=click.DateTime(_TIMES), help="Japan time: trust what was sealed before.")
@click.option("--head", "given", help="SEQ:HASH as an earlier run or the worker's log said: is it still in the chain?")
def verify_(tenant: str, since: datetime | None, given: str | None) -> None:
    """Read the chain of seals from its beginning. Exit status 1 when something is wrong, with a line for each place.

    The last line is the head. Keep it somewhere else: only with it can a trail be found whose end was cut off.
    """
    kept = _head(given) if given else None
    begin = since.replace(tzinfo=TOKYO) if since else None
    with _Trail(tenant, "mypage audit verify") as trail, progress_bar() as bar:
        task = bar.add_task(f"{tenant}: trail", total=None)
        try:
            verified = verify(
                trail.run,
                trail.vault,
                since=begin,
                given=kept,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        except KeyMissing as error:
            raise click.ClickException(
                f"{error}; put the secret that it was made under back into MYPAGE_OLD_SECRET_KEYS"
            ) from error
        bar.update(task, visible=False)
        trail.run(lambda tx: note_verified(tx, verified))
    for finding in verified.findings:
        click.echo(f"tenant {tenant}: {finding}")
    if verified.wrong > len(verified.findings):
        click.echo(f"tenant {tenant}: {verified.wrong:,} places in all")
    judged = "wrong" if verified.findings else "as it was sealed"
    click.echo(f"tenant {tenant}: {verified.entries:,} entries read, the trail is {judged}")
    click.echo(f"head {verified.head}")
    if verified.findings:
        raise SystemExit(1)


@audit.command("seal")
@click.argument("tenant")
@click.option("--late", "reason", help="Also seal entries that came too late, and say why you believe them.")
def seal_(tenant: str, reason: str | None) -> None:
    """Seal now what the worker seals every minute."""
    if reason is not None and not reason.strip():
        raise click.ClickException("--late is empty; write why you believe the entries that came too late")
    with _Trail(tenant, "mypage audit seal") as trail:
        entries = 0
        while True:
            done = trail.run(lambda tx: seal(tx, trail.vault, however_late=reason is not None))
            entries += done.entries
            if done.entries < BATCH:
                break
        if reason is not None:
            after = {"entries": entries, "reason": reason.strip()}
            trail.run(lambda tx: record(tx, "trail.late_sealed", "trail", "trail", after=after))
        head = trail.run(head_of)
    click.echo(f"tenant {tenant}: {entries:,} entries sealed")
    click.echo(f"head {head}")


class _Trail:
    """The trail of a tenant that there is, in units of work. Raises ClickException."""

    def __init__(self, tenant: str, who: str) -> None:
        if not TENANT.fullmatch(tenant):
            raise click.ClickException(no_tenant(tenant))
        settings = read_settings()
        self.vault = Vault(make_keyring(settings))
        self._scope = Scope(tenant, SystemClock(), Actor("system", who), "audit")
        self._engine = sync_engine(settings.database_url)
        self._end = ExitStack()

    def __enter__(self) -> Self:
        self._end.callback(self._engine.dispose)
        check_schema(self._engine)
        if not self.run(lambda tx: tx.scalar(select(TenantRecord.name).where(TenantRecord.name == tx.tenant))):
            raise click.ClickException(no_tenant(self._scope.tenant))
        return self

    def __exit__(self, *_: object) -> None:
        self._end.close()

    def run(self, work: Callable[[Tx], T]) -> T:
        """One unit of work."""
        with unit(self._engine, self._scope) as tx:
            return work(tx)


def _head(text: str) -> tuple[int, bytes]:
    found = _HEAD.fullmatch(text.strip().lower())
    if found is None:
        raise click.ClickException(f"--head {text!r} is no head; it looks like 1234:0a1b… with 64 hexadecimal digits")
    return int(found[1]), bytes.fromhex(found[2])


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "actor": f"{entry.actor_kind}:{entry.actor}",
        "as_whom": entry.as_whom,
        "action": entry.action,
        "object": f"{entry.object_type}:{entry.object_id}",
        "before": entry.before,
        "after": entry.after,
        "request_id": entry.request_id,
    }


def _line(entry: AuditEntry) -> str:
    at = entry.at.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M:%S")
    change = "" if entry.before is None and entry.after is None else f"  {entry.before or {}} → {entry.after or {}}"
    who = f"{entry.actor_kind}:{entry.actor}" + (f" as {entry.as_whom}" if entry.as_whom else "")
    return f"{at}  {entry.action}  {entry.object_type}:{entry.object_id}  {who}{change}"
