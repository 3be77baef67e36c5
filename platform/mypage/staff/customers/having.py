"""What a customer has: contracts with what was bought on them, accounts, bills, card, and work that waits for staff.

Every list comes in pages, and the number of statements does not grow with it.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

from sqlalchemy import func, select

from mypage.auth.locks import locked_until
from mypage.auth.models import Account, Credential
from mypage.billing.cards import Card, card_of
from mypage.billing.models import Invoice
from mypage.billing.standing import Standing, payment_standing
from mypage.contracts.models import Contract, Subscription
from mypage.contracts.reaching import ContractRef
from mypage.contracts.service import ContractItem, contracts_of
from mypage.db.session import Tx
from mypage.operators.operator import Operator
from mypage.orders.quotas import QuotaStand, standing
from mypage.work.models import WorkItem

T = TypeVar("T")

CONTRACTS, ACCOUNTS, BILLS, WORK = 5, 10, 6, 10
"""How many stand on a page at once."""


@dataclass(frozen=True, slots=True)
class Bought:
    """What was bought on a contract, `count` times; `product` is the operator's code, `until` None while it runs."""

    product: str
    count: int
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ContractHad:
    """A contract, what was bought on it, and how its quotas stand."""

    contract: ContractItem
    bought: tuple[Bought, ...]
    quotas: tuple[QuotaStand, ...]


@dataclass(frozen=True, slots=True)
class AccountHad:
    """An account with its logins; `locked_until` when wrong guesses made it wait."""

    id: uuid.UUID
    logins: tuple[str, ...]
    role: str
    name: str
    status: str
    verified: bool
    created_at: datetime
    closed_at: datetime | None
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Paged(Generic[T]):
    """A page of a list; `pages` at least one."""

    rows: tuple[T, ...]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class BillHad:
    """A bill in yen with tax."""

    number: str
    month: date
    total: int
    status: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class WorkHad:
    """Work about the customer that is not done."""

    id: uuid.UUID
    kind: str
    reference: str
    title: str
    due_on: date
    assignee_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Paying:
    """How the customer pays, and the last bills; `unpaid` counts all that are not paid though they should be."""

    standing: Standing
    card: Card | None
    bills: tuple[BillHad, ...]
    unpaid: int


def contracts_had(tx: Tx, operator: Operator, customer_id: uuid.UUID, page: int) -> Paged[ContractHad]:
    """A page of the contracts, ended ones last. Raises NotFound for a page that does not exist."""
    found = contracts_of(tx, customer_id, page=page, size=CONTRACTS)
    bought = _bought(tx, [each.id for each in found.contracts])
    refs = _refs(tx, [each.id for each in found.contracts]) if operator.quotas else {}
    rows = tuple(
        ContractHad(
            contract=each,
            bought=tuple(bought[each.id]),
            quotas=tuple(standing(tx, operator, refs[each.id]).values())
            if each.id in refs and each.state != "terminated"
            else (),
        )
        for each in found.contracts
    )
    return Paged(rows, found.page, found.pages, found.total)


