"""Contracts with purchases written in bulk, for tests of the billing run, and the bills that came of them."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Engine, insert, text

from mypage.auth.models import Account, Credential, Customer
from mypage.billing.charging import Purchase
from mypage.billing.models import Posting
from mypage.billing.run import RunReport, run_month
from mypage.billing.run_values import RunPlan, plan_run
from mypage.contracts.models import Contract, Subscription
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.hooks.portal import TenantSettings
from mypage.hooks.prices import Price
from mypage.hooks.products import Product
from mypage.lib.clock import FixedClock

SETTINGS = TenantSettings(
    mail_from="a@b.example", mail_domain="b.example", issuer_name="見本通信", registration_number="T1234567890123"
)
NOVEMBER = date(2026, 11, 1)
ISSUED = date(2026, 12, 5)


@dataclass(frozen=True)
class Posted:
    """An amount besides what products cost."""

    amount: int
    rate_bp: int = 1_000
    reduced: bool = False
    month: date = NOVEMBER
    description: str = "通話料"


@dataclass(frozen=True)
class Line:
    """A line of a bill as it is stored, with the holder of what it charges for ("" for a posting)."""

    description: str
    kind: str
    amount: int
    rate_bp: int
    reduced: bool
    product: str
    holder: str
    sources: tuple[uuid.UUID, ...]
    period: tuple[date | None, date | None]


@dataclass(frozen=True)
class Bill:
    """A bill as it is stored."""

    contract: str
    number: str
    net: int
    tax: int
    total: int
    lines: tuple[Line, ...]
    taxes: tuple[tuple[int, bool, int, int], ...]


def product(code: str, price: Price, **values: Any) -> Product:
    usual: dict[str, Any] = {"code": code, "name": code, "holder": "contract", "price": price, "permission": "p"}
    return Product(**usual | values)


def plan_of(products: Iterable[Product], month: date = NOVEMBER, settings: TenantSettings = SETTINGS) -> RunPlan:
    return plan_run(month, {each.code: each for each in products}, settings, issued_on=ISSUED)


@dataclass
class Books:
    """A tenant whose contracts are billed."""

    engine: Engine
    scope: Scope

    @classmethod
    def open(cls, engine: Engine, clock: FixedClock, tenant: str) -> Books:
        return cls(engine, Scope(tenant, clock, Actor("system", "test"), "test"))

    def add(
        self,
        histories: Mapping[str, Sequence[Purchase]],
        postings: Mapping[str, Sequence[Posted]] | None = None,
        *,
        accounts: Iterable[str] = (),
    ) -> None:
        """A customer and contract per history; holders named in `accounts` are accounts, all others the contract."""
        logins, tenant = set(accounts), self.scope.tenant
        rows: dict[type, list[dict[str, Any]]] = {
            kind: [] for kind in (Customer, Contract, Account, Credential, Subscription, Posting)
        }
        for number, history in histories.items():
            customer, contract = uuid.uuid4(), uuid.uuid4()
            rows[Customer].append({"id": customer, "number": number, "number_key": number, "name": f"見本 {number}"})
            rows[Contract].append(
                {"id": contract, "customer_id": customer, "number": number, "number_key": number, "name": "光"}
            )
            holders: dict[str, uuid.UUID] = {}
            for holder in dict.fromkeys(p.holder for p in history):
                holders[holder] = uuid.uuid5(contract, holder)
                if holder in logins:
                    login = f"{holder}-{number}"
                    rows[Account].append({"id": holders[holder], "customer_id": customer})
                    rows[Credential].append(
                        {"id": uuid.uuid4(), "account_id": holders[holder], "scheme": "id", "login_id": login, "login_key": login}
                    )  # fmt: skip
            for piece, p in enumerate(history, 1):
                rows[Subscription].append(
                    {
                        "id": uuid.uuid4(), "customer_id": customer, "contract_id": contract, "holder_id": holders[p.holder],
                        "account_id": holders[p.holder] if p.holder in logins else None,
                        "product": p.product, "piece": piece, "again": p.again, "bought_at": p.bought, "ended_at": p.ended,
                    }
                )  # fmt: skip
            for posted in (postings or {}).get(number, ()):
                rows[Posting].append(
                    {
                        "id": uuid.uuid4(), "contract_id": contract, "month": posted.month, "key": uuid.uuid4().hex,
                        "description": posted.description, "amount": posted.amount, "rate_bp": posted.rate_bp,
                        "reduced": posted.reduced,
                    }
                )  # fmt: skip

        with unit(self.engine, self.scope) as tx:
            for kind, values in rows.items():
                if values:
                    tx.execute(insert(kind), [{"tenant_id": tenant} | each for each in values])

    def run(self, plan: RunPlan, **options: Any) -> RunReport:
        return run_month(self.engine, self.scope, plan, **options)

    def rows(self, query: str, **values: Any) -> list[Any]:
        """The rows of a query of the tenant `:t`."""
        with unit(self.engine, self.scope) as tx:
            return list(self._rows(tx, query, values))

    def _rows(self, tx: Tx, query: str, values: dict[str, Any]) -> Iterable[Any]:
        return tx.execute(text(query), {"t": tx.tenant} | values).all()

    def bills(self, month: date = NOVEMBER) -> dict[str, Bill]:
        """The bills of a month by contract, with everything on them."""
        with unit(self.engine, self.scope) as tx:
            lines: dict[uuid.UUID, list[Line]] = {}
            for row in self._rows(tx, _LINES, {"m": month}):
                lines.setdefault(row.invoice_id, []).append(
                    Line(
                        row.description, row.charge, row.amount, row.rate_bp, row.reduced, row.product or "",
                        str(row.holder_id or ""), tuple(row.sources), (row.period_from, row.period_to),
                    )
                )  # fmt: skip
            taxes: dict[uuid.UUID, list[tuple[int, bool, int, int]]] = {}
            for row in self._rows(tx, _TAXES, {"m": month}):
                taxes.setdefault(row.invoice_id, []).append((row.rate_bp, row.reduced, row.net, row.tax))
            return {
                row.contract: Bill(
                    row.contract, row.number, row.net, row.tax, row.total, tuple(lines[row.id]), tuple(taxes[row.id])
                )
                for row in self._rows(tx, _BILLS, {"m": month})
            }


_BILLS = (
    "SELECT i.id, c.number AS contract, i.number, i.net, i.tax, i.total FROM invoice i JOIN contract c"
    " ON c.tenant_id = i.tenant_id AND c.id = i.contract_id WHERE i.tenant_id = :t AND i.month = :m ORDER BY i.number"
)
_LINES = (
    "SELECT l.*, s.product, s.holder_id FROM invoice_line l JOIN invoice i ON i.tenant_id = l.tenant_id AND i.id = l.invoice_id"
    " LEFT JOIN subscription s ON s.tenant_id = l.tenant_id AND s.id = l.sources[1]"
    " WHERE l.tenant_id = :t AND i.month = :m ORDER BY l.invoice_id, l.position"
)
_TAXES = (
    "SELECT x.* FROM invoice_tax x JOIN invoice i ON i.tenant_id = x.tenant_id AND i.id = x.invoice_id"
    " WHERE x.tenant_id = :t AND i.month = :m ORDER BY x.invoice_id, x.rate_bp DESC, x.reduced"
)


def counted(bill: Bill) -> Counter[tuple[str, str, int]]:
    """(product, kind, yen) of each line, with how often it stands there."""
    return Counter((line.product, line.kind, line.amount) for line in bill.lines)
