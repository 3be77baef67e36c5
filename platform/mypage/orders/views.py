"""From offers, wishes and orders to what the pages show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mypage.auth.pages import Link
from mypage.billing.tax import TaxMode
from mypage.forms.choices import TickField
from mypage.forms.form import PortalForm
from mypage.hooks.permissions import ACCOUNT_MANAGE, CARD_CHANGE, MAILBOX_CHANGE
from mypage.hooks.prices import UnitPrice
from mypage.hooks.products import Product, ProductPage
from mypage.orders.consents import wording
from mypage.orders.history import PlacedOrder
from mypage.orders.holders import AccountHolder, list_holders
from mypage.orders.offers import Offer, Refusal
from mypage.orders.pages import (
    AccountChoice,
    Fee,
    HoldingsPage,
    LicenceRow,
    OptionPage,
    OrderRow,
    ProductCard,
)
from mypage.orders.preview import amount_of, monthly_net
from mypage.web.request import PortalRequest

_REFUSED: Mapping[Refusal, str] = {
    "ending": "The end of your contract was accepted. Nothing can be changed any more.",
    "not-yours": "You cannot buy this with the login that you use now.",
    "mail-address": "A mail address is needed first. Please register one for this account.",
    "payment-none": "A credit card is needed first. Please register one.",
    "payment-expired": "Your credit card has expired. Please register the new one first.",
    "payment-review": "Your credit card is being checked. You can buy this once that is done.",
}


def mode_of(rq: PortalRequest) -> TaxMode:
    """How the tenant rounds taxes."""
    return TaxMode(rq.tenant.settings.tax_mode)


def fees_of(rq: PortalRequest, words: ProductPage, product: Product, *, again: bool) -> tuple[Fee, ...]:
    """The monthly price, and the one-off fees that this purchase costs, each in a row of its own (UCOM-138)."""
    price, mode = product.price, mode_of(rq)
    found = [Fee(words.price_label, amount_of(monthly_net(price), price.rate_bp, mode))]
    if isinstance(price, UnitPrice) and price.once:
        found.append(Fee(product.once_label, amount_of(price.once, price.rate_bp, mode), once=True))
    if again and (fee := again_fee(rq, product)):
        found.append(fee)
    return tuple(found)


def again_fee(rq: PortalRequest, product: Product) -> Fee | None:
    """What buying a product again costs besides; None when it costs nothing."""
    price = product.price
    if not isinstance(price, UnitPrice) or not price.again:
        return None
    return Fee(product.again_label, amount_of(price.again, price.rate_bp, mode_of(rq)), once=True)


def choose_page(
    rq: PortalRequest,
    words: ProductPage,
    offers: tuple[Offer, ...],
    holders: tuple[AccountHolder, ...],
    account: AccountHolder | None,
    *,
    wrong: PortalForm | None = None,
    wrong_code: str = "",
) -> OptionPage:
    """The page with one card per product. `wrong` is the form of `wrong_code` that was refused."""
    return OptionPage(
        words=words,
        cards=tuple(
            _card(rq, words, offer, account, wrong if offer.product.code == wrong_code else None) for offer in offers
        ),
        accounts=choices(holders, account),
        account_id=str(account.id) if account else "",
        action_url=rq.href("option", slug=words.slug),
        holdings_url=holdings_url(rq, words, account),
        orders_url=rq.href("orders"),
        register_url=_accounts_url(rq),
        form=wrong,
    )


def consent_form(rq: PortalRequest, product: Product, data: Any) -> PortalForm:
    """The tick of one product; its names carry the product, for several stand on one page."""
    fields = {"consent": TickField(product.consent)} if product.consent else {}
    return PortalForm(fields, data, t=rq.t, prefix=product.code)


def choices(holders: tuple[AccountHolder, ...], account: AccountHolder | None) -> tuple[AccountChoice, ...]:
    """The accounts of the selector."""
    return tuple(AccountChoice(str(h.id), h.login_id, account is not None and h.id == account.id) for h in holders)


def holders_of(rq: PortalRequest, words: ProductPage) -> tuple[AccountHolder, ...]:
    """The accounts that the page's permission reaches."""
    return list_holders(rq.tx, rq.operator, rq.principal, words.permission)


