"""The hooks about numbered places, on two operators, and what a mistake in them is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mypage.hooks.markers import hookimpl
from mypage.hooks.prices import TierPrice
from mypage.hooks.products import Product
from mypage.hooks.slots import SlotOption, Slots
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.loading import load_operator
from mypage.operators.operator import Operator, OperatorError
from mypage.server.routes import all_routes, capabilities
from mypage.slots.pool import PoolReservation
from sample_operator.berths import BERTHS, HarbourMaster

LEAST: dict[str, Any] = {"code": "nets", "product": "net", "at_most": 2, "local": BERTHS.local}
NET: dict[str, Any] = {"code": "net", "name": "n", "holder": "contract", "permission": "p", "sold": False}


@pytest.fixture(scope="module")
def ocn() -> Operator:
    return compiled("ocn")


def compiled(name: str, *more: Any) -> Operator:
    plugin = load_operator(name)
    routes = {route.name: route.permission for route in all_routes()}
    extensions = {f"more{number}": each for number, each in enumerate(more)}
    return compile_operator(make_hooks(name, plugin, extensions), plugin, routes, capabilities=capabilities())


def test_hook_slot_items(ocn: Operator, nagi: Operator, actv: Operator) -> None:
    assert (actv.slots, "slots" in actv.capabilities) == ({}, False)
    assert {"slots", "provisioning"} <= ocn.capabilities & nagi.capabilities
    assert (list(ocn.slots), list(nagi.slots)) == (["mail"], ["berths"])
    assert (ocn.slots["mail"].at_most, nagi.slots["berths"].at_most) == (4, 3)
    assert [len(each.slots[code].options) for each, code in ((ocn, "mail"), (nagi, "berths"))] == [1, 2]
    assert {ocn.slots["mail"].billed_from, nagi.slots["berths"].billed_from} == {"done", "applied"}
    assert nagi.slots["berths"].option("buoy") == SlotOption(code="buoy", product="buoy")
    assert nagi.slots["berths"].option("anchor") is None


def test_hook_make_name_reservation(both: Mapping[str, Any]) -> None:
    def make(operator: str, name: str, **settings: str) -> Any:
        return both[operator].hooks.make("make_name_reservation", name=name, settings=settings)

    assert isinstance(make("nagi", "harbourmaster", host="pier.example"), HarbourMaster)
    with pytest.raises(OperatorError, match="operator nagi: make_name_reservation: harbourmaster needs host"):
        make("nagi", "harbourmaster")
    for operator in both:
        assert operator == "nagi" or make(operator, "harbourmaster", host="x") is None
        assert make(operator, "unknown") is None
        assert isinstance(make(operator, "pool", hosts="a.example b.example"), PoolReservation)
        for wrong, told in (("", "pool needs hosts"), ("a.example B", "'B' is no name of a host")):
            with pytest.raises(OperatorError, match=told):
                make(operator, "pool", hosts=wrong)


@pytest.mark.parametrize(
    ("slots", "product", "told"),
    [
        ({}, None, "names product 'net', which does not exist"),
        ({}, {"holder": "account"}, "has to be held by the contract"),
        ({}, {"sold": True}, "stands on no page|say sold=False"),
        ({}, {"price": TierPrice(totals=(0, 0))}, "has 2 places, but 'net' ends at 1"),
        ({"options": (SlotOption(code="knot", product="net"),)}, {}, "have one product"),
        ({"options": (SlotOption(code="knot", product="knot"),)}, {}, "names product 'knot', which does not exist"),
    ],
)
def test_a_mistake_stops_the_start(slots: dict[str, Any], product: dict[str, Any] | None, told: str) -> None:
    price = TierPrice(totals=(0, 0, 100))

    class Wrong:
        @hookimpl
        def slot_items(self) -> list[Slots]:
            return [Slots(**LEAST | slots)]

        @hookimpl
        def product_items(self) -> list[Product]:
            return [] if product is None else [Product(**NET | {"price": price} | product)]

    with pytest.raises(OperatorError, match=f"operator actv: (slot|product)_items: .*({told})"):
        compiled("actv", Wrong())


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"code": "Nets"}, "small letters"),
        ({"at_most": 0}, "1 to 99 places"),
        ({"at_most": 100}, "1 to 99 places"),
        ({"actions": frozenset()}, "is some of add, change, remove"),
        ({"actions": frozenset({"sink"})}, "is some of"),
        ({"hosts": ("no host",)}, "is no name of a host"),
        ({"options": (SlotOption(code="a", product="x"), SlotOption(code="a", product="y"))}, "have one code"),
    ],
)
def test_what_contradicts_itself_is_refused(values: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Slots(**LEAST | values)
