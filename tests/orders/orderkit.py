"""An operator that sells a few things, made of nagi, and households that hold them; in the unit of a test."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sample_operator.plugin as nagi
from mypage.auth.models import Account, Credential, Customer
from mypage.contracts.models import Contract, Resource
from mypage.contracts.reaching import ContractRef
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.prices import UnitPrice
from mypage.hooks.products import AutoEnd, Licence, Product, Quota
from mypage.hooks.subaccounts import SubAccounts
from mypage.lib.clock import TOKYO
from mypage.lib.crypto import Keyring
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.loading import load_extensions
from mypage.operators.operator import Operator
from mypage.orders.values import Placed
from mypage.server.routes import all_routes

VAULT = Vault(Keyring({"m1": bytes(range(32))}, "m1"))
SCHEME = "mail"
STAFF = Placed(None)

QUOTAS = (
    Quota(name="logins", label="ログイン", counts="sub-accounts", base=2),
    Quota(name="boxes", label="メール", counts="mail", base=0, base_by_plan={"sea": 1}),
    Quota(name="sites", label="ページ", counts="web", base=0),
)
PRODUCTS = (
    Product(
        code="box-pack", name="メール追加", holder="contract", price=UnitPrice(monthly=200), permission="p",
        adds={"boxes": 3}, auto_end=AutoEnd(("boxes",)), online_end=False, no_end="自動で終わります。",
    ),
    Product(
        code="both-pack", name="メールとページ", holder="contract", price=UnitPrice(monthly=300), permission="p",
        adds={"boxes": 2, "sites": 2}, auto_end=AutoEnd(("boxes", "sites")), online_end=False, no_end="自動です。",
    ),
    Product(
        code="shield", name="まもり", holder="account", price=UnitPrice(monthly=500), permission="p",
        licence=Licence(download_label="入手", download_url="https://nagi.example/shield"),
    ),
    Product(code="help", name="手伝い", holder="contract", price=UnitPrice(monthly=500, again=3000), permission="p"),
)  # fmt: skip


@functools.cache
def shop() -> Operator:
    """nagi with QUOTAS and PRODUCTS; logins of the role reader are handed out."""
    routes = {route.name: route.permission for route in all_routes()}
    plain = compile_operator(make_hooks("nagi", nagi, load_extensions()), nagi, routes)
    return dataclasses.replace(
        plain,
        products={product.code: product for product in PRODUCTS},
        quotas={quota.name: quota for quota in QUOTAS},
        sub_accounts=SubAccounts(scheme=SCHEME, quota="logins", roles={"reader": "読むだけ"}, title="ログイン"),
    )


_numbers = itertools.count(7_000_001)


@dataclass(frozen=True)
class Home:
    """A contract with the accounts and names that tests give it."""

    tx: Tx
    ref: ContractRef
    holder: uuid.UUID

    def account(self, login: str, role: str = "reader", **columns: Any) -> uuid.UUID:
        """An account that was handed out."""
        return add_account(self.tx, self.ref.customer_id, login, role, **columns)

    def resource(self, account: uuid.UUID, value: str, *, kind: str = "mail", own: bool = True) -> uuid.UUID:
        """An address or a web space."""
        row = Resource(
            tenant_id=self.tx.tenant, id=uuid.uuid4(), customer_id=self.ref.customer_id, contract_id=self.ref.id,
            account_id=account, kind=kind, value=value, value_key=value, own=own, started_at=self.tx.now(),
        )  # fmt: skip
        self.tx.add(row)
        self.tx.flush()
        return row.id

    def drop(self, resource: uuid.UUID) -> None:
        """End it, as switching to another company's address does."""
        row = self.tx.get_one(Resource, (self.tx.tenant, resource))
        row.ended_at = self.tx.now()
        self.tx.flush()


def home(tx: Tx, *, plan: str = "") -> Home:
    """A customer with one contract and its holder."""
    number = str(next(_numbers))
    customer, contract = uuid.uuid4(), uuid.uuid4()
    tx.add(Customer(tenant_id=tx.tenant, id=customer, number=number, number_key=number, name="青森 太郎"))
    tx.flush()
    tx.add(
        Contract(
            tenant_id=tx.tenant, id=contract, customer_id=customer, number=f"C{number}", number_key=f"c{number}",
            name="光コース", plan=plan, started_on=date(2024, 4, 1),
        )
    )  # fmt: skip
    tx.flush()
    holder = add_account(tx, customer, f"holder{number}", "holder")
    return Home(tx, ContractRef(contract, f"C{number}", plan, "光コース", "active", customer), holder)


def add_account(tx: Tx, customer: uuid.UUID, login: str, role: str, **columns: Any) -> uuid.UUID:
    """An account with its login ID."""
    account = uuid.uuid4()
    tx.add(Account(tenant_id=tx.tenant, id=account, customer_id=customer, role=role, **columns))
    tx.flush()
    tx.add(Credential(tenant_id=tx.tenant, account_id=account, scheme=SCHEME, login_id=login, login_key=login))
    tx.flush()
    return account


def at(text: str) -> datetime:
    """An instant in Japan, such as `2026-01-31 23:59`."""
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)
