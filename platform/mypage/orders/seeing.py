"""A page of products as one request sees it: for which account, and what is offered there."""

from __future__ import annotations

from dataclasses import dataclass

from mypage.contracts.reaching import reach_contract
from mypage.forms.drafts import draft_id_of
from mypage.hooks.products import ProductPage
from mypage.lib.errors import NotFound
from mypage.orders.holders import AccountHolder, reach_holder
from mypage.orders.offers import Offer, held_by_accounts, list_offers, reach_page
from mypage.orders.views import holders_of
from mypage.web.request import PortalRequest


@dataclass(frozen=True, slots=True)
class Seen:
    """A page of products as one request sees it."""

    words: ProductPage
    holders: tuple[AccountHolder, ...]
    account: AccountHolder | None
    offers: tuple[Offer, ...]


def see(rq: PortalRequest, account: str) -> Seen:
    """The page for the wanted account, one's own, or the first. Raises NotFound and NotAllowed."""
    words = reach_page(rq.operator, rq.principal, str(rq.params["slug"]))
    ref = reach_contract(rq.tx, rq.principal)
    if not held_by_accounts(rq.operator, words):
        return Seen(words, (), None, list_offers(rq.tx, rq.operator, rq.principal, words, ref, None))
    holders = holders_of(rq, words)
    chosen = _chosen(rq, words, holders, account)
    if chosen is None:
        return Seen(words, (), None, ())
    return Seen(words, holders, chosen, list_offers(rq.tx, rq.operator, rq.principal, words, ref, chosen))


def _chosen(
    rq: PortalRequest, words: ProductPage, holders: tuple[AccountHolder, ...], account: str
) -> AccountHolder | None:
    if account:
        wanted = draft_id_of(account)
        if wanted is None:
            raise NotFound
        return reach_holder(rq.tx, rq.operator, rq.principal, words.permission, wanted)
    own = next((holder for holder in holders if holder.id == rq.principal.account_id), None)
    return own or next(iter(holders), None)
