"""Whatever is sold online has an end online or says how it ends; the commands that check it fail with one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mypage.operators.checking import check_operator
from mypage.operators.operator import Operator, OperatorError
from mypage.server.routes import all_routes

ROUTES = {route.name: route.permission for route in all_routes()}


def with_places(nagi: Operator, *actions: str, no_end: str = "") -> Operator:
    """The sample operator with other actions in its places, and words at the product of each."""
    places = replace(nagi.slots["berths"], actions=frozenset(actions))
    codes = {places.product, *(option.product for option in places.options)}
    products = {
        code: replace(product, no_end=no_end) if code in codes else product for code, product in nagi.products.items()
    }
    return replace(nagi, slots={"berths": places}, products=products)


@pytest.mark.req("OCN-119", "OCN-180")
@pytest.mark.parametrize("actions", [("add",), ("add", "change")])
def test_places_that_cannot_be_emptied_stop_the_start(nagi: Operator, actions: tuple[str, ...]) -> None:
    with pytest.raises(OperatorError) as caught:
        check_operator(with_places(nagi, *actions), ROUTES)
    told = str(caught.value)
    assert told.startswith("operator nagi: slot_items: 'berth' is sold in places that cannot be emptied online; ")
    assert "add 'remove' to the actions of 'berths', or give product_items 'berth' no_end" in told
    assert "\n" not in told
    check_operator(with_places(nagi, *actions, no_end="窓口でおわりにします。"), ROUTES)


@pytest.mark.parametrize("actions", [("add", "change", "remove"), ("add", "remove"), ("change",)])
def test_places_that_can_be_emptied_or_are_not_sold_are_in_order(nagi: Operator, actions: tuple[str, ...]) -> None:
    check_operator(with_places(nagi, *actions), ROUTES)


def test_a_product_without_an_end_says_why(ucom: Operator) -> None:
    code, product = next((code, each) for code, each in ucom.products.items() if each.sold and not each.online_end)
    broken = replace(ucom, products={**ucom.products, code: replace(product, no_end="")})
    with pytest.raises(OperatorError, match=f"operator ucom: product_items: '{code}' cannot be ended online and does"):
        check_operator(broken, ROUTES)
