"""What the overview asks the database, all in one round trip: it is the page that logins lead to."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, bindparam, select

from mypage.auth.models import Account, Credential
from mypage.contracts.models import Contract, Resource, Subscription
from mypage.contracts.reaching import ContractRef
from mypage.db.reads import Later, Read
from mypage.db.session import Tx
from mypage.db.wire import Row
from mypage.operators.operator import Operator
from mypage.orders.quotas import QuotaStand
from mypage.subaccounts.accounts import SubAccount

T = TypeVar("T")


def _of(model: type[Account | Contract | Resource | Subscription]) -> ColumnElement[bool]:
    return and_(model.tenant_id == bindparam("tenant"), model.customer_id == bindparam("customer"))


_CONTRACT = Read(
    select(Contract.id, Contract.number, Contract.plan, Contract.name, Contract.status, Contract.customer_id)
    .where(_of(Contract), Contract.status != "terminated")
    .order_by(Contract.number_key, Contract.id)
    .limit(1)
)
_ACCOUNTS = Read(
    select(
        Account.id,
        Credential.id.label("credential_id"),
        Credential.login_id,
        Account.role,
        Account.family_name,
        Account.given_name,
        Account.family_kana,
        Account.given_kana,
        Account.user_name,
        Account.status,
        Account.created_at,
    )
    .join(
        Credential,
        and_(
            Credential.tenant_id == bindparam("tenant"),
            Credential.account_id == Account.id,
            Credential.scheme == bindparam("scheme"),
        ),
    )
    .where(_of(Account), Account.status != "closed")
    .order_by(Account.created_at, Credential.login_key)
)
_RESOURCES = Read(
    select(Resource.id, Resource.account_id, Resource.contract_id, Resource.kind, Resource.value, Resource.own)
    .where(_of(Resource), Resource.ended_at.is_(None))
    .order_by(Resource.kind, Resource.id)
)
_HELD = Read(
    select(Subscription.contract_id, Subscription.holder_id, Subscription.product).where(
        _of(Subscription), Subscription.ended_at.is_(None)
    )
)


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of one customer: the first living contract, all accounts handed out, what they have, what is held."""

    contract: ContractRef | None
    accounts: tuple[SubAccount, ...]
    resources: Sequence[Row]
    held: Sequence[Row]


def find(tx: Tx, operator: Operator, customer_id: uuid.UUID) -> Found:
    """Everything at once; the caller leaves out what somebody must not see."""
    rules = operator.sub_accounts
    assert rules is not None, "the overview is there for operators with sub-accounts"

    def ask(read: Read, make: Callable[[list[Row]], T], **more: object) -> Later[T]:
        return tx.later(read, make, tenant=tx.tenant, customer=customer_id, **more)

    contract = ask(_CONTRACT, lambda rows: ContractRef(*rows[0]) if rows else None)
    accounts, resources, held = ask(_ACCOUNTS, list, scheme=rules.scheme), ask(_RESOURCES, list), ask(_HELD, list)
    mails = {row.account_id: row.value for row in resources.get() if row.kind == "mail"}
    handed_out = (row for row in accounts.get() if row.role in rules.roles)
    made = tuple(SubAccount(**row._asdict(), mail=mails.get(row.id, "")) for row in handed_out)
    return Found(contract.get(), made, resources.get(), held.get())


def quota_stands(operator: Operator, found: Found) -> Mapping[str, QuotaStand]:
    """Every quota of the operator, as `orders.quotas.standing` counts it."""
    ref = found.contract
    if ref is None:
        return {}
    counts = Counter(row.kind for row in found.resources if row.own and row.contract_id == ref.id)
    counts["sub-accounts"] = len(found.accounts)
    held = Counter(row.product for row in found.held if row.contract_id == ref.id)
    sold = [product for product in operator.products.values() if product.adds]
    return {
        name: QuotaStand(
            quota,
            registered=counts[quota.counts],
            base=quota.base_of(ref.plan),
            added=sum(held[product.code] * product.adds.get(name, 0) for product in sold),
            raisable=any(name in product.adds for product in sold),
        )
        for name, quota in operator.quotas.items()
    }
