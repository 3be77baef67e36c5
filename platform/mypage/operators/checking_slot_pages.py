"""What the words of numbered places say of the places themselves."""

from __future__ import annotations

from mypage.hooks.slot_pages import SlotPage
from mypage.hooks.slots import Slots
from mypage.operators.checking_base import Wrong
from mypage.operators.operator import Operator


def check_slot_page(operator: Operator, page: SlotPage, slots: Slots, wrong: Wrong) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""
    if "change" in slots.actions and not page.patterns:
        raise wrong("slot_page_items", f"{page.code!r} can be changed, but there is no pattern to do it by")
    known = {option.code for option in slots.options}
    for code in page.options:
        if code not in known:
            raise wrong("slot_page_items", f"{page.code!r} has words for option {code!r}, which does not exist")
    for pattern in page.patterns:
        if pattern.options and not known:
            raise wrong("slot_page_items", f"pattern {pattern.code!r} of {page.code!r} changes options; there are none")
    for tier in page.tiers:
        if not 1 <= tier.count <= slots.at_most:
            raise wrong("slot_page_items", f"{page.code!r} names a fee of {tier.count} places of {slots.at_most}")
    for sentence in page.intro:
        _check_link(operator, page, sentence.route, sentence.params.get("slug", ""), wrong)


def check_slot_consents(operator: Operator, slots: Slots, wrong: Wrong) -> None:
    """An application keeps one consent. Raises OperatorError."""
    asking = [option.code for option in slots.options if operator.products[option.product].consent]
    if len(asking) > 1:
        raise wrong("slot_items", f"{slots.code!r}: options {' and '.join(asking)} ask for consent; one may")


def _check_link(operator: Operator, page: SlotPage, route: str, slug: str, wrong: Wrong) -> None:
    there = {"guidance": operator.guidance, "public-page": operator.public_pages}.get(route)
    if there is not None and slug not in there:
        raise wrong("slot_page_items", f"the intro of {page.code!r} leads to {route} {slug!r}, which does not exist")
