"""Customers of USEN NETWORKS for tests: a login, lines, their secrets, a card."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mypage.auth.models import Account, Credential, Customer, LoginName
from mypage.billing.models import PaymentMethod
from mypage.contracts.line_secrets import PLACE
from mypage.contracts.models import Contract, LineSecret, Service
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage_usen.gates import NET_ID, NET_PASSWORD

NUMBER = "20000000"
PASSWORD = "kami-password1"
SECRETS = {NET_ID: "v4-0000000@01net.example.jp", NET_PASSWORD: "Xk7mP2qa"}
HOST = "usen.example"
KEY = "MYPAGE_TEST_PAYMENT_KEY"


@dataclass(frozen=True)
class Line:
    """A line: by default one that is used; `progress` is as the database has it."""

    plan: str = "v4"
    name: str = "USEN光01（v4）"
    started_on: date | None = date(2025, 4, 1)
    status: str = "active"
    place: str = "東京都品川区（自宅）"
    progress: tuple[tuple[str, str | None, str | None, str], ...] = ()
    secrets: bool = True


@dataclass(frozen=True)
class Subscriber:
    """One customer with their login."""

    portal: Portal
    customer_id: uuid.UUID
    account_id: uuid.UUID
    login_id: str

    def client(self) -> PortalClient:
        """A browser after the login."""
        browser = self.portal.client()
        answer = log_in(browser, self.login_id)
        assert answer.status == 303, answer.text
        return browser

    def card(self, **columns: Any) -> None:
        """A card that pays."""
        self.portal.run(lambda tx: add_card(tx, self.customer_id, **columns))


def site(make_portal: MakePortal, path: str = "u0020", **more: Any) -> Portal:
    """A portal by path on the host that all of a test share, under the look of USEN; nobody answers at its company."""
    os.environ[KEY] = "demo-key"
    payment = {"adapter": "hosted-page", "base_url": "http://127.0.0.1:9", "key_env": KEY}
    shared = {"theme": "usen", "host": HOST, "prefix": f"/{path}", "extensions": {"payment": payment}}
    return make_portal("usen", **(shared | more))


def subscriber(
    portal: Portal,
    *lines: Line,
    number: str = NUMBER,
    confirmed: bool = True,
    card: bool = True,
    name: str = "山田 太郎",
    login_id: str = "u0020-000001",
    password: str = PASSWORD,
) -> Subscriber:
    """A customer who holds `lines`, one of v4 by default."""
    vault = portal.server.ports.get(Vault)
    hashed = portal.server.hasher.hash(password)

    def make(tx: Tx) -> Subscriber:
        customer = Customer(tenant_id=tx.tenant, number=number, number_key=number, name=name)
        tx.add(customer)
        tx.flush()
        account = Account(
            tenant_id=tx.tenant, customer_id=customer.id, role="holder", confirmed_at=tx.now() if confirmed else None
        )
        tx.add(account)
        tx.flush()
        add_login(tx, account.id, login_id, hashed)
        for place, line in enumerate(lines or (Line(),), 1):
            add_line(tx, vault, customer.id, f"{number}-{place}", line)
        if card:
            add_card(tx, customer.id)
        return Subscriber(portal, customer.id, account.id, login_id)

    return portal.run(make)


def add_login(tx: Tx, account: uuid.UUID, login_id: str, hashed: str) -> None:
    """A login ID with its password."""
    named = {"tenant_id": tx.tenant, "scheme": "customer", "login_key": login_id}
    tx.add(Credential(**named, account_id=account, login_id=login_id, password_hash=hashed, changed_at=tx.now()))
    tx.add(LoginName(**named, state="used", owner_id=account))
    tx.flush()


def add_line(tx: Tx, vault: Vault, customer: uuid.UUID, number: str, line: Line) -> None:
    """A contract with its one service and its secrets."""
    stated = {"status": line.status, "started_on": line.started_on}
    contract = Contract(
        tenant_id=tx.tenant,
        customer_id=customer,
        number=number,
        number_key=number,
        name=line.name,
        plan=line.plan,
        place=line.place,
        **stated,
    )
    tx.add(contract)
    tx.flush()
    tx.add(
        Service(
            tenant_id=tx.tenant,
            contract_id=contract.id,
            position=1,
            category="光回線",
            name=line.name,
            progress=[list(step) for step in line.progress],
            **stated,
        )
    )
    for label, value in SECRETS.items() if line.secrets and line.plan == "v4" else ():
        row = uuid.uuid4()
        tx.add(
            LineSecret(
                tenant_id=tx.tenant,
                id=row,
                customer_id=customer,
                contract_id=contract.id,
                label=label,
                sealed=vault.seal(tx, value.encode(), row=str(row), **PLACE),
                updated_at=tx.now(),
            )
        )
    tx.flush()


def add_card(tx: Tx, customer: uuid.UUID, **columns: Any) -> None:
    """A card that pays for a customer."""
    stated = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2028} | columns
    tx.add(
        PaymentMethod(
            tenant_id=tx.tenant,
            customer_id=customer,
            gateway="hosted-page",
            token_sealed=b"x",
            current=True,
            created_at=tx.now(),
            **stated,
        )
    )
    tx.flush()


def log_in(browser: PortalClient, login_id: str, password: str = PASSWORD, path: str = "/login") -> Answer:
    """Fill in the login page."""
    browser.get(path)
    return browser.submit({"login": login_id, "password": password})


def facts(page: Answer, within: str = "//main") -> Sequence[tuple[str, str]]:
    """Label and value of every row."""
    rows = page.all(f"{within}//dl/div")
    return [(_text(row.xpath("./dt")[0]), _text(row.xpath("./dd")[0])) for row in rows]


def _text(node: Any) -> str:
    return " ".join(node.text_content().split())
