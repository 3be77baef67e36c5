"""The confirm and the completion page of an order."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from mypage.auth.pages import LinkSentence
from mypage.hooks.products import Product, ProductPage, Sentence
from mypage.orders.buying import Situation, Wish, bills_ahead
from mypage.orders.history import order_state
from mypage.orders.pages import OptionConfirmPage, OptionDonePage, OrderRows
from mypage.orders.preview import amount_of, mark_of, monthly_net
from mypage.orders.states import FINAL
from mypage.orders.views import again_fee, fees_of, mode_of
from mypage.web.request import PortalRequest


def confirm_page(rq: PortalRequest, wish: Wish, now: Situation, draft_id: uuid.UUID) -> OptionConfirmPage:
    """The rows, the bills ahead, and what cannot be taken back."""
    words, product, offer = wish.page, now.offer.product, now.offer
    ending = wish.action == "end"
    mode = mode_of(rq)
    ahead = bills_ahead(wish.action, offer, rq.clock.now(), mode)
    account = now.account.login_id if now.account else ""
    return OptionConfirmPage(
        words=words,
        title=(words.end_titles if ending else words.buy_titles)[1],
        rows=order_rows(rq, words, product, account, wish.action, again=offer.again and not ending, day=rq.today),
        ending=ending,
        ahead=ahead,
        months=product.price.months,
        monthly=amount_of(monthly_net(product.price), product.price.rate_bp, mode),
        again=again_fee(rq, product),
        once_label=product.once_label,
        notes=product.end_notes if ending else (),
        action_url=rq.href("option-confirm", slug=words.slug),
        back_url=rq.href("option", slug=words.slug, account=now.account.id if now.account else None),
        operation_id=str(draft_id),
        shown_bills=mark_of(ahead),
    )


def done_page(rq: PortalRequest, words: ProductPage, product: Product, done: Mapping[str, Any]) -> OptionDonePage:
    """What was ordered, from the result of the operation, and how far that is now."""
    ending = done["action"] == "end"
    account = done["account"] or None
    state = order_state(rq.tx, rq.principal, done["number"])
    return OptionDonePage(
        words=words,
        title=(words.end_titles if ending else words.buy_titles)[2],
        said=_said(rq, words, words.ended if ending else words.bought, done["address"], account),
        rows=order_rows(
            rq, words, product, done["login"], done["action"], again=done["again"], day=date.fromisoformat(done["day"])
        ),
        ending=ending,
        state=state,
        over=state in FINAL,
        number=done["number"],
        page_url=rq.href("option", slug=words.slug, account=account),
        orders_url=rq.href("orders"),
    )


def order_rows(
    rq: PortalRequest, words: ProductPage, product: Product, account: str, action: str, *, again: bool, day: date
) -> OrderRows:
    """The rows that the confirm and the completion page share."""
    return OrderRows(
        words=words,
        account=account,
        product=product.name,
        action=words.end if action == "end" else words.buy,
        fees=fees_of(rq, words, product, again=again),
        day=day,
        description=product.description,
    )


def _said(
    rq: PortalRequest, words: ProductPage, sentences: tuple[Sentence, ...], address: str, account: str | None
) -> tuple[LinkSentence, ...]:
    said: list[LinkSentence] = []
    for sentence in sentences:
        needs_address = "%(address)s" in sentence.text
        if (needs_address and not address) or (sentence.permission and not rq.principal.may(sentence.permission)):
            continue
        text = rq.t(sentence.text, address=address)
        if not sentence.route:
            said.append(LinkSentence(text, "", "", ""))
            continue
        own = {"slug": words.slug, "account": account} if sentence.route in ("option", "option-holdings") else {}
        said.append(LinkSentence.of(text, rq.href(sentence.route, **own, **sentence.params)))
    return tuple(said)
