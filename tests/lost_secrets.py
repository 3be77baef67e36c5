"""A tenant whose data keys were made under a master secret that an installation has no more."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete, insert

from mypage.db.keys import TenantKey
from mypage.db.session import Actor, Scope, platform_unit, sync_engine, unit
from mypage.lib.clock import SystemClock
from mypage.operators.models import TenantRecord
from mypage.server.app import make_keyring
from mypage.server.settings import Settings
from mypage.testing.database import TestDatabase

FORMER = bytes(range(100, 132))


@contextmanager
def tenant_of_a_former_secret(database: TestDatabase) -> Iterator[tuple[str, str]]:
    """The tenant's name and the id of the master key that it needs; it goes at the end."""
    name = f"t{secrets.token_hex(6)}"
    keyring = make_keyring(Settings(database_url="", secret=FORMER))
    owner, app = sync_engine(database.owner), sync_engine(database.app)
    record = {"name": name, "operator": "actv", "theme": "plain", "locale": "ja", "extensions": {}, "settings": {}}
    with platform_unit(owner) as connection:
        connection.execute(insert(TenantRecord).values(record))
    try:
        with unit(app, Scope(name, SystemClock(), Actor("system", "test"), "test")) as tx:
            tx.add(TenantKey(tenant_id=name, key_id="k1", wrapped=keyring.new_key(name, "k1")))
        yield name, keyring.current
    finally:
        with platform_unit(owner) as connection:
            connection.execute(delete(TenantRecord).where(TenantRecord.name == name))
        owner.dispose()
        app.dispose()