def accounts_had(tx: Tx, customer_id: uuid.UUID, page: int) -> Paged[AccountHad]:
    """A page of the accounts, closed ones last. A page beyond the last one is the last one."""
    total = tx.scalars(
        select(func.count())
        .select_from(Account)
        .where(Account.tenant_id == tx.tenant, Account.customer_id == customer_id)
    ).one()
    pages = max(1, -(-total // ACCOUNTS))
    page = min(page, pages)
    rows = tx.execute(
        select(
            Account.id,
            Account.role,
            Account.status,
            Account.family_name,
            Account.given_name,
            Account.email_verified_at,
            Account.created_at,
            Account.closed_at,
        )
        .where(Account.tenant_id == tx.tenant, Account.customer_id == customer_id)
        .order_by(Account.status == "closed", Account.created_at, Account.id)
        .limit(ACCOUNTS)
        .offset((page - 1) * ACCOUNTS)
    ).all()
    logins = _logins(tx, [row.id for row in rows])
    waiting = locked_until(tx, [(each[0], each[1], each[2]) for found in logins.values() for each in found])
    accounts = tuple(
        AccountHad(
            id=row.id,
            logins=tuple(each[3] for each in logins[row.id]),
            role=row.role,
            name=f"{row.family_name} {row.given_name}".strip(),
            status=row.status,
            verified=row.email_verified_at is not None,
            created_at=row.created_at,
            closed_at=row.closed_at,
            locked_until=waiting.get(row.id),
        )
        for row in rows
    )
    return Paged(accounts, page, pages, total)


def paying(tx: Tx, customer_id: uuid.UUID) -> Paying:
    """Card, standing and the last bills."""
    mine = (Invoice.tenant_id == tx.tenant, Invoice.customer_id == customer_id)
    rows = tx.execute(
        select(Invoice.number, Invoice.month, Invoice.total, Invoice.status, Invoice.due_on)
        .where(*mine)
        .order_by(Invoice.month.desc(), Invoice.id.desc())
        .limit(BILLS)
    )
    owed = select(func.count()).select_from(Invoice).where(*mine, Invoice.status.in_(("unpaid", "failed")))
    return Paying(
        standing=payment_standing(tx, customer_id),
        card=card_of(tx, customer_id),
        bills=tuple(BillHad(**row) for row in rows.mappings()),
        unpaid=tx.scalars(owed).one(),
    )


def open_work_of(tx: Tx, customer_id: uuid.UUID) -> tuple[WorkHad, ...]:
    """Work about the customer that is not done, what is due first; one more than `WORK` when there is more."""
    rows = tx.execute(
        select(WorkItem.id, WorkItem.kind, WorkItem.reference, WorkItem.title, WorkItem.due_on, WorkItem.assignee_id)
        .where(WorkItem.tenant_id == tx.tenant, WorkItem.customer_id == customer_id, WorkItem.closed_at.is_(None))
        .order_by(WorkItem.due_on, WorkItem.created_at)
        .limit(WORK + 1)
    )
    return tuple(WorkHad(**row) for row in rows.mappings())


def _bought(tx: Tx, contracts: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[Bought]]:
    """Accounts may have bought one product hundreds of times: it stands there once, with their number."""
    found: dict[uuid.UUID, list[Bought]] = defaultdict(list)
    ended = Subscription.ended_at.is_not(None)
    rows = tx.execute(
        select(
            Subscription.contract_id,
            Subscription.product,
            func.count(),
            func.min(Subscription.bought_at),
            func.max(Subscription.ended_at),
        )
        .where(
            Subscription.tenant_id == tx.tenant,
            Subscription.contract_id.in_(contracts),
            Subscription.voided_at.is_(None),
        )
        .group_by(Subscription.contract_id, Subscription.product, ended)
        .order_by(ended, func.min(Subscription.bought_at))
    )
    for contract_id, product, count, since, until in rows:
        found[contract_id].append(Bought(product, count, since, until))
    return found


def _refs(tx: Tx, contracts: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, ContractRef]:
    rows = tx.execute(
        select(Contract.id, Contract.number, Contract.plan, Contract.name, Contract.status, Contract.customer_id).where(
            Contract.tenant_id == tx.tenant, Contract.id.in_(contracts)
        )
    )
    return {row.id: ContractRef(*row) for row in rows}


def _logins(tx: Tx, accounts: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[tuple[uuid.UUID, str, str, str]]]:
    found: dict[uuid.UUID, list[tuple[uuid.UUID, str, str, str]]] = defaultdict(list)
    rows = tx.execute(
        select(Credential.account_id, Credential.scheme, Credential.login_key, Credential.login_id)
        .where(Credential.tenant_id == tx.tenant, Credential.account_id.in_(accounts))
        .order_by(Credential.login_id)
    )
    for row in rows:
        found[row.account_id].append((row.account_id, row.scheme, row.login_key, row.login_id))
    return found
