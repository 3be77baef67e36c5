"""The overview of a customer: contract, quotas, purchases, accounts with what they have (UCOM-47 to UCOM-55).

Who reaches the own account alone is told of no other, and of the contract nothing but its products (UCOM-167).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from mypage.contracts.reaching import ContractRef
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.permissions import ACCOUNT_READ
from mypage.hooks.products import Product, ProductPage
from mypage.operators.operator import Operator
from mypage.orders.quotas import QuotaStand
from mypage.subaccounts.accounts import SubAccount
from mypage.subaccounts.mailboxes import Held
from mypage.subaccounts.overview_reads import find, quota_stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """All that the overview shows. `ref` is None without a living contract: then nothing can be bought or counted.

    `held` are pairs of holder (contract or account) and product. `whole`: the principal reaches every account.
    """

    ref: ContractRef | None
    whole: bool
    accounts: tuple[SubAccount, ...]
    resources: Mapping[uuid.UUID, tuple[Held, ...]]
    held: frozenset[tuple[uuid.UUID, str]]
    quotas: Mapping[str, QuotaStand]


def overview(tx: Tx, operator: Operator, principal: Principal) -> Stand:
    """Read it all, in one round trip."""
    whole = principal.may_for_all(ACCOUNT_READ)
    found = find(tx, operator, principal.customer_id)
    accounts = tuple(account for account in found.accounts if whole or account.id == principal.account_id)
    resources: dict[uuid.UUID, tuple[Held, ...]] = {account.id: () for account in accounts}
    for row in found.resources:
        if row.account_id in resources:
            resources[row.account_id] += (Held(row.id, row.account_id, row.kind, row.value, row.own),)
    return Stand(
        ref=found.contract,
        whole=whole,
        accounts=accounts,
        resources=resources,
        held=frozenset((row.holder_id, row.product) for row in found.held),
        quotas=quota_stands(operator, found) if whole else {},
    )


def shown_products(
    operator: Operator, page: ProductPage, stand: Stand, holder_id: uuid.UUID
) -> tuple[tuple[Product, bool], ...]:
    """The products of a page that somebody holds or may buy, each with whether it is held."""
    assert stand.ref is not None
    found = []
    for code in page.products:
        product = operator.products[code]
        has = (holder_id, code) in stand.held
        offered = product.sold and (not product.plans or stand.ref.plan in product.plans)
        if has or offered:
            found.append((product, has))
    return tuple(found)
