"""`mypage import`: loading JSON Lines into a tenant."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import rich_click as click

from mypage.auth.hashing import PasswordHasher
from mypage.db.keys import Vault
from mypage.db.schema import check_schema
from mypage.db.session import Actor, Scope, platform_unit, sync_engine
from mypage.imports.chunk import Means
from mypage.imports.loader import ImportStopped, import_file
from mypage.imports.report import Report
from mypage.imports.schema import feed_schema
from mypage.lib.clock import SystemClock
from mypage.operators.operator import Operator
from mypage.operators.store import TenantError, read_registry
from mypage.operators.tenants import Tenant
from mypage.server.app import Compiled, compile_all, make_hasher, make_keyring
from mypage.server.commands.common import progress_bar
from mypage.server.settings import Settings, read_settings


@click.command("import")
@click.argument("tenant", required=False)
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check and report everything, write nothing.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a feed line.")
def import_(tenant: str | None, file: Path | None, *, dry_run: bool, schema: bool) -> None:
    """Load a feed (JSON Lines) into TENANT.

    Running it again changes nothing; bad lines are reported, the rest loads.
    """
    if schema:
        click.echo(json.dumps(feed_schema(), ensure_ascii=False, indent=2))
        return
    if tenant is None or file is None:
        raise click.UsageError("give TENANT and FILE, or --schema")
    settings = read_settings()
    report = _load(settings, tenant, file, dry_run=dry_run)
    for line in report.printable():
        click.echo(line)
    if not report.clean:
        sys.exit(2)


def _load(settings: Settings, tenant: str, file: Path, *, dry_run: bool) -> Report:
    engine = sync_engine(settings.database_url)
    check_schema(engine)
    means, hasher = _means(settings, tenant, compile_all(settings.theme_folders))
    scope = Scope(tenant, SystemClock(), Actor("system", "mypage import"), "import")
    size = file.stat().st_size
    try:
        with progress_bar() as bar:
            task = bar.add_task(file.name, total=size)
            return import_file(
                engine,
                scope,
                file,
                means,
                dry_run=dry_run,
                progress=lambda done, lines: bar.update(
                    task, completed=done, description=f"{file.name} {lines:,} lines"
                ),
                on_problem=lambda problem: click.echo(f"{file.name}: {problem}", err=True),
            )
    except ImportStopped as stopped:
        raise click.ClickException(f"{file.name}: {stopped}") from stopped
    finally:
        hasher.close()
        engine.dispose()


def find_tenant(settings: Settings, name: str, compiled: Compiled) -> tuple[Tenant, Operator]:
    """A tenant and its operator. Raises TenantError with one line."""
    types = {operator.name: operator.settings_type for operator in compiled.operators.values()}
    engine = sync_engine(settings.database_url)
    with platform_unit(engine) as connection:
        registry, errors = read_registry(connection, types, compiled.themes)
    engine.dispose()
    tenant = registry.get(name)
    if tenant is None:
        known = ", ".join(registry.tenants) or "none"
        reason = next((str(e) for e in errors if f"tenant {name}:" in str(e)), f"the tenants are: {known}")
        raise TenantError(f"there is no tenant {name!r}; {reason}")
    return tenant, compiled.operators[tenant.operator]


def _means(settings: Settings, name: str, compiled: Compiled) -> tuple[Means, PasswordHasher]:
    tenant, operator = find_tenant(settings, name, compiled)
    hasher = make_hasher(settings)
    means = Means.of(operator, tenant.settings, vault=Vault(make_keyring(settings)), hasher=hasher)
    return means, hasher
