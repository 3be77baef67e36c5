"""Telephone numbers as people write them: full width, any kind of hyphen, blanks or brackets, with +81 or without."""

from __future__ import annotations

import re
import unicodedata

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    is_valid_number_for_region,
    parse,
)

_COUNTRY = "JP"
_LONGEST = 40
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—―−ー─ｰ", "-"))
_WRITTEN = re.compile(r"\d+(?:-\d+)+")


def fold_phone(text: str) -> str:
    """A Japanese number in half width; hyphens stay where they were typed, without any they are put in.

    Raises ValueError when it is none.
    """
    if len(text) > _LONGEST:
        raise ValueError("too long for a telephone number")
    folded = unicodedata.normalize("NFKC", text).translate(_HYPHENS).replace(" ", "")
    if any(char not in "0123456789+-()" for char in folded):
        raise ValueError("a telephone number has digits, hyphens and brackets only")
    try:
        number = parse(folded, _COUNTRY)
    except NumberParseException as error:
        raise ValueError("not a telephone number") from error
    if not is_valid_number_for_region(number, _COUNTRY):
        raise ValueError("not a telephone number in Japan")
    return folded if _WRITTEN.fullmatch(folded) else format_number(number, PhoneNumberFormat.NATIONAL)
