"""`mypage keys`: after a change of the master secret."""

from __future__ import annotations

import rich_click as click
from sqlalchemy import select

from mypage.audit.trail import record
from mypage.db.keys import Vault
from mypage.db.schema import check_schema
from mypage.db.session import Actor, Scope, platform_unit, sync_engine, unit
from mypage.lib.clock import SystemClock
from mypage.operators.models import TenantRecord
from mypage.server.app import make_keyring
from mypage.server.settings import read_settings


@click.group()
def keys() -> None:
    """Look after the keys of the tenants."""


@keys.command("rewrap")
def rewrap() -> None:
    """Wrap all data keys by the present master secret. Afterwards the earlier one opens nothing that is sealed.

    Passwords and paper codes keep the secret they were made under until their owners sign in or new codes are loaded.
    """
    settings = read_settings()
    vault, engine = Vault(make_keyring(settings)), sync_engine(settings.database_url)
    check_schema(engine)
    with platform_unit(engine) as connection:
        names = connection.execute(select(TenantRecord.name).order_by(TenantRecord.name)).scalars().all()
    for name in names:
        with unit(engine, Scope(name, SystemClock(), Actor("system", "mypage keys rewrap"), "keys")) as tx:
            changed = vault.rewrap(tx)
            if changed:
                record(tx, "keys.rewrapped", "tenant", name, after={"keys": changed})
        click.echo(f"tenant {name}: {changed} keys rewrapped")
    engine.dispose()
