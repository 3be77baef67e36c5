"""Products that end without being ended: their account is deleted, or what they were bought for falls to its base.

Callers hold `contracts.reaching.lock_contract` and do all of it in one unit (UCOM-77, UCOM-78, UCOM-152 to UCOM-155).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from sqlalchemy import select

from mypage.contracts.models import Contract, Subscription
from mypage.contracts.reaching import ContractRef
from mypage.db.session import Tx
from mypage.hooks.products import Product
from mypage.operators.operator import Operator
from mypage.orders.holdings import holdings, product_of
from mypage.orders.placing import end
from mypage.orders.quotas import QuotaStand, standing
from mypage.orders.values import Cause, Ended, Holding, Placed


def would_fall(tx: Tx, operator: Operator, ref: ContractRef, losses: Mapping[str, int]) -> tuple[Product, ...]:
    """The products that would end by themselves if that many pieces of the named quotas went. Changes nothing.

    For confirm pages, before the pieces are gone; products of the contract only.
    """
    if not _watched(operator, losses):
        return ()
    stands = standing(tx, operator, ref)
    left = {name: stand.registered - losses.get(name, 0) for name, stand in stands.items()}
    return tuple(product_of(operator, h) for h in _fallen(tx, operator, ref, losses, stands, left))


def end_fallen(
    tx: Tx, operator: Operator, ref: ContractRef, losses: Mapping[str, int], placed: Placed
) -> tuple[Ended, ...]:
    """End what falls with these losses; call it after the pieces are gone, in the same unit.

    Only a fall ends something: a count that is at its base and stays there does not (UCOM-154).
    """
    if not _watched(operator, losses):
        return ()
    stands = standing(tx, operator, ref)
    left = {name: stand.registered for name, stand in stands.items()}
    return _end_all(tx, operator, ref, _fallen(tx, operator, ref, losses, stands, left), placed, "quota-fell")


def end_of_account(
    tx: Tx, operator: Operator, ref: ContractRef, account_id: uuid.UUID, placed: Placed
) -> tuple[Ended, ...]:
    """End everything that an account holds, because the account is deleted (UCOM-77).

    In every contract of the customer: nobody could end it later.
    """
    return tuple(
        ended
        for each in _contracts_of(tx, ref, account_id)
        for ended in _end_all(tx, operator, each, _held(tx, each, account_id), placed, "account-deleted")
    )


def held_by_account(tx: Tx, operator: Operator, ref: ContractRef, account_id: uuid.UUID) -> tuple[Product, ...]:
    """What `end_of_account` would end, for the page before."""
    contracts = _contracts_of(tx, ref, account_id)
    return tuple(product_of(operator, h) for each in contracts for h in _held(tx, each, account_id))


def _contracts_of(tx: Tx, ref: ContractRef, account_id: uuid.UUID) -> list[ContractRef]:
    """The contracts of the customer in which the account holds something."""
    holds = select(Subscription.contract_id).where(
        Subscription.tenant_id == tx.tenant,
        Subscription.customer_id == ref.customer_id,
        Subscription.account_id == account_id,
        Subscription.ended_at.is_(None),
    )
    rows = tx.execute(
        select(Contract.id, Contract.number, Contract.plan, Contract.name, Contract.status, Contract.customer_id)
        .where(Contract.tenant_id == tx.tenant, Contract.id.in_(holds))
        .order_by(Contract.number_key, Contract.id)
    )
    return [ContractRef(*row) for row in rows]


def _held(tx: Tx, ref: ContractRef, account_id: uuid.UUID) -> list[Holding]:
    return [h for h in holdings(tx, ref) if h.active and h.account_id == account_id]


def _watched(operator: Operator, losses: Mapping[str, int]) -> bool:
    lost = {name for name, count in losses.items() if count > 0}
    return any(p.auto_end is not None and lost & set(p.auto_end.quotas) for p in operator.products.values())


def _fallen(
    tx: Tx,
    operator: Operator,
    ref: ContractRef,
    losses: Mapping[str, int],
    stands: Mapping[str, QuotaStand],
    left: Mapping[str, int],
) -> list[Holding]:
    return [
        h
        for h in holdings(tx, ref)
        if h.active and h.account_id is None and _falls(product_of(operator, h), losses, stands, left)
    ]


def _falls(
    product: Product, losses: Mapping[str, int], stands: Mapping[str, QuotaStand], left: Mapping[str, int]
) -> bool:
    rule = product.auto_end
    if rule is None or not any(losses.get(name, 0) > 0 for name in rule.quotas):
        return False
    return all(left[name] <= stands[name].base for name in rule.quotas)


def _end_all(
    tx: Tx, operator: Operator, ref: ContractRef, ending: Iterable[Holding], placed: Placed, cause: Cause
) -> tuple[Ended, ...]:
    return tuple(end(tx, operator, ref, h, placed=placed, cause=cause) for h in ending)
