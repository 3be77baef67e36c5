"""What an operator's products, pages, quotas and accounts say of each other."""

from __future__ import annotations

from collections.abc import Callable

from mypage.operators.operator import Operator, OperatorError

Wrong = Callable[[str, str], OperatorError]


def check_products(operator: Operator, wrong: Wrong) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""
    for page in operator.product_pages.values():
        for code in page.products:
            if code not in operator.products:
                raise wrong("product_page_items", f"page {page.slug!r} names product {code!r}, which does not exist")
        if len({operator.products[code].holder for code in page.products}) > 1:
            raise wrong("product_page_items", f"page {page.slug!r} mixes products of contracts and of accounts")
    shown = {code for page in operator.product_pages.values() for code in page.products}
    for product in operator.products.values():
        if product.sold and product.code not in shown:
            raise wrong(
                "product_items", f"{product.code!r} is sold, but stands on no page; name it in product_page_items"
            )
        if not product.online_end and not product.no_end and product.sold:
            raise wrong("product_items", f"{product.code!r} cannot be ended online and does not say why; give no_end")
        if bool(product.terms) and not product.consent:
            raise wrong("product_items", f"{product.code!r} has terms without a tick; give consent")
        named = {*product.adds, *(product.auto_end.quotas if product.auto_end else ())}
        if strange := named - set(operator.quotas):
            raise wrong("product_items", f"{product.code!r} names quota {min(strange)!r}, which does not exist")
    _check_accounts(operator, wrong)


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
