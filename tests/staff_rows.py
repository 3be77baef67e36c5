"""The staff console in a test: its own tenant beside a portal, its people, and browsers in which they are signed in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text

from mypage.auth.factors.models import SecondFactor
from mypage.auth.models import Account, Credential, Customer, LoginSession
from mypage.auth.sessions import open_session
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.tokens import token_hash
from mypage.mail.models import MailMessage
from mypage.mail.values import unpack_values
from mypage.operators.operator import OFFICE
from mypage.staff.models import DeskRole, DeskSeat, StaffMember
from mypage.staff.office import ROLE, SCHEME
from mypage.testing.portal import MakePortal, Portal, PortalClient
from mypage.web.cookies import CookieJar


@dataclass(frozen=True)
class Staff:
    """Somebody with an account of the console, and the roles held by tenant."""

    account_id: uuid.UUID
    name: str
    email: str
    roles: Mapping[str, str]


def make_office(make_portal: MakePortal, *, plugins: Mapping[str, Any] | None = None) -> Portal:
    """The console's own tenant, on the server that serves portals made with the same plugins."""
    return make_portal(OFFICE, plugins=plugins)


def add_staff(office: Portal, roles: Mapping[Portal, str] | Mapping[str, str], *, name: str = "佐藤 花子") -> Staff:
    """An account of the console with a second factor, with a role at each of these portals."""
    named = {str(getattr(portal, "name", portal)): role for portal, role in roles.items()}
    account_id = uuid.uuid4()
    email = f"s{account_id.hex[:8]}@isp.example"

    def work(tx: Tx) -> None:
        tx.add(Customer(tenant_id=tx.tenant, id=account_id, number=email, number_key=email, name=name))
        tx.flush()
        tx.add(
            Account(
                tenant_id=tx.tenant,
                id=account_id,
                customer_id=account_id,
                role=ROLE,
                email=email,
                email_verified_at=tx.now(),
            )
        )
        tx.flush()
        tx.add(Credential(tenant_id=tx.tenant, account_id=account_id, scheme=SCHEME, login_id=email, login_key=email))
        tx.add(SecondFactor(tenant_id=tx.tenant, account_id=account_id, kind="totp", name="app", created_at=tx.now()))
        for worked, role in named.items():
            tx.add(
                DeskRole(
                    tenant_id=tx.tenant,
                    account_id=account_id,
                    worked=worked,
                    role=role,
                    granted_by="test",
                    granted_at=tx.now(),
                )
            )

    office.run(work)
    return Staff(account_id, name, email, named)


def sit_down(office: Portal, staff: Staff, worked: Portal | None = None) -> PortalClient:
    """A fresh browser with a session of the console, at the desk of a portal when one is given."""

    def work(tx: Tx) -> str:
        operator = office.server.compiled.operators[OFFICE]
        token = open_session(tx, operator, staff.account_id, SCHEME, device="t", factor=True)
        tx.flush()
        if worked is not None:
            session = tx.query(LoginSession).filter_by(tenant_id=tx.tenant, token_hash=token_hash(token)).one()
            tx.add(DeskSeat(tenant_id=tx.tenant, session_id=session.public_id, worked=worked.name, taken_at=tx.now()))
        return token

    token = office.run(work)
    if worked is not None:
        worked.run(
            lambda tx: tx.merge(
                StaffMember(
                    tenant_id=tx.tenant,
                    id=staff.account_id,
                    name=staff.name,
                    email=staff.email,
                    role=staff.roles[worked.name],
                    updated_at=tx.now(),
                )
            )
        )
    client = office.client()
    client.cookies.set(CookieJar(office.name, office.prefix, True).name("session"), token, domain=office.host)
    return client


def mails_of(portal: Portal, template: str) -> list[dict[str, Any]]:
    """The values of queued mails, the oldest first, with `to` and `language`."""
    vault = portal.server.ports.get(Vault)

    def read(tx: Tx) -> list[dict[str, Any]]:
        rows = tx.scalars(
            select(MailMessage)
            .where(MailMessage.tenant_id == tx.tenant, MailMessage.template == template)
            .order_by(MailMessage.created_at, text("ctid"))  # under a clock that stands still: the order of rows
        ).all()
        return [
            {"to": row.recipient, "language": row.language}
            | unpack_values(vault.open(tx, row.sealed or b"", table="mail_message", column="sealed", row=str(row.id)))
            for row in rows
        ]

    return portal.run(read)
