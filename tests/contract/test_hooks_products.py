"""The hooks about what is sold, on two operators, and what a contradiction is told at the start."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import sample_operator.plugin as nagi_plugin
from mypage.hooks.markers import hookimpl
from mypage.hooks.prices import ChargedMonths, TierPrice, UnitPrice
from mypage.hooks.products import AutoEnd, Product, ProductPage, Sentence
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.operator import Operator, OperatorError
from mypage.orders.consents import wording
from mypage.server.routes import all_routes


def test_hook_product_items(ucom: Operator, nagi: Operator, actv: Operator) -> None:
    assert (actv.products, "products" in actv.capabilities) == ({}, False)
    assert {product.holder for product in ucom.products.values()} == {"contract", "account"}
    assert {product.holder for product in nagi.products.values()} == {"contract", "account"}
    more = nagi.products["family-more"]
    assert more.price == UnitPrice(monthly=100, once=800, months=ChargedMonths(first=True, last=False))
    assert more.online_end
    assert not ucom.products["mail-web"].online_end
    assert isinstance(nagi.products["weather"].price, TierPrice)
    assert list(nagi.prices) == list(nagi.products)
    assert wording(more, nagi.catalogues["ja"], "ja") is None
    asked = wording(ucom.products["mail-web"], ucom.catalogues["ja"], "ja")
    told = wording(ucom.products["mail-web"], ucom.catalogues["en"], "en")
    assert asked is not None
    assert told is not None
    assert (asked.version, asked.digest != told.digest) == ("2015-01", True)


def test_hook_product_page_items(ucom: Operator, nagi: Operator) -> None:
    assert list(ucom.product_pages) == ["mail", "security", "support"]
    assert list(nagi.product_pages) == ["more", "weather"]
    assert {page.buy for page in ucom.product_pages.values()} == {"購入する"}
    assert [page.buy for page in nagi.product_pages.values()] == ["ふやす", "受けとる"]
    assert ucom.product_pages["security"].holdings_title
    assert not nagi.product_pages["more"].holdings_title


def test_hook_quota_items(ucom: Operator, nagi: Operator, actv: Operator) -> None:
    assert actv.quotas == {}
    assert {name: quota.counts for name, quota in ucom.quotas.items()} == {
        "accounts": "sub-accounts", "mail": "mail", "web": "web"
    }  # fmt: skip
    assert [ucom.quotas["mail"].base_of(plan) for plan in ("lan", "fiber", "")] == [0, 1, 0]
    assert {name: quota.base_of("") for name, quota in nagi.quotas.items()} == {"family": 2}


MORE, WEATHER, *OTHERS = nagi_plugin.product_items()
MORE_PAGE, WEATHER_PAGE = nagi_plugin.product_page_items()


def refused(products: list[Product] | None = None, pages: list[ProductPage] | None = None) -> str:
    """What the start says when nagi sells this on these pages."""
    changed = {"product_items": products, "product_page_items": pages}
    hooks = {name: value for name, value in vars(nagi_plugin).items() if hasattr(value, "mypage_impl")}

    class Plugin:
        pass

    for name, answer in changed.items():
        if answer is not None:
            function: Any = lambda answer=answer: answer  # noqa: E731
            hooks[name] = hookimpl(function)
    for name, value in hooks.items():
        setattr(Plugin, name, staticmethod(value))
    routes = {route.name: route.permission for route in all_routes()}
    linked = {route.name for route in all_routes() if route.method == "GET" and "{" not in route.path}
    with pytest.raises(OperatorError) as caught:
        compile_operator(make_hooks("nagi", Plugin, {}), nagi_plugin, routes, linked)
    message = str(caught.value)
    assert message.startswith("operator nagi: ")
    assert "\n" not in message
    return message.removeprefix("operator nagi: ")


def changed(product: Product, **values: Any) -> list[Product]:
    return [dataclasses.replace(each, **values) if each is product else each for each in (MORE, WEATHER, *OTHERS)]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"adds": {"boats": 1}}, "'family-more' names quota 'boats'"),
        ({"auto_end": AutoEnd(("boats",))}, "'family-more' names quota 'boats'"),
        ({"online_end": False}, "cannot be ended online and does not say why; give no_end"),
        ({"needs": frozenset({"mail-address"})}, "needs a mail address, but is held by no account"),
        ({"terms": ("x",)}, "has terms without a tick; give consent"),
        ({"once_label": ""}, "has a fee 'once' without a name; give once_label"),
        ({"price": UnitPrice(again=1)}, "has a fee 'again' without a name; give again_label"),
    ],
)
def test_a_product_that_contradicts_itself_stops_the_start(values: dict[str, Any], told: str) -> None:
    said = refused(changed(MORE, **values))
    assert said.startswith("product_items: ")
    assert told in said


def test_a_product_stands_on_a_page_and_is_declared_once() -> None:
    assert "is sold, but stands on no page" in refused(pages=[MORE_PAGE])
    assert "declared twice" in refused([MORE, MORE, WEATHER])


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"products": ("family-more", "boats")}, "names product 'boats', which does not exist"),
        ({"products": ("family-more", "weather")}, "mixes products of contracts and of accounts"),
        ({"products": ()}, "has no products"),
        ({"slug": "More/"}, "may hold small letters, digits and hyphens only"),
        ({"bought": (Sentence("see {here}", "harbour"),)}, "names route 'harbour'"),
        ({"ended": (Sentence("100% done"),)}, "cannot be filled in; it may hold %(address)s"),
        ({"bought": (Sentence("to %(boats)s"),)}, "cannot be filled in; it may hold %(address)s"),
    ],
)
def test_a_page_that_names_what_does_not_exist_stops_the_start(values: dict[str, Any], told: str) -> None:
    said = refused(pages=[dataclasses.replace(MORE_PAGE, **values), WEATHER_PAGE])
    assert said.startswith("product_page_items: ")
    assert told in said
