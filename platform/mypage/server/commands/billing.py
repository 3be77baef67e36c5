"""`mypage billing`: the monthly run that makes the bills of a tenant."""

from __future__ import annotations

import re
from datetime import date, datetime

import rich_click as click
from sqlalchemy import Engine

from mypage.billing.run import check_month, run_month
from mypage.billing.run_compare import MOST_SHOWN, compare_month
from mypage.billing.run_rows import count_contracts
from mypage.billing.run_values import RunPlan, RunRefused, RunStopped, plan_run
from mypage.db.schema import check_schema
from mypage.db.session import Actor, Scope, sync_engine, unit
from mypage.lib.clock import SystemClock, tokyo_day
from mypage.server.app import compile_all
from mypage.server.commands.common import progress_bar
from mypage.server.commands.feeds import find_tenant
from mypage.server.settings import read_settings

_DAY = click.DateTime(["%Y-%m-%d"])


def _month(text: str) -> date:
    """A month such as 2026-11, as its first day."""
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text) or not 1900 <= int(text[:4]) <= 2199:
        raise click.BadParameter(f"{text!r} is no month; write it as 2026-11")
    return date(int(text[:4]), int(text[5:]), 1)


@click.group()
def billing() -> None:
    """Make the bills of a tenant."""


@billing.command("run")
@click.argument("tenant")
@click.argument("month", type=_month)
@click.option("--dry-run", is_flag=True, help="Compare what would be issued with what is; change nothing.")
@click.option("--show", type=click.IntRange(0), default=MOST_SHOWN, help="Differences that a dry run prints at most.")
@click.option("--issued-on", type=_DAY, help="Day of issue on the bills; today unless given.")
@click.option("--due-on", type=_DAY, help="Day of payment on the bills; none unless given.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, help="Processes that work side by side.")
@click.option("--early", is_flag=True, help="Bill a month that is not over yet.")
def run(
    tenant: str,
    month: date,
    *,
    dry_run: bool,
    show: int,
    issued_on: datetime | None,
    due_on: datetime | None,
    processes: int,
    early: bool,
) -> None:
    """Issue the bills of MONTH (such as 2026-11) for every contract of TENANT.

    A run that was cut off goes on with the same command; a month that is billed stays as it is.
    """
    settings = read_settings()
    engine = sync_engine(settings.database_url)
    check_schema(engine)
    scope = Scope(tenant, SystemClock(), Actor("system", "mypage billing run"), "billing-run")
    today = tokyo_day(scope.clock.now())
    day, due = issued_on.date() if issued_on else today, due_on.date() if due_on else None
    try:
        found, operator = find_tenant(settings, tenant, compile_all(settings.theme_folders))
        plan = plan_run(month, operator.products, found.settings, issued_on=day, due_on=due)
        if not dry_run:
            check_month(month, today, early=early)
        for line in _work(engine, scope, plan, show if dry_run else None, processes):
            click.echo(line)
    except (RunRefused, RunStopped) as error:
        raise type(error)(f"tenant {tenant}: {error}") from error
    finally:
        engine.dispose()


def _work(engine: Engine, scope: Scope, plan: RunPlan, show: int | None, processes: int) -> list[str]:
    """Run or compare below a bar; what to print."""
    with unit(engine, scope) as tx:
        contracts = count_contracts(tx)
    with progress_bar() as bar:
        task = bar.add_task(f"{plan.month:%Y-%m}", total=contracts)

        def progress(done: int, bills: int) -> None:
            bar.update(task, completed=done, description=f"{plan.month:%Y-%m} {bills:,} bills")

        if show is None:
            report = run_month(engine, scope, plan, processes=processes, progress=progress)
            return list(report.printable())
        return list(compare_month(engine, scope, plan, most_shown=show, progress=progress).printable())
