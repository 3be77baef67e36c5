"""What a page of products offers to somebody, and what forbids it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal

from mypage.billing.standing import payment_standing
from mypage.contracts.papers import running_kinds
from mypage.contracts.reaching import ContractRef
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.products import Product, ProductPage
from mypage.lib.errors import NotAllowed, NotFound
from mypage.operators.operator import Operator
from mypage.orders.holders import AccountHolder
from mypage.orders.holdings import holdings
from mypage.orders.values import Holding

Refusal = Literal[
    "", "held", "paper", "ending", "not-yours", "mail-address", "payment-none", "payment-expired", "payment-review"
]  # fmt: skip
"""Why something cannot be bought now; "" when it can."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A product for one holder: what of it is held, what was held before, whether it can be bought or ended.

    `paper` is what an application on paper is called that runs and stops both, "" for none.
    """

    product: Product
    holding: Holding | None
    mine: tuple[Holding, ...]
    refusal: Refusal
    can_end: bool
    paper: str = ""

    @property
    def again(self) -> bool:
        """Whether buying it would be a repetition, which may cost a fee (UCOM-151)."""
        return any(not h.active for h in self.mine)


def reach_page(operator: Operator, principal: Principal, slug: str) -> ProductPage:
    """A page of products by its slug. Raises NotFound; NotAllowed without the page's permission."""
    page = operator.product_pages.get(slug)
    if page is None:
        raise NotFound
    if not principal.may(page.permission):
        raise NotAllowed
    return page


def held_by_accounts(operator: Operator, page: ProductPage) -> bool:
    """Whether the page's products are those of accounts; a page never mixes both."""
    return any(operator.products[code].holder == "account" for code in page.products)


def list_offers(
    tx: Tx,
    operator: Operator,
    principal: Principal,
    page: ProductPage,
    ref: ContractRef,
    account: AccountHolder | None,
) -> tuple[Offer, ...]:
    """The page's products for the contract or the account, in the page's order.

    What the contract's plan is not offered is left out, unless it is held. Raises NotFound when nothing remains.
    """
    holder_id = account.id if account else ref.id
    every = holdings(tx, ref)
    offers: list[Offer] = []
    paper = running_paper(tx, operator, ref)
    standing = _payment(tx, operator, page, ref)
    for code in page.products:
        product = operator.products[code]
        mine = tuple(h for h in every if h.product == code and h.holder_id == holder_id)
        holding = next((h for h in mine if h.active), None)
        if holding is None and not is_offered(product, ref):
            continue
        reached = _reaches(principal, product, account.id if account else None)
        refusal = _refusal(product, holding, reached, account, standing)
        if paper and refusal != "held":
            refusal = "paper"
        if ref.ending and refusal != "held":
            refusal = "ending"
        can_end = holding is not None and product.online_end and reached and not paper and not ref.ending
        offers.append(Offer(product, holding, mine, refusal, can_end, paper))
    if not offers:
        raise NotFound
    return tuple(offers)


def running_paper(tx: Tx, operator: Operator, ref: ContractRef) -> str:
    """The name of an application on paper that stops buying and ending for the contract while it runs; "" for none."""
    running = running_kinds(tx, ref.id)
    return next((kind.label for kind in operator.desk.papers if kind.stops and kind.code in running), "")


def offer_of(offers: tuple[Offer, ...], code: str) -> Offer:
    """One of them. Raises NotFound."""
    found = next((offer for offer in offers if offer.product.code == code), None)
    if found is None:
        raise NotFound
    return found


def is_offered(product: Product, ref: ContractRef) -> bool:
    """Whether a contract of this plan is sold the product at all (UCOM-94)."""
    return product.sold and (not product.plans or ref.plan in product.plans)


def _reaches(principal: Principal, product: Product, account_id: uuid.UUID | None) -> bool:
    if account_id is None:
        return principal.may(product.permission)
    return principal.reaches(product.permission, account_id)


def _payment(tx: Tx, operator: Operator, page: ProductPage, ref: ContractRef) -> Refusal:
    if not any("payment" in operator.products[code].needs for code in page.products):
        return ""
    match payment_standing(tx, ref.customer_id):
        case "valid":
            return ""
        case "expired":
            return "payment-expired"
        case "review":
            return "payment-review"
    return "payment-none"


def _refusal(
    product: Product, holding: Holding | None, reached: bool, account: AccountHolder | None, payment: Refusal
) -> Refusal:
    if holding is not None:
        return "held"
    if not reached:
        return "not-yours"
    if "mail-address" in product.needs and (account is None or not account.mail):
        return "mail-address"
    return payment if "payment" in product.needs else ""
