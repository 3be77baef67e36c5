"""A database of our own, so that our workers find only our jobs, and a post office above it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from mailkit import KEYRING, REGISTRATION_NUMBER, THEMES, compile_operators, tenant_name
from mypage.audit.models import AuditEntry
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx, platform_unit, sync_engine, unit
from mypage.lib.clock import SystemClock
from mypage.mail.models import MailMessage
from mypage.mail.service import send_mail
from mypage.operators.models import TenantAddress, TenantRecord
from mypage.server.app import Compiled
from mypage.server.settings import Settings
from mypage.testing.database import TestDatabase, drop_database, make_database
from sqlalchemy import Engine, insert, select, text


@pytest.fixture(scope="session")
def compiled() -> Compiled:
    return compile_operators()


@pytest.fixture(scope="session")
def mail_database(admin_url: str) -> Iterator[TestDatabase]:
    database = make_database(admin_url)
    yield database
    drop_database(database)


@dataclass(frozen=True)
class Office:
    """Deploys tenants, queues mails, and looks what became of them."""

    settings: Settings
    engine: Engine
    owner: Engine
    compiled: Compiled

    def at(self, port: int) -> Office:
        """The same, with the mail server at a port."""
        return replace(self, settings=replace(self.settings, smtp_port=port))

    def deploy(self, operator: str = "kita", name: str = "") -> str:
        name = name or tenant_name()
        with platform_unit(self.owner) as connection:
            connection.execute(
                insert(TenantRecord).values(
                    name=name,
                    operator=operator,
                    theme="plain",
                    locale="ja",
                    extensions={},
                    settings={
                        "mail_from": f"mypage@{operator}.example",
                        "mail_domain": f"{operator}.example",
                        "issuer_name": "x",
                        "registration_number": REGISTRATION_NUMBER,
                    },
                )
            )
            connection.execute(insert(TenantAddress).values(host=f"{name}.example", prefix="", tenant=name, main=True))
        return name

    def run(self, tenant: str, work: Any) -> Any:
        with unit(self.engine, Scope(tenant, SystemClock(), Actor("system", "test"), "request-1")) as tx:
            return work(tx)

    def queue(self, tenant: str, recipient: str = "hanako@example.jp", **changes: Any) -> uuid.UUID:
        def work(tx: Tx) -> uuid.UUID:
            values = {"link": f"https://{tenant}.example/activate?token=t", "expires_at": tx.now(), "name": "花子"}
            arguments = {"template": "activation", "language": "ja", "values": values, "recipient": recipient}
            return send_mail(tx, Vault(KEYRING), **arguments | changes)

        found = self.run(tenant, work)
        assert isinstance(found, uuid.UUID)
        return found

    def mails(self, tenant: str) -> list[MailMessage]:
        query = select(MailMessage).where(MailMessage.tenant_id == tenant).order_by(MailMessage.created_at)
        return list(self.run(tenant, lambda tx: tx.scalars(query).all()))

    def states(self, tenant: str) -> list[str]:
        return [mail.state for mail in self.mails(tenant)]

    def trail(self, tenant: str) -> list[AuditEntry]:
        query = select(AuditEntry).where(AuditEntry.tenant_id == tenant)
        return list(self.run(tenant, lambda tx: tx.scalars(query).all()))

    def jobs(self) -> list[Any]:
        with platform_unit(self.engine) as connection:
            return list(connection.execute(text("SELECT * FROM procrastinate_jobs ORDER BY id")))


@pytest.fixture
def office(mail_database: TestDatabase, compiled: Compiled) -> Iterator[Office]:
    owner, engine = sync_engine(mail_database.owner), sync_engine(mail_database.app)
    with platform_unit(owner) as connection:
        connection.execute(text("TRUNCATE procrastinate_jobs, procrastinate_workers, platform_tenant CASCADE"))
    settings = Settings(database_url=mail_database.app, secret=bytes(range(32)), theme_folders=(THEMES,))
    yield Office(settings, engine, owner, compiled)
    owner.dispose()
    engine.dispose()
