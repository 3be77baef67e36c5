"""Money is a whole number of yen in an `int`: never a float, never a Decimal."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

CURRENCY = "JPY"

_YEN_TEXT = re.compile(r"(?P<sign>-?)[¥\\]?(?P<digits>\d{1,3}(?:,\d{3})+|\d+)円?", re.ASCII)
_MINUS_SIGNS = str.maketrans({"\u2212": "-", "\u2010": "-", "\u2013": "-"})


class Rounding(StrEnum):
    """What happens to a fraction of a yen. All three mirror at zero: a credit rounds like the charge that it undoes."""

    DOWN = "down"
    UP = "up"
    HALF = "half"


def whole_yen(value: object) -> int:
    """The value itself if it is a whole number of yen; TypeError for floats, booleans and everything else."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"money is an int number of yen, not {type(value).__name__}")
    return value


def divide(numerator: int, denominator: int, rounding: Rounding = Rounding.DOWN) -> int:
    """`numerator / denominator` as an exact integer rounding: DOWN towards zero, UP away from it, HALF 四捨五入.

    Raises ValueError unless the denominator is positive.
    """
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    quotient, rest = divmod(abs(numerator), denominator)
    if rest and (rounding is Rounding.UP or (rounding is Rounding.HALF and rest * 2 >= denominator)):
        quotient += 1
    return -quotient if numerator < 0 else quotient


def grouped(amount: int) -> str:
    """`1234567` -> `1,234,567`, `-500` -> `-500`."""
    return f"{whole_yen(amount):,}"


def format_yen(amount: int, lang: str = "ja") -> str:
    """`1,234円` in Japanese, `¥1,234` in any other language; credits carry a leading minus."""
    if lang == "ja":
        return f"{grouped(amount)}円"
    return f"{'-' if amount < 0 else ''}¥{grouped(abs(amount))}"


def parse_yen(text: str) -> int:
    """The yen amount in what a person or another system wrote: `1,234円`, `￥１，２３４`, `-500`, `−500`.

    Raises ValueError for everything else, fractions included.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_MINUS_SIGNS).strip()
    found = _YEN_TEXT.fullmatch(plain)
    if found is None or len(plain) > 24:
        raise ValueError("not an amount in yen")
    amount = int(found["digits"].replace(",", ""))
    return -amount if found["sign"] else amount
