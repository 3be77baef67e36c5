"""Lines of OCN for tests: a customer with one contract and the login of its 認証ID (OCN-167)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from mypage.auth.models import Account, Credential, Customer, LoginName
from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.testing.portal import Answer, Portal, PortalClient
from mypage_ocn.login import DOMAINS
from mypage_ocn.names import HOLDER, LINE

NUMBER = "N230110835"
LOCAL = "a12345678"
PASSWORD = "Kaze48yk"
"""Eight characters, as the rule of 認証パスワード wants."""


@dataclass(frozen=True)
class Line:
    """One customer with one contract."""

    portal: Portal
    customer_id: uuid.UUID
    contract_id: uuid.UUID
    account_id: uuid.UUID
    number: str
    login_id: str


def line(
    portal: Portal,
    local: str = LOCAL,
    *,
    domain: str = DOMAINS[0],
    number: str = NUMBER,
    contract: dict[str, Any] | None = None,
    must_change: bool = False,
    **columns: Any,
) -> Line:
    """A line that signs in with `local`@`domain` and PASSWORD; `columns` are those of the customer."""
    hashed = portal.server.hasher.hash(PASSWORD)
    login_id = f"{local}@{domain}"

    def make(tx: Tx) -> Line:
        named = {
            "name": "ヤマナミ商事株式会社",
            "kana": "ヤマナミショウジ",
            "kind": "company",
            "postal_code": "100-0000",
            "address": "東京都見本区一丁目2-3",
        } | columns
        customer = Customer(tenant_id=tx.tenant, number=number, number_key=number, **named)
        tx.add(customer)
        tx.flush()
        named_contract = {"name": "OCN光フレッツ IP1 ファミリータイプ", "plan": "family"} | (contract or {})
        row = Contract(tenant_id=tx.tenant, customer_id=customer.id, number=number, number_key=number, **named_contract)
        account = Account(tenant_id=tx.tenant, customer_id=customer.id, role=HOLDER)
        tx.add(row)
        tx.add(account)
        tx.flush()
        tx.add(
            Credential(
                tenant_id=tx.tenant,
                account_id=account.id,
                scheme=LINE,
                login_id=login_id,
                login_key=login_id,
                password_hash=hashed,
                must_change=must_change,
                changed_at=tx.now(),
            )
        )
        tx.add(LoginName(tenant_id=tx.tenant, scheme=LINE, login_key=login_id, state="used", owner_id=account.id))
        tx.flush()
        return Line(portal, customer.id, row.id, account.id, number, login_id)

    return portal.run(make)


def try_login(
    browser: PortalClient, local: str = LOCAL, password: str = PASSWORD, *, domain: str = DOMAINS[0]
) -> Answer:
    """Fill in the login form."""
    page = browser.get("/login")
    [form] = page.all("//main//form")
    typed = {"local": local, "domain": domain, "password": password}
    values = dict(form.form_values()) | typed
    return browser.post(form.get("action"), values)


def signed_in(portal: Portal, local: str = LOCAL, password: str = PASSWORD) -> PortalClient:
    """A browser that has signed in."""
    browser = portal.client()
    answer = try_login(browser, local, password)
    assert answer.status == 303, answer.errors
    return browser
