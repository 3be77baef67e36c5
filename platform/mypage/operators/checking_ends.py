"""Whatever is sold online has an end online, or says why not and how it ends: `mypage check` fails otherwise.

電気通信事業法施行規則 第22条の2の13の2 第1号 wants consumers to be able to end their contracts without delay. Options
that a contract has and that its end online does not reach are looked at in `checking_terminations`.
"""

from __future__ import annotations

from mypage.hooks.slots import Slots
from mypage.operators.checking_base import Wrong
from mypage.operators.operator import Operator


def check_ends(operator: Operator, wrong: Wrong) -> None:
    """Raises OperatorError with one line that says where, what, and how to mend it."""
    for product in operator.products.values():
        if product.sold and not product.online_end and not product.no_end:
            raise wrong("product_items", f"{product.code!r} cannot be ended online and does not say why; give no_end")
    for slots in operator.slots.values():
        _check_places(operator, slots, wrong)


def _check_places(operator: Operator, slots: Slots, wrong: Wrong) -> None:
    """Places are emptied by "remove", and their options go by "change" or with the place."""
    if "remove" in slots.actions:
        return
    bought = [slots.product] if "add" in slots.actions else []
    if "change" not in slots.actions and bought:
        bought += [option.product for option in slots.options]
    for code in bought:
        product = operator.products.get(code)
        if product is not None and not product.no_end:
            how = f"add 'remove' to the actions of {slots.code!r}, or give product_items {code!r} no_end"
            raise wrong("slot_items", f"{code!r} is sold in places that cannot be emptied online; {how}")
