"""Families of an operator that hands out accounts in another way than the shipped ones."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from mypage.auth.models import Account, Credential, Customer, LoginName
from mypage.contracts.models import Contract
from mypage.contracts.reaching import ContractRef
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.operators.operator import Operator
from mypage.testing.portal import Portal, PortalClient

PASSWORD = "tall giraffe sings"


@dataclass(frozen=True)
class Family:
    """One customer with a contract, and the accounts it has handed out."""

    portal: Portal
    customer_id: uuid.UUID
    ref: ContractRef
    holder_id: uuid.UUID

    @property
    def operator(self) -> Operator:
        return self.portal.server.compiled.operators["nagi"]

    def account(self, login: str, role: str = "crew", **columns: str) -> uuid.UUID:
        hashed = self.portal.server.hasher.hash(PASSWORD)
        return self.portal.run(lambda tx: add_account(tx, self.customer_id, login, role, hashed, **columns))

    def principal(self, account_id: uuid.UUID | None = None, role: str = "holder") -> Principal:
        """Somebody of the family as services are told of."""
        return Principal(
            account_id=account_id or self.holder_id,
            customer_id=self.customer_id,
            session_id=uuid.uuid4(),
            scheme="mail",
            role=role,
            name="x",
            customer_number="x",
            email="",
            permissions=self.operator.permissions.of(role),
        )

    def signed_in(self, login: str, password: str = PASSWORD) -> PortalClient:
        browser = self.portal.client()
        browser.get("/login")
        local, _, domain = login.partition("@")
        answer = browser.submit({"local": local, "domain": domain, "password": password})
        assert answer.status == 303, answer.errors
        return browser


def add_account(tx: Tx, customer: uuid.UUID, login: str, role: str, hashed: str, **columns: str) -> uuid.UUID:
    row = Account(tenant_id=tx.tenant, customer_id=customer, role=role, email_verified_at=tx.now(), **columns)
    tx.add(row)
    tx.flush()
    tx.add(
        Credential(
            tenant_id=tx.tenant, account_id=row.id, scheme="mail", login_id=login, login_key=login,
            password_hash=hashed, changed_at=tx.now(),
        )
    )  # fmt: skip
    tx.add(LoginName(tenant_id=tx.tenant, scheme="mail", login_key=login, state="used", owner_id=row.id))
    tx.flush()
    return row.id


def make_family(portal: Portal, number: str = "1000001") -> Family:
    """A customer whose holder signs in as `h<number>@nagi.example`."""
    hashed = portal.server.hasher.hash(PASSWORD)

    def work(tx: Tx) -> Family:
        customer = Customer(tenant_id=tx.tenant, number=number, number_key=number, name="見本 凪")
        tx.add(customer)
        tx.flush()
        contract = Contract(
            tenant_id=tx.tenant, customer_id=customer.id, number=f"C{number}", number_key=f"C{number}", name="x"
        )
        tx.add(contract)
        tx.flush()
        ref = ContractRef(contract.id, contract.number, "", "x", "active", customer.id)
        holder = add_account(tx, customer.id, f"h{number}@nagi.example", "holder", hashed)
        return Family(portal, customer.id, ref, holder)

    return portal.run(work)
