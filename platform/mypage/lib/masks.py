"""Personal data shown so that somebody who knows it recognises it, and nobody else learns it: 03-••••-0011."""

from __future__ import annotations

import re

_DOTS = "•••"
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"[0-9+(][0-9()+ \-‐-―−ー]{7,}")
_GROUPED = re.compile(r"(\d{2,5})(\D)(\d{1,4})(\D)(\d{3,4})")
_KEPT = 4


def mask_mail(address: str) -> str:
    """The first letter and the domain: k•••@example.co.jp."""
    local, at, domain = address.partition("@")
    return f"{local[:1]}{_DOTS}{at}{domain}" if at else mask_text(address)


def mask_phone(number: str) -> str:
    """The first group, where there are three, and the last four digits: 03-••••-0011."""
    if grouped := _GROUPED.fullmatch(number):
        first, sep, middle, other, last = grouped.groups()
        return f"{first}{sep}{'•' * len(middle)}{other}{last}"
    digits = sum(char.isdigit() for char in number)
    return "•" * max(digits - _KEPT, 0) + "".join(char for char in number if char.isdigit())[-_KEPT:]


def mask_text(text: str) -> str:
    """The first character of it, and that there is more."""
    return f"{text[0]}{_DOTS}" if len(text) > 1 else _DOTS if text else ""


def mask(text: str) -> str:
    """The text masked as what it looks like: an address, a telephone number, or any other text."""
    if _MAIL.fullmatch(text):
        return mask_mail(text)
    return mask_phone(text) if _PHONE.fullmatch(text) else mask_text(text)
