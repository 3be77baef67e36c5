"""What an operator's numbered places say of its products and of the words of their pages."""

from __future__ import annotations

from mypage.hooks.prices import TierPrice
from mypage.hooks.slots import Slots
from mypage.operators.checking_base import Wrong
from mypage.operators.checking_slot_pages import check_slot_consents, check_slot_page
from mypage.operators.operator import Operator


def check_slots(operator: Operator, wrong: Wrong) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""
    for slots in operator.slots.values():
        for code in (slots.product, *(option.product for option in slots.options)):
            _check_product(operator, slots, code, wrong)
        price = operator.products[slots.product].price
        if isinstance(price, TierPrice) and len(price.totals) <= slots.at_most:
            last = len(price.totals) - 1
            raise wrong(
                "slot_items", f"{slots.code!r} has {slots.at_most} places, but {slots.product!r} ends at {last}"
            )
    held = [code for slots in operator.slots.values() for code in (slots.product, *(o.product for o in slots.options))]
    if len(set(held)) != len(held):
        raise wrong("slot_items", "two kinds of places, or two options, have one product; give each its own")
    for slots in operator.slots.values():
        check_slot_consents(operator, slots, wrong)
    for page in operator.slot_pages.values():
        if page.code not in operator.slots:
            raise wrong("slot_page_items", f"there are no places {page.code!r}; declare them in slot_items")
        check_slot_page(operator, page, operator.slots[page.code], wrong)


def _check_product(operator: Operator, slots: Slots, code: str, wrong: Wrong) -> None:
    product = operator.products.get(code)
    if product is None:
        raise wrong("slot_items", f"{slots.code!r} names product {code!r}, which does not exist")
    if product.holder != "contract":
        raise wrong("slot_items", f"{slots.code!r}: product {code!r} has to be held by the contract")
    if product.sold:
        raise wrong("slot_items", f"{slots.code!r}: {code!r} comes with a place; say sold=False")
