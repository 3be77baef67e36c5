"""What the overview and the mail addresses of an operator say of its products, pages and routes."""

from __future__ import annotations

from collections.abc import Collection

from mypage.operators.checking_base import Wrong, check_places
from mypage.operators.operator import Operator


def check_overview(operator: Operator, linked: Collection[str], wrong: Wrong) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""
    words = operator.overview
    options = (*words.options, *words.account_options)
    for slug in (*(option.page for option in options), *(block.page for block in words.blocks)):
        if slug not in operator.product_pages:
            raise wrong("overview_policy", f"there is no page of products {slug!r}; see product_page_items")
    for block in words.blocks:
        for code in operator.product_pages[block.page].products:
            if operator.products[code].holder != "account":
                raise wrong("overview_policy", f"{code!r} is a contract's and cannot stand with an account")
    for entry in (words.secret, words.space):
        if entry is not None and entry.route not in linked and not entry.params:
            raise wrong("overview_policy", f"{entry.label!r} names route {entry.route!r}, which no link can lead to")
    for text in (words.hint_title, words.hint):
        check_places("overview_policy", text, ("count", "accounts"), wrong)
    _check_mailboxes(operator, linked, wrong)


def _check_mailboxes(operator: Operator, linked: Collection[str], wrong: Wrong) -> None:
    boxes = operator.mailboxes
    if boxes is None:
        return
    if boxes.buy_page and boxes.buy_page not in operator.product_pages:
        raise wrong("mailbox_items", f"there is no page of products {boxes.buy_page!r}; see product_page_items")
    for sentence in (*boxes.done_own, *boxes.done_other):
        check_places("mailbox_items", sentence.text, ("address",), wrong)
        if sentence.route and sentence.route not in linked and not sentence.params:
            raise wrong("mailbox_items", f"{sentence.text!r} names route {sentence.route!r}, which does not exist")
