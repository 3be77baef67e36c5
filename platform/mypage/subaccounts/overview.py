"""The overview of a customer: contract, quotas, purchases, accounts with what they have. Few statements, however many.

Who reaches the own account alone is told of no other, and of the contract nothing but its products (UCOM-167).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from mypage.contracts.reaching import ContractRef, reach_contract
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.permissions import ACCOUNT_READ
from mypage.hooks.products import Product, ProductPage
from mypage.lib.errors import NotFound
from mypage.operators.operator import Operator
from mypage.orders.holdings import holdings
from mypage.orders.quotas import QuotaStand, standing
from mypage.subaccounts.accounts import SubAccount, list_accounts
from mypage.subaccounts.mailboxes import Held, resources_in


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
    """Read it all: five statements at most."""
    whole = principal.may_for_all(ACCOUNT_READ)
    try:
        ref = reach_contract(tx, principal)
    except NotFound:
        ref = None
    accounts = list_accounts(tx, operator, principal)
    resources: dict[uuid.UUID, tuple[Held, ...]] = {account.id: () for account in accounts}
    for each in resources_in(tx, principal.customer_id) if accounts else ():
        if each.account_id in resources:
            resources[each.account_id] += (each,)
    return Stand(
        ref=ref,
        whole=whole,
        accounts=accounts,
        resources=resources,
        held=frozenset((h.holder_id, h.product) for h in holdings(tx, ref) if h.active) if ref else frozenset(),
        quotas=standing(tx, operator, ref) if ref and whole else {},
    )


def shown_products(
    operator: Operator, page: ProductPage, stand: Stand, holder_id: uuid.UUID
) -> tuple[tuple[Product, bool], ...]:
    """The products of a page that somebody holds or may buy, each with whether it is held.

    Of those that one contract is never offered together, the one that is held stands alone.
    """
    assert stand.ref is not None
    found = []
    for code in page.products:
        product = operator.products[code]
        has = (holder_id, code) in stand.held
        offered = product.sold and (not product.plans or stand.ref.plan in product.plans)
        if has or offered:
            found.append((product, has))
    return tuple(found)
