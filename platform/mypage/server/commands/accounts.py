"""`mypage accounts`: what the help desk does for a customer who cannot get in."""

from __future__ import annotations

import rich_click as click
from sqlalchemy import select

from mypage.auth.factors import service
from mypage.auth.models import Account, Credential
from mypage.db.keys import Vault
from mypage.db.schema import check_schema
from mypage.db.session import TENANT, Actor, Scope, Tx, sync_engine, unit
from mypage.lib.clock import SystemClock
from mypage.lib.text import fold_identifier
from mypage.operators.models import TenantRecord
from mypage.server.app import make_keyring
from mypage.server.settings import read_settings

_NO_TENANT = "there is no tenant {!r}; check its name in tenants.toml"


@click.group()
def accounts() -> None:
    """Help a customer who cannot get in."""


@accounts.command("remove-factors")
@click.argument("tenant")
@click.argument("login")
@click.option("--reason", required=True, help="Why, and how you made sure who asks. It stands in the audit trail.")
@click.option("--scheme", help="The kind of login, where the operator has several.")
def remove_factors(tenant: str, login: str, reason: str, scheme: str | None) -> None:
    """Remove the two-step login of LOGIN at TENANT: apps, passkeys, recovery codes and all sessions end.

    The customer then logs in with the password alone, and gets a mail that says so.
    """
    if len(reason.strip()) < 10:
        raise click.ClickException("--reason is too short; write why, and how you made sure who asks")
    if not TENANT.fullmatch(tenant):
        raise click.ClickException(_NO_TENANT.format(tenant))
    settings = read_settings()
    engine = sync_engine(settings.database_url)
    keyring = make_keyring(settings)
    keys = service.Keys(Vault(keyring), keyring)
    actor = Actor("system", "mypage accounts remove-factors")
    try:
        check_schema(engine)
        with unit(engine, Scope(tenant, SystemClock(), actor, "accounts")) as tx:
            holder = _holder(tx, login, scheme)
            removed = service.remove_all(tx, keys, holder, reason=reason.strip()[:500])
    finally:
        engine.dispose()
    if not removed:
        raise click.ClickException(f"tenant {tenant}: {login} has no second factor; nothing was changed")
    click.echo(f"tenant {tenant}: {login}: {removed} second factors removed, all sessions ended")


def _holder(tx: Tx, login: str, scheme: str | None) -> service.Holder:
    """The one account of a login ID. Raises ClickException with what to do."""
    language = tx.scalar(select(TenantRecord.locale).where(TenantRecord.name == tx.tenant))
    if language is None:
        raise click.ClickException(_NO_TENANT.format(tx.tenant))
    found = tx.execute(
        select(Credential.account_id, Credential.scheme)
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == Credential.account_id))
        .where(
            Credential.tenant_id == tx.tenant,
            Credential.login_key.in_([fold_identifier(login), fold_identifier(login, case_sensitive=True)]),
            Account.status == "active",
        )
    ).all()
    mine = [row for row in found if scheme in (None, row.scheme)]
    if not mine:
        raise click.ClickException(f"tenant {tx.tenant} has no active login {login!r}; check it with the customer")
    if len(mine) > 1:
        known = ", ".join(sorted(row.scheme for row in mine))
        raise click.ClickException(f"login {login!r} exists more than once; choose by --scheme ({known})")
    return service.Holder(account_id=mine[0].account_id, session_id=None, language=language)