def holdings_page(
    rq: PortalRequest,
    words: ProductPage,
    offers: tuple[Offer, ...],
    holders: tuple[AccountHolder, ...],
    account: AccountHolder | None,
    pins: Mapping[str, str],
) -> HoldingsPage:
    """What is held, with the PINs that were just asked for."""
    return HoldingsPage(
        words=words,
        rows=tuple(
            LicenceRow(
                code=offer.product.code,
                name=offer.product.name,
                held=offer.holding is not None,
                licence=offer.product.licence if offer.holding else None,
                pin=pins.get(offer.product.code, ""),
                waiting=offer.holding is not None and not offer.holding.has_pin,
            )
            for offer in offers
        ),
        accounts=choices(holders, account),
        account_id=str(account.id) if account else "",
        action_url=rq.href("option-holdings", slug=words.slug),
        pin_url=rq.href("option-pin", slug=words.slug),
        page_url=rq.href("option", slug=words.slug, account=account.id if account else None),
        register_url=_accounts_url(rq),
    )


def holdings_url(rq: PortalRequest, words: ProductPage, account: AccountHolder | None) -> str:
    """The page with licences of an account; "" where there is none."""
    if not words.holdings_title:
        return ""
    return rq.href("option-holdings", slug=words.slug, account=account.id if account else None)


def order_row(rq: PortalRequest, order: PlacedOrder) -> OrderRow:
    """An order in the operator's words."""
    product = rq.operator.products.get(order.product)
    page = next((p for p in rq.operator.product_pages.values() if order.product in p.products), None)
    words = {"add": page.buy if page else "Buy", "end": page.end if page else "End"}
    accounts = rq.operator.sub_accounts
    role = accounts.roles.get(order.placed_role, "") if accounts else ""
    return OrderRow(
        number=order.number,
        product=product.name if product else order.product,
        action=words[order.action],
        subject=order.subject,
        placed_at=order.placed_at,
        effective_on=order.effective_on,
        state=order.state,
        by=f"{order.placed_login} ({rq.t(role)})" if role and order.placed_login else order.placed_login,
        why="" if order.cause == "customer" else order.cause,
    )


def _card(
    rq: PortalRequest, words: ProductPage, offer: Offer, account: AccountHolder | None, wrong: PortalForm | None
) -> ProductCard:
    product, held = offer.product, offer.holding is not None
    act = "end" if offer.can_end else "buy" if not held and not offer.refusal else ""
    shown = wording(product, rq.t, rq.locale)
    form = wrong or consent_form(rq, product, None)
    return ProductCard(
        code=product.code,
        name=product.name,
        held=held,
        fees=fees_of(rq, words, product, again=offer.again and not held),
        description=product.description,
        while_held=product.while_held if held else None,
        terms=product.terms if not held else (),
        act=act,
        other_act=("buy" if held else "end") if words.both_buttons else "",
        consent=form["consent"] if act == "buy" and shown else None,
        terms_mark=shown.mark if act == "buy" and shown else "",
        refusal=_why_not(rq, offer),
        refusal_link=_way_out(rq, offer.refusal, account),
        no_end=product.no_end if held and not product.online_end else "",
    )


def _why_not(rq: PortalRequest, offer: Offer) -> str:
    if not offer.paper:
        return _REFUSED.get(offer.refusal, "")
    return rq.t(
        "Your application on paper (%(paper)s) is under way. Until it is settled, nothing can be bought or ended here.",
        paper=rq.t(offer.paper),
    )


def _way_out(rq: PortalRequest, refusal: Refusal, account: AccountHolder | None) -> Link | None:
    if refusal == "mail-address" and account is not None and "mailboxes" in rq.operator.capabilities:
        if rq.principal.may(MAILBOX_CHANGE):
            return Link(rq.t("Register a mail address"), rq.href("accounts-mail", account_id=account.id))
    elif refusal in ("payment-none", "payment-expired", "payment-review") and rq.principal.may(CARD_CHANGE):
        return Link(rq.t(rq.operator.card_change.title), rq.href("card"))
    return None


def _accounts_url(rq: PortalRequest) -> str:
    """Where an account is registered, for those who may."""
    there = "sub-accounts" in rq.operator.capabilities and rq.principal.may(ACCOUNT_MANAGE)
    return rq.href("accounts") if there else ""
