"""Households of UCOM光 レジデンス for tests: a contract, its holder's login, and what the holder handed out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from mypage.auth.models import Account, Credential, Customer, LoginName
from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.testing.portal import Answer, Portal, PortalClient
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, HOLDER, USER

NUMBER = "90000000000000"
PASSWORD = "Kaze4826yk"
"""Ten characters fit both kinds of password."""
PART = {BY_NUMBER: "number", BY_ACCOUNT: "account"}
"""Login scheme → the name of its field."""


@dataclass(frozen=True)
class Household:
    """One contract."""

    portal: Portal
    customer_id: uuid.UUID
    contract_id: uuid.UUID
    holder_id: uuid.UUID
    number: str

    def account(self, login: str, role: str = USER, **columns: Any) -> uuid.UUID:
        """An アカウントID of this household, with PASSWORD."""
        return self.portal.run(
            lambda tx: _account(
                tx, self.customer_id, BY_ACCOUNT, login, role, self.portal.server.hasher.hash(PASSWORD), **columns
            )
        )


def household(portal: Portal, number: str = NUMBER, **columns: Any) -> Household:
    """A contract whose holder signs in with `number` and PASSWORD; `columns` are those of the customer."""
    hashed = portal.server.hasher.hash(PASSWORD)

    def make(tx: Tx) -> Household:
        named = {"name": "有光 杏", "kana": "アリミツ アン"} | columns
        customer = Customer(tenant_id=tx.tenant, number=number, number_key=number, **named)
        tx.add(customer)
        tx.flush()
        contract = Contract(
            tenant_id=tx.tenant,
            customer_id=customer.id,
            number=number,
            number_key=number,
            name="マンションLANタイプ",
            plan="lan",
        )
        tx.add(contract)
        tx.flush()
        holder = _account(tx, customer.id, BY_NUMBER, number, HOLDER, hashed)
        return Household(portal, customer.id, contract.id, holder, number)

    return portal.run(make)


def _account(tx: Tx, customer: uuid.UUID, scheme: str, login: str, role: str, hashed: str, **columns: Any) -> uuid.UUID:
    account = Account(tenant_id=tx.tenant, customer_id=customer, role=role, **columns)
    tx.add(account)
    tx.flush()
    tx.add(
        Credential(
            tenant_id=tx.tenant,
            account_id=account.id,
            scheme=scheme,
            login_id=login,
            login_key=login,
            password_hash=hashed,
            changed_at=tx.now(),
        )
    )
    tx.add(LoginName(tenant_id=tx.tenant, scheme=scheme, login_key=login, state="used", owner_id=account.id))
    tx.flush()
    return account.id


def try_login(
    browser: PortalClient, scheme: str, login: str, password: str = PASSWORD, *, path: str = "/login"
) -> Answer:
    """Fill in one of the two forms of the login page."""
    page = browser.get(path)
    [form] = [form for form in page.all("//main//form") if f"scheme={scheme}" in form.get("action")]
    values = dict(form.form_values()) | {f"{scheme}-{PART[scheme]}": login, f"{scheme}-password": password}
    return browser.post(form.get("action"), values)


def signed_in(portal: Portal, scheme: str, login: str) -> PortalClient:
    """A browser that has signed in."""
    browser = portal.client()
    answer = try_login(browser, scheme, login)
    assert answer.status == 303, answer.errors
    return browser
