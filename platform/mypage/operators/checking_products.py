"""What an operator's products, pages, quotas and accounts say of each other."""

from __future__ import annotations

import re
from collections.abc import Collection

from mypage.hooks.prices import UnitPrice
from mypage.hooks.products import Product, ProductPage
from mypage.operators.checking_base import Wrong, check_places
from mypage.operators.operator import Operator

_OF_PAGE = frozenset({"option", "option-holdings"})
"""Routes that lead to the page's own places: their parameters are known."""
_SLUG = re.compile(r"[a-z0-9-]+")


def check_products(operator: Operator, linked: Collection[str], wrong: Wrong) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""
    for page in operator.product_pages.values():
        _check_page(operator, page, linked, wrong)
    shown = {code for page in operator.product_pages.values() for code in page.products}
    for product in operator.products.values():
        if product.sold and product.code not in shown:
            raise wrong(
                "product_items", f"{product.code!r} is sold, but stands on no page; name it in product_page_items"
            )
        _check_product(operator, product, wrong)
    _check_accounts(operator, wrong)


def _check_page(operator: Operator, page: ProductPage, linked: Collection[str], wrong: Wrong) -> None:
    if not _SLUG.fullmatch(page.slug):
        raise wrong("product_page_items", f"slug {page.slug!r} may hold small letters, digits and hyphens only")
    if not page.products:
        raise wrong("product_page_items", f"page {page.slug!r} has no products; name them")
    for code in page.products:
        if code not in operator.products:
            raise wrong("product_page_items", f"page {page.slug!r} names product {code!r}, which does not exist")
    if len({operator.products[code].holder for code in page.products}) > 1:
        raise wrong("product_page_items", f"page {page.slug!r} mixes products of contracts and of accounts")
    _check_sentences(page, linked, wrong)


def _check_product(operator: Operator, product: Product, wrong: Wrong) -> None:
    _check_price(product, wrong)
    if "mail-address" in product.needs and product.holder != "account":
        raise wrong("product_items", f"{product.code!r} needs a mail address, but is held by no account")
    if bool(product.terms) and not product.consent:
        raise wrong("product_items", f"{product.code!r} has terms without a tick; give consent")
    named = {*product.adds, *(product.auto_end.quotas if product.auto_end else ())}
    if strange := named - set(operator.quotas):
        raise wrong("product_items", f"{product.code!r} names quota {min(strange)!r}, which does not exist")


def _check_price(product: Product, wrong: Wrong) -> None:
    price = product.price
    if not isinstance(price, UnitPrice):
        return
    for fee, label in (("once", product.once_label), ("again", product.again_label)):
        if getattr(price, fee) and not label:
            raise wrong("product_items", f"{product.code!r} has a fee {fee!r} without a name; give {fee}_label")


def _check_sentences(page: ProductPage, linked: Collection[str], wrong: Wrong) -> None:
    for sentence in (*page.bought, *page.ended):
        if sentence.route and sentence.route not in linked and not (sentence.params or sentence.route in _OF_PAGE):
            raise wrong(
                "product_page_items", f"page {page.slug!r} names route {sentence.route!r}, which no link can lead to"
            )
        check_places("product_page_items", sentence.text, ("address",), wrong)


def _check_accounts(operator: Operator, wrong: Wrong) -> None:
    for hook, item in (("sub_account_items", operator.sub_accounts), ("mailbox_items", operator.mailboxes)):
        if item is not None and item.quota and item.quota not in operator.quotas:
            raise wrong(hook, f"quota {item.quota!r} does not exist; declare it in quota_items")
    accounts = operator.sub_accounts
    if accounts is not None:
        if accounts.scheme not in operator.schemes:
            raise wrong("sub_account_items", f"there is no login scheme {accounts.scheme!r}")
        for role in accounts.roles:
            if role not in operator.permissions.roles:
                raise wrong("sub_account_items", f"role {role!r} has no permissions; see permission_policy")
    if operator.mailboxes is not None and accounts is None:
        raise wrong("mailbox_items", "mail addresses belong to sub-accounts; declare sub_account_items")
