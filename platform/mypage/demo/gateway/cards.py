"""Card numbers: reading what people type, brands, and the test cards this company knows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

_SEPARATORS: Final = re.compile(r"[\s\-\u2010-\u2015\u2212\u30fc\uff70\u00ad]")
_HOLDER: Final = re.compile(r"[A-Z][A-Z .,'\-/]{0,58}")
LATEST_EXPIRY_YEARS: Final = 15


@dataclass(frozen=True, slots=True)
class Brand:
    """``prefixes`` are inclusive ranges of leading digits, ``lengths`` those a number of this brand may have."""

    name: str
    prefixes: tuple[tuple[int, int], ...]
    lengths: tuple[int, ...]
    code_length: int = 3


BRANDS: Final[Mapping[str, Brand]] = {
    "visa": Brand("Visa", ((4, 4),), (13, 16, 19)),
    "mastercard": Brand("Mastercard", ((51, 55), (2221, 2720)), (16,)),
    "amex": Brand("American Express", ((34, 34), (37, 37)), (15,), 4),
    "diners": Brand("Diners Club", ((300, 305), (36, 36), (38, 39)), (14,)),
    "jcb": Brand("JCB", ((3528, 3589),), (16,)),
}


@dataclass(frozen=True, slots=True)
class TestCard:
    """``does``: accept, challenge, slow, drop, issuer, insufficient_funds or late_refusal; also the key of its text."""

    __test__ = False
    number: str
    brand: str
    does: str = "accept"
    listed: bool = True


TEST_CARDS: Final = (
    TestCard("4242424242424242", "visa"),
    TestCard("5555555555554444", "mastercard"),
    TestCard("3530111333300000", "jcb"),
    TestCard("378282246310005", "amex"),
    TestCard("30569309025904", "diners"),
    TestCard("4000000000003220", "visa", "challenge"),
    TestCard("4000000000000002", "visa", "issuer"),
    TestCard("4000000000009995", "visa", "insufficient_funds"),
    TestCard("4000000000000341", "visa", "late_refusal"),
    TestCard("4000000000005506", "visa", "slow"),
    TestCard("4000000000006603", "visa", "drop"),
    TestCard("4111111111111111", "visa", listed=False),
    TestCard("5105105105105100", "mastercard", listed=False),
    TestCard("2223003122003222", "mastercard", listed=False),
    TestCard("3566002020360505", "jcb", listed=False),
    TestCard("371449635398431", "amex", listed=False),
    TestCard("38520000023237", "diners", listed=False),
)
_BY_NUMBER: Final = {card.number: card for card in TEST_CARDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card that passed every check. It holds no more of the number than its last four digits."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    holder: str
    does: str
    given: str = ""
    family: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What was typed. Number and security code stay out of ``repr`` and are never shown again."""

    number: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    brand: str = ""
    month: str = ""
    year: str = ""
    holder: str = ""
    given: str = ""
    family: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the setup asks for and takes."""

    brands: tuple[str, ...]
    ask_brand: bool
    ask_code: bool
    two_names: bool


def luhn(digits: str) -> bool:
    """Whether the check digit is right; ``digits`` are ASCII digits only."""
    doubled = (sum(divmod(int(digit) * 2, 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


def plain_digits(typed: str) -> str | None:
    """Digits as ASCII without blanks and hyphens, full-width ones too; None when anything else is among them."""
    bare = _SEPARATORS.sub("", unicodedata.normalize("NFKC", typed))
    return bare if re.fullmatch(r"[0-9]*", bare) else None


def brand_of(digits: str) -> str | None:
    for name, brand in BRANDS.items():
        for low, high in brand.prefixes:
            width = len(str(low))
            if len(digits) >= width and low <= int(digits[:width]) <= high:
                return name
    return None


def check(form: Form, asked: Asked, today: date) -> tuple[Card | None, dict[str, str]]:
    """The card, or the faults as field to key of the text. ``today`` is the date in Japan."""
    digits = plain_digits(form.number)
    found = brand_of(digits) if digits else None
    faults: dict[str, str] = {}
    if asked.ask_brand and form.brand not in asked.brands:
        faults["brand"] = "brand_missing"
    if fault := _number_fault(digits, found, form.brand if asked.ask_brand else "", asked.brands):
        faults["number"] = fault
    if fault := _expiry_fault(form.month, form.year, today):
        faults["expiry"] = fault
    if asked.ask_code and (fault := _code_fault(form.code, found)):
        faults["code"] = fault
    names = (form.given, form.family) if asked.two_names else (form.holder,)
    if fault := _holder_fault(names):
        faults["holder"] = fault
    if faults or digits is None or found is None:
        return None, faults
    return Card(
        brand=found,
        last4=digits[-4:],
        exp_month=int(form.month),
        exp_year=int(form.year),
        holder=" ".join(" ".join(names).split()),
        does=_BY_NUMBER[digits].does,
        given=" ".join(form.given.split()) if asked.two_names else "",
        family=" ".join(form.family.split()) if asked.two_names else "",
    ), {}


def _number_fault(digits: str | None, found: str | None, chosen: str, accepted: tuple[str, ...]) -> str | None:
    if digits == "":
        return "number_missing"
    if digits is None:
        return "number_digits"
    if found is None or found not in accepted:
        return "number_brand"
    if len(digits) not in BRANDS[found].lengths:
        return "number_length"
    if not luhn(digits):
        return "number_luhn"
    if chosen in BRANDS and chosen != found:
        return "number_other_brand"
    return None if digits in _BY_NUMBER else "number_not_test"


def _expiry_fault(month: str, year: str, today: date) -> str | None:
    if not (re.fullmatch(r"[0-9]{1,2}", month) and re.fullmatch(r"[0-9]{4}", year) and 1 <= int(month) <= 12):
        return "expiry_missing"
    if (int(year), int(month)) < (today.year, today.month):
        return "expiry_past"
    return "expiry_missing" if int(year) > today.year + LATEST_EXPIRY_YEARS else None


def _code_fault(typed: str, brand: str | None) -> str | None:
    digits = plain_digits(typed)
    if digits == "":
        return "code_missing"
    if digits is None or len(digits) not in {3, 4}:
        return "code_length"
    if brand is not None and len(digits) != BRANDS[brand].code_length:
        return "code_length_4" if BRANDS[brand].code_length == 4 else "code_length_3"
    return None


def _holder_fault(names: tuple[str, ...]) -> str | None:
    if not all(names):
        return "holder_missing"
    return None if all(_HOLDER.fullmatch(name) for name in names) else "holder_letters"
