"""The words of numbered places on two operators, and what a contradiction is told at the start."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import mypage_ocn.slots
from mypage.hooks.markers import hookimpl
from mypage.hooks.products import Product, Sentence
from mypage.hooks.slot_pages import SlotOptionWords, SlotPage, SlotPattern, SlotTier
from mypage.hooks.slots import SlotOption, Slots
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.loading import load_operator
from mypage.operators.operator import Operator, OperatorError
from mypage.server.routes import all_routes

PAGE, SLOTS = mypage_ocn.slots.SLOT_PAGES[0], mypage_ocn.slots.SLOTS[0]


def test_hook_slot_page_items(both: Any, nagi: Operator) -> None:
    ocn = both["ocn"].operator
    mail, berths = ocn.slot_pages["mail"], nagi.slot_pages["berths"]
    assert [p.code for p in mail.patterns] == ["1", "2", "3"]
    assert [p.code for p in berths.patterns] == ["name", "gear"]
    assert mail.tiers and not berths.tiers
    assert mail.mail.ticked and not berths.mail.ticked
    assert mail.title != berths.title


class Other:
    """OCN with other words or places."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    @hookimpl
    def slot_items(self) -> list[Slots]:
        return [self._answers.get("slots", SLOTS)]

    @hookimpl
    def slot_page_items(self) -> list[SlotPage]:
        return [self._answers.get("page", PAGE)]

    @hookimpl
    def product_items(self) -> list[Product]:
        return list(self._answers.get("products", mypage_ocn.slots.PRODUCTS))


def compiled(**answers: Any) -> Operator:
    """OCN's other answers with these; raises OperatorError."""
    real, other = load_operator("ocn"), Other(**answers)

    class Mixed:
        pass

    mixed = Mixed()
    for name in dir(real):
        found = getattr(real, name)
        if getattr(found, "mypage_impl", None):
            setattr(mixed, name, found)
    for name in ("slot_items", "slot_page_items", "product_items"):
        setattr(mixed, name, getattr(other, name))
    routes = {route.name: route.permission for route in all_routes()}
    return compile_operator(make_hooks("ocn", mixed, {}), real, routes)


def test_what_is_declared_twice_over_is_accepted() -> None:
    assert compiled().slot_pages["mail"] == PAGE


TWO_OPTIONS = dataclasses.replace(SLOTS, options=(*SLOTS.options, SlotOption(code="second", product="second-check")))
SECOND = dataclasses.replace(mypage_ocn.slots.PRODUCTS[1], code="second-check")


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"page": dataclasses.replace(PAGE, code="other")}, "there are no places 'other'"),
        ({"page": dataclasses.replace(PAGE, patterns=())}, "there is no pattern"),
        ({"page": dataclasses.replace(PAGE, options={"x": SlotOptionWords(label="x")})}, "option 'x', which does not"),
        ({"page": dataclasses.replace(PAGE, tiers=(SlotTier(count=5, name="", price=""),))}, "a fee of 5 places of 4"),
        ({"page": dataclasses.replace(PAGE, intro=(Sentence("x", "guidance", {"slug": "y"}),))}, "guidance 'y', which"),
        (
            {"slots": dataclasses.replace(SLOTS, options=()), "page": dataclasses.replace(PAGE, options={})},
            "changes options; there are none",
        ),
        (
            {"slots": TWO_OPTIONS, "products": (*mypage_ocn.slots.PRODUCTS, SECOND)},
            "options virus-check and second ask for consent; one may",
        ),
    ],
)
def test_a_contradiction_stops_the_start(answers: dict[str, Any], told: str) -> None:
    with pytest.raises(OperatorError, match="operator ocn: slot_") as caught:
        compiled(**answers)
    assert told in str(caught.value)


def test_values_that_contradict_themselves_are_not_made() -> None:
    with pytest.raises(ValueError, match="changes nothing"):
        SlotPattern(code="x", label="x")
    with pytest.raises(ValueError, match="letters and digits"):
        SlotPattern(code="a b", label="x", name=True)
    with pytest.raises(ValueError, match="same code twice"):
        SlotPage(code="x", patterns=(SlotPattern(code="a", label="", name=True),) * 2)
    with pytest.raises(ValueError, match="which name"):
        SlotPage(code="x", taken="gone")
