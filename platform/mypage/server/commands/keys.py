"""`mypage keys`: after a change of the master secret."""

from __future__ import annotations

from collections.abc import Mapping

import rich_click as click
from sqlalchemy import Engine, select

from mypage.audit.trail import record
from mypage.db.keys import Vault, check_master_keys, master_keys_needed
from mypage.db.schema import check_schema
from mypage.db.session import Actor, Scope, platform_unit, sync_engine, unit
from mypage.lib.clock import SystemClock
from mypage.operators.models import TenantRecord
from mypage.operators.store import enabled_tenants
from mypage.server.app import make_keyring
from mypage.server.settings import Settings, read_settings


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


@keys.command("check")
def check() -> None:
    """Print which master keys the data keys of the tenants need. Fails when one of them is not at hand."""
    settings = read_settings()
    engine = sync_engine(settings.database_url)
    check_schema(engine)
    keyring = make_keyring(settings)
    needed = needed_here(engine)
    check_master_keys(keyring, needed)
    engine.dispose()
    for name, ids in needed.items():
        for key_id in sorted(ids):
            click.echo(f"tenant {name}: {key_id}{' (present)' if key_id == keyring.current else ' (earlier)'}")


def refuse_lost_keys(engine: Engine, settings: Settings) -> None:
    """Raises MissingMasterKey when a tenant that is served has data keys that the settings cannot open."""
    check_master_keys(make_keyring(settings), needed_here(engine))


def needed_here(engine: Engine) -> Mapping[str, frozenset[str]]:
    """What every tenant that is served needs."""
    with platform_unit(engine) as connection:
        names = enabled_tenants(connection)
    return master_keys_needed(engine, names)
