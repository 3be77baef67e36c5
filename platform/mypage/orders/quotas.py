"""How many accounts, addresses and web spaces a contract has, and how many it may have (UCOM-24, UCOM-49, UCOM-50)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, select

from mypage.auth.models import Account
from mypage.contracts.models import Resource, Subscription
from mypage.contracts.reaching import ContractRef
from mypage.db.session import Tx
from mypage.hooks.products import Quota
from mypage.i18n import Translator
from mypage.operators.operator import Operator


@dataclass(frozen=True, slots=True)
class QuotaStand:
    """A quota of one contract: what is registered, what is free of charge, what purchases add.

    `raisable`: the operator sells something that adds to it, so the sum is worth showing.
    """

    quota: Quota
    registered: int
    base: int
    added: int
    raisable: bool = True

    @property
    def available(self) -> int:
        """How many there may be in all."""
        return self.base + self.added

    @property
    def free(self) -> int:
        """How many more there may be; never negative, for a quota may have been larger once."""
        return max(0, self.available - self.registered)

    def counted(self, t: Translator) -> str:
        """`1個 / 5個`, in the reader's language."""
        return t("%(registered)s / %(available)s", registered=self.registered, available=self.available)

    def free_of_charge(self, t: Translator) -> str:
        """`(基本 5個)`, with ` + 0個` behind the base where purchases add to it."""
        if self.raisable:
            return t("(%(base)s free of charge + %(added)s)", base=self.base, added=self.added)
        return t("(%(base)s free of charge)", base=self.base)

    def said(self, t: Translator) -> str:
        """`1個 / 5個 (基本 5個)`: both parts."""
        return f"{self.counted(t)} {self.free_of_charge(t)}"


def standing(tx: Tx, operator: Operator, ref: ContractRef) -> Mapping[str, QuotaStand]:
    """Every quota of the operator by its name, for one contract. One statement.

    An account counts when its role is one that customers hand out and it is not closed; a resource when it is of the
    operator's own domain and not ended.
    """
    if not operator.quotas:
        return {}
    sold = [product for product in operator.products.values() if product.adds]
    counts: dict[str, ColumnElement[int]] = {
        f"q{n}": _count(tx, operator, ref, quota).label(f"q{n}") for n, quota in enumerate(operator.quotas.values())
    }
    pieces = {product.code: _pieces(tx, ref, product.code).label(f"p{n}") for n, product in enumerate(sold)}
    row = tx.execute(select(*counts.values(), *pieces.values())).one()
    registered = row[: len(counts)]
    bought = dict(zip(pieces, row[len(counts) :], strict=True))
    return {
        name: QuotaStand(
            quota,
            registered=registered[n],
            base=quota.base_of(ref.plan),
            added=sum(bought[product.code] * product.adds.get(name, 0) for product in sold),
            raisable=any(name in product.adds for product in sold),
        )
        for n, (name, quota) in enumerate(operator.quotas.items())
    }


def _count(tx: Tx, operator: Operator, ref: ContractRef, quota: Quota) -> ColumnElement[int]:
    if quota.counts == "sub-accounts":
        if operator.sub_accounts is None:
            return literal(0)
        return _scalar(
            select(func.count())
            .select_from(Account)
            .where(
                Account.tenant_id == tx.tenant,
                Account.customer_id == ref.customer_id,
                Account.role.in_(list(operator.sub_accounts.roles)),
                Account.status != "closed",
            )
            .scalar_subquery()
        )
    return _scalar(
        select(func.count())
        .select_from(Resource)
        .where(
            Resource.tenant_id == tx.tenant,
            Resource.contract_id == ref.id,
            Resource.kind == quota.counts,
            Resource.own,
            Resource.ended_at.is_(None),
        )
        .scalar_subquery()
    )


def _pieces(tx: Tx, ref: ContractRef, product: str) -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(Subscription)
        .where(
            Subscription.tenant_id == tx.tenant,
            Subscription.contract_id == ref.id,
            Subscription.product == product,
            Subscription.ended_at.is_(None),
        )
        .scalar_subquery()
    )


def _scalar(found: ScalarSelect[int]) -> ColumnElement[int]:
    return found
