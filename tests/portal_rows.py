"""Rows of a portal under test, and a browser in which somebody is signed in."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mypage.auth.models import Account, Credential, Customer
from mypage.auth.sessions import open_session
from mypage.billing.models import Invoice, InvoiceLine, InvoiceTax, PaymentMethod
from mypage.billing.tax import TaxMode, totals
from mypage.contracts.models import Contract, Service
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.clock import TOKYO
from mypage.notices.models import Notice
from mypage.testing.portal import Portal, PortalClient
from mypage.web.cookies import CookieJar


@dataclass(frozen=True)
class Person:
    """A customer with the account that signs in for it."""

    customer_id: uuid.UUID
    account_id: uuid.UUID
    scheme: str


def add_person(
    portal: Portal,
    number: str = "1000001",
    *,
    name: str = "青森 太郎",
    role: str = "holder",
    kind: str = "person",
    email: str = "taro@example.jp",
) -> Person:
    """A customer and an account of it that may sign in."""
    person = Person(uuid.uuid4(), uuid.uuid4(), next(iter(operator_of(portal).schemes)))

    def work(tx: Tx) -> None:
        tx.add(
            Customer(tenant_id=tx.tenant, id=person.customer_id, number=number, number_key=number, name=name, kind=kind)
        )
        tx.flush()
        tx.add(_account(tx, person, role, email))
        tx.flush()
        login = f"login{number}{person.account_id.hex[:6]}"
        tx.add(
            Credential(
                tenant_id=tx.tenant, account_id=person.account_id, scheme=person.scheme, login_id=login, login_key=login
            )
        )

    portal.run(work)
    return person


def add_account(portal: Portal, person: Person, role: str) -> Person:
    """Another account of the same customer."""
    other = Person(person.customer_id, uuid.uuid4(), person.scheme)
    portal.run(lambda tx: tx.add(_account(tx, other, role, "other@example.jp")))
    return other


def sign_in(portal: Portal, person: Person) -> PortalClient:
    """A fresh browser with a session of the account."""
    token = portal.run(lambda tx: open_session(tx, operator_of(portal), person.account_id, person.scheme, device="t"))
    client = portal.client()
    client.cookies.set(CookieJar(portal.name, portal.prefix, True).name("session"), token, domain=portal.host)
    return client


def operator_of(portal: Portal) -> Any:
    """The compiled operator of a portal."""
    tenant = portal.server.registry.current.get(portal.name)
    assert tenant is not None
    return portal.server.compiled.operators[tenant.operator]


Charge = tuple[str, int] | tuple[str, int, int] | tuple[str, int, int, bool]


def add_bill(
    portal: Portal,
    person: Person,
    month: date,
    lines: Sequence[Charge],
    *,
    status: str = "paid",
    method: str = "クレジットカード",
    registration_number: str = "T1234567890123",
    due_on: date | None = None,
    number: str = "",
    **columns: Any,
) -> uuid.UUID:
    """An issued bill, its taxes worked out from lines of (description, yen, rate in basis points, reduced)."""
    bill_id = uuid.uuid4()
    rows = [
        InvoiceLine(
            invoice_id=bill_id,
            position=position,
            description=line[0],
            amount=line[1],
            rate_bp=line[2] if len(line) > 2 else 1000,
            reduced=line[3] if len(line) > 3 else False,
            period_from=month,
            period_to=month.replace(day=28),
        )
        for position, line in enumerate(lines, 1)
    ]
    sums = totals(rows, TaxMode.DOWN)

    def work(tx: Tx) -> None:
        tx.add(
            Invoice(
                tenant_id=tx.tenant,
                id=bill_id,
                customer_id=person.customer_id,
                number=number or f"{month:%Y%m}-{bill_id.hex[:8]}",
                month=month,
                issued_on=month.replace(day=10),
                due_on=due_on or month.replace(day=27),
                status=status,
                payment_method=method,
                net=sums.net,
                tax=sums.tax,
                total=sums.gross,
                addressee="青森 太郎",
                issuer="発行時の会社名",
                registration_number=registration_number,
                **columns,
            )
        )
        tx.flush()
        for row in rows:
            row.tenant_id = tx.tenant
            tx.add(row)
        for rate in sums.rates:
            tx.add(
                InvoiceTax(
                    tenant_id=tx.tenant,
                    invoice_id=bill_id,
                    rate_bp=rate.rate_bp,
                    reduced=rate.reduced,
                    net=rate.net,
                    tax=rate.tax,
                )
            )

    portal.run(work)
    return bill_id


def add_card(
    portal: Portal,
    person: Person,
    *,
    brand: str = "visa",
    last4: str = "4242",
    expires: tuple[int, int] = (2029, 7),
    registered: datetime | None = None,
) -> uuid.UUID:
    """The customer's card."""
    card_id = uuid.uuid4()

    def work(tx: Tx) -> None:
        vault = portal.server.ports.get(Vault)
        sealed = vault.seal(tx, b"card_old", table="payment_method", column="token_sealed", row=str(card_id))
        tx.add(
            PaymentMethod(
                tenant_id=tx.tenant,
                id=card_id,
                customer_id=person.customer_id,
                gateway="hosted-page",
                token_sealed=sealed,
                brand=brand,
                last4=last4,
                exp_year=expires[0],
                exp_month=expires[1],
                created_at=registered or datetime(2025, 1, 1, tzinfo=TOKYO),
            )
        )

    portal.run(work)
    return card_id


def add_contract(
    portal: Portal,
    person: Person,
    number: str,
    services: Sequence[tuple[str, str, str]] = (),
    **columns: Any,
) -> uuid.UUID:
    """A contract with services of (category, name, status)."""
    contract_id = uuid.uuid4()

    def work(tx: Tx) -> None:
        values: dict[str, Any] = {"name": "光コース", "started_on": date(2024, 4, 1), **columns}
        tx.add(
            Contract(
                tenant_id=tx.tenant,
                id=contract_id,
                customer_id=person.customer_id,
                number=number,
                number_key=number,
                **values,
            )
        )
        tx.flush()
        for position, (category, name, status) in enumerate(services, 1):
            tx.add(
                Service(
                    tenant_id=tx.tenant,
                    contract_id=contract_id,
                    position=position,
                    category=category,
                    name=name,
                    status=status,
                    started_on=date(2024, 4, 1),
                )
            )

    portal.run(work)
    return contract_id


def add_notice(
    portal: Portal, title: str, *, starts_at: datetime, person: Person | None = None, **columns: Any
) -> uuid.UUID:
    """A notice to everybody, or to one customer."""
    notice_id = uuid.uuid4()
    values: dict[str, Any] = {"body": "本文です。", **columns}
    portal.run(
        lambda tx: tx.add(
            Notice(
                tenant_id=tx.tenant,
                id=notice_id,
                key=notice_id.hex,
                customer_id=person.customer_id if person else None,
                title=title,
                starts_at=starts_at,
                **values,
            )
        )
    )
    return notice_id


def _account(tx: Tx, person: Person, role: str, email: str) -> Account:
    return Account(
        tenant_id=tx.tenant,
        id=person.account_id,
        customer_id=person.customer_id,
        role=role,
        email=email,
        email_verified_at=tx.now(),
        confirmed_at=tx.now(),
    )
