"""Telling the number of a payment card in a text, so that none is ever kept (PCI DSS: no card data here)."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 19
# The long vowel mark is what a Japanese keyboard gives for a hyphen.
_ROW = re.compile(r"[0-9]+(?:[\W_ー]{1,3}[0-9]+)*")
_LIKE_ONE = re.compile(r"[3-6][0-9]{12,18}|2[2-7][0-9]{14}")


def holds_card_number(text: str) -> bool:
    """Whether 13 to 19 digits with a right check digit stand in the text, of any width and script, grouped or not.

    Other groups of digits may stand beside them, as the date until which the card is good does.
    """
    digits = "".join(_ascii(char) for char in unicodedata.normalize("NFKC", text))
    return any(_begins_one(groups, at) for groups in _rows(digits) for at in range(len(groups)))


def _rows(text: str) -> list[list[str]]:
    return [re.findall(r"[0-9]+", row) for row in _ROW.findall(text)]


def _begins_one(groups: list[str], at: int) -> bool:
    digits = ""
    for group in groups[at : at + _LONGEST]:
        digits += group
        if len(digits) > _LONGEST:
            return False
        if _LIKE_ONE.fullmatch(digits) and _checks(digits):
            return True
    return False


def _ascii(char: str) -> str:
    return str(unicodedata.decimal(char)) if char.isdecimal() else char


def _checks(digits: str) -> bool:
    """The Luhn formula: every second digit from the right counts twice, as the sum of its digits."""
    sums = (sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(reversed(digits)))
    return sum(sums) % 10 == 0
