"""The command `mypage`. Every failure that a person can mend is one line: where, what, how."""

from __future__ import annotations

import base64
import secrets
import sys

import rich_click as click

from mypage.auth.breached import BadListError
from mypage.auth.hashing import UnhashablePassword
from mypage.billing.run_values import RunRefused, RunStopped
from mypage.db.embedded import EmbeddedPostgresError
from mypage.db.keys import MissingMasterKey
from mypage.db.schema import SchemaError
from mypage.i18n.catalogue import CatalogueError
from mypage.operators.operator import OperatorError
from mypage.operators.store import TenantError
from mypage.operators.themes import ThemeError
from mypage.server.commands import (
    accounts,
    audit,
    billing,
    check,
    database,
    feeds,
    keys,
    reviews,
    serving,
    staff,
    tenants,
)
from mypage.server.settings import SettingsError

KNOWN = (
    BadListError,
    SettingsError,
    SchemaError,
    MissingMasterKey,
    OperatorError,
    ThemeError,
    TenantError,
    CatalogueError,
    EmbeddedPostgresError,
    UnhashablePassword,
    RunRefused,
    RunStopped,
    database.DatabaseUnreachable,
)


@click.group()
def cli() -> None:
    """Serve and look after subscriber portals. Settings come from MYPAGE_* variables."""


@cli.command()
def secret() -> None:
    """Print a new master secret for MYPAGE_SECRET_KEY_FILE."""
    click.echo(base64.b64encode(secrets.token_bytes(32)).decode())


cli.add_command(database.db)
cli.add_command(tenants.tenants)
cli.add_command(feeds.import_)
cli.add_command(billing.billing)
cli.add_command(serving.serve)
cli.add_command(serving.worker)
cli.add_command(audit.audit)
cli.add_command(accounts.accounts)
cli.add_command(check.check)
cli.add_command(keys.keys)
cli.add_command(reviews.reviews)
cli.add_command(staff.staff)


def main() -> None:
    """Run the command; exit status 1 with one line for what a person can mend."""
    try:
        with database.reachable():
            cli(standalone_mode=True)
    except KNOWN as error:
        click.echo(f"mypage: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
