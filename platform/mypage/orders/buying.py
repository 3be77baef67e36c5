"""A customer buys or ends a product: everything is decided again under the contract's lock, then done in one unit."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mypage.billing.tax import TaxMode
from mypage.contracts.reaching import ContractRef, lock_contract, reach_contract
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.products import ProductPage
from mypage.operators.operator import Operator
from mypage.orders.consents import Wording, keep_wording
from mypage.orders.errors import AlreadyHeld, CannotBuy, NoConsent, NotHeld, PriceChanged
from mypage.orders.holders import AccountHolder, reach_holder
from mypage.orders.offers import Offer, held_by_accounts, list_offers, offer_of
from mypage.orders.placing import add, end
from mypage.orders.preview import Ahead, ahead_of_buying, ahead_of_ending, mark_of
from mypage.orders.telling import tell
from mypage.orders.values import Placed

Action = Literal["buy", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was chosen and shown: page, product, for whom, buying or ending.

    `bills`: the mark of the bills ahead that were shown before the last step. `consented` is the mark of the wording
    that was ticked, "" for none; `language` the one in which it was read.
    """

    page: ProductPage
    product: str
    action: Action
    account_id: uuid.UUID | None
    bills: str = ""
    consented: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """How it stands with a wish now."""

    ref: ContractRef
    account: AccountHolder | None
    offer: Offer


def situation(tx: Tx, operator: Operator, principal: Principal, wish: Wish) -> Situation:
    """The contract, the account and the offer of a wish. Raises NotFound."""
    ref = reach_contract(tx, principal)
    account = None
    if held_by_accounts(operator, wish.page):
        account = reach_holder(tx, operator, principal, wish.page.permission, wish.account_id or uuid.UUID(int=0))
    offers = list_offers(tx, operator, principal, wish.page, ref, account)
    return Situation(ref, account, offer_of(offers, wish.product))


def check(wish: Wish, offer: Offer, wording: Wording | None) -> None:
    """Whether a wish can be fulfilled as things stand.

    Raises AlreadyHeld, CannotBuy, NotHeld and NoConsent.
    """
    if wish.action == "end":
        if offer.holding is None:
            raise NotHeld
        if offer.paper:
            raise CannotBuy("paper")
        if not offer.can_end:
            raise CannotBuy("not-yours" if offer.product.online_end else "not-online")
        return
    if offer.refusal == "held":
        raise AlreadyHeld
    if offer.refusal:
        raise CannotBuy(offer.refusal)
    if wording is not None and wish.consented != wording.mark:
        raise NoConsent


def bills_ahead(action: Action, offer: Offer, at: datetime, mode: TaxMode) -> tuple[Ahead, ...]:
    """The bills of a wish that `check` lets pass, if it is fulfilled at that time."""
    if action == "buy":
        return ahead_of_buying(offer.product, offer.mine, at, again=offer.again, mode=mode)
    assert offer.holding is not None
    return ahead_of_ending(offer.product, offer.holding, offer.mine, at, mode=mode)


def fulfil(
    tx: Tx,
    vault: Vault,
    operator: Operator,
    principal: Principal,
    wish: Wish,
    wording: Wording | None,
    *,
    mode: TaxMode,
    language: str,
) -> Mapping[str, Any]:
    """Place the order, tell the account's address, and return what the completion page needs.

    Raises what `check` and `situation` raise, and PriceChanged when the bills would be others than those shown: another
    price, the fee of a repetition, or another month since; nothing has happened then.
    """
    lock_contract(tx, reach_contract(tx, principal))
    now = situation(tx, operator, principal, wish)
    check(wish, now.offer, wording)
    if wish.bills != mark_of(bills_ahead(wish.action, now.offer, tx.now(), mode)):
        raise PriceChanged
    product, placed = now.offer.product, Placed.by(principal)
    account_id = now.account.id if now.account else None
    if wish.action == "buy":
        consent = keep_wording(tx, product, wording) if wording else None
        order = add(
            tx, operator, now.ref, product, account_id=account_id, placed=placed, consent_id=consent, vault=vault
        )
        number, waiting = order.number, order.state != "completed"
    else:
        assert now.offer.holding is not None
        number, waiting = end(tx, operator, now.ref, now.offer.holding, placed=placed).order_number, False
    told = tell(tx, vault, product, wish.action, now.account, number=number, language=language, waiting=waiting)
    return {
        "number": number,
        "slug": wish.page.slug,
        "product": product.code,
        "action": wish.action,
        "account": str(account_id) if account_id else "",
        "login": now.account.login_id if now.account else "",
        "address": told,
        "again": now.offer.again and wish.action == "buy",
        "day": tx.today().isoformat(),
    }
