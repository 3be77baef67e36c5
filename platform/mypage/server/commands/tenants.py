"""`mypage tenants`: declaring portals in a file and applying it."""

from __future__ import annotations

import os
from pathlib import Path

import rich_click as click

from mypage.db.schema import check_revision
from mypage.db.session import platform_unit, sync_engine
from mypage.operators.applying import apply as carry_out
from mypage.operators.applying import plan, read_tenants
from mypage.server.app import compile_all
from mypage.server.settings import SettingsError, theme_folders


@click.group()
def tenants() -> None:
    """Declare the portals of this installation."""


@tenants.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print the difference and change nothing.")
def apply_command(file: Path, *, dry_run: bool) -> None:
    """Print what FILE changes in the registry, then change it.

    Tenants that it does not name are disabled, not deleted.
    """
    owner = os.environ.get("MYPAGE_OWNER_URL", "")
    if not owner:
        raise SettingsError("MYPAGE_OWNER_URL is not set; give the owner role's postgresql+psycopg:// URL")
    compiled = compile_all(theme_folders())
    types = {name: operator.settings_type for name, operator in compiled.operators.items()}
    suppliers = {name: theme.tenant for name, theme in compiled.themes.items() if theme.tenant}
    declared = read_tenants(file, os.environ, settings_types=types, themes=compiled.themes, suppliers=suppliers)
    engine = sync_engine(owner)
    with platform_unit(engine) as connection:
        check_revision(connection)
        changes = plan(connection, declared)
        for change in changes:
            click.echo(str(change))
        if not changes:
            click.echo(f"{file}: nothing to change, {len(declared)} tenants as declared")
        elif dry_run:
            click.echo("dry run: nothing was changed")
        else:
            carry_out(connection, changes)
            click.echo(f"{file}: {len(changes)} changes applied")
    engine.dispose()
