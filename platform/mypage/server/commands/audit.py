"""`mypage audit`: reading a tenant's trail."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import rich_click as click
from sqlalchemy import select

from mypage.audit.models import AuditEntry
from mypage.auth.models import Customer
from mypage.db.session import Actor, Scope, sync_engine, unit
from mypage.lib.clock import TOKYO, SystemClock
from mypage.lib.text import fold_identifier
from mypage.server.settings import read_settings


@click.command()
@click.argument("tenant")
@click.option("--customer", help="Only entries of this customer number.")
@click.option("--action", help="Only actions that begin with this, such as login.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="Japan time.")
@click.option("--limit", default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def audit(
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
