"""Telling the number of a payment card in a text, so that none is ever kept (PCI DSS: no card data here)."""

from __future__ import annotations

import re
import unicodedata

_LIKE_ONE = re.compile(r"(?<![0-9])[3-6][0-9](?:[ .-]?[0-9]){11,17}(?![0-9])")


def holds_card_number(text: str) -> bool:
    """Whether 13 to 19 digits with a right check digit stand in the text, of any width, grouped or not."""
    return any(_checks(re.sub(r"[^0-9]", "", each)) for each in _LIKE_ONE.findall(unicodedata.normalize("NFKC", text)))


def _checks(digits: str) -> bool:
    """The Luhn formula: every second digit from the right counts twice, as the sum of its digits."""
    sums = (sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(reversed(digits)))
    return sum(sums) % 10 == 0
