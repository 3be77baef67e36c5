"""A post office: deploys tenants, queues mails, and looks what became of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from mailkit import KEYRING, REGISTRATION_NUMBER, tenant_name
from sqlalchemy import Engine, insert, select, text

from mypage.audit.models import AuditEntry
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx, platform_unit, unit
from mypage.lib.clock import SystemClock
from mypage.mail.models import MailMessage
from mypage.mail.service import send_mail
from mypage.operators.models import TenantAddress, TenantRecord
from mypage.server.app import Compiled
from mypage.server.settings import Settings


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
        """One mail in a unit of its own."""
        (mail,) = self.queue_all(tenant, [recipient], **changes)
        return mail

    def queue_all(self, tenant: str, recipients: list[str], **changes: Any) -> list[uuid.UUID]:
        """Mails in one unit."""
        vault = Vault(KEYRING)

        def work(tx: Tx) -> list[uuid.UUID]:
            values = {"link": f"https://{tenant}.example/activate?token=t", "expires_at": tx.now(), "name": "花子"}
            arguments = {"template": "activation", "language": "ja", "values": values} | changes
            return [send_mail(tx, vault, recipient=recipient, **arguments) for recipient in recipients]

        return list(self.run(tenant, work))

    def mails(self, tenant: str) -> list[MailMessage]:
        query = select(MailMessage).where(MailMessage.tenant_id == tenant).order_by(MailMessage.created_at)
        return list(self.run(tenant, lambda tx: tx.scalars(query).all()))

    def states(self, tenant: str) -> list[str]:
        return [mail.state for mail in self.mails(tenant)]

    def trail(self, tenant: str) -> list[AuditEntry]:
        query = select(AuditEntry).where(AuditEntry.tenant_id == tenant)
        return list(self.run(tenant, lambda tx: tx.scalars(query).all()))

    def jobs(self, of: str = "mail") -> list[Any]:
        """Jobs about mails. Others come by themselves: a worker enqueues clean-ups every ten minutes."""
        query = text("SELECT * FROM procrastinate_jobs WHERE task_name LIKE :of ORDER BY id")
        with platform_unit(self.engine) as connection:
            return list(connection.execute(query, {"of": f"{of}.%"}))
