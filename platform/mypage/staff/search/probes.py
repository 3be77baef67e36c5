"""What a typed text may be: each guess is a range of keys in one index. Nothing here asks the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mypage.lib.search_text import mail_key, name_key, phone_key, tidy
from mypage.lib.text import fold_identifier

LONGEST = 200
"""Characters of a text that somebody types to find a customer."""
KINDS = (
    "number", "contract", "login", "mail", "account-mail", "mailbox", "phone",
    "name", "kana", "rest", "kana-rest",
    "account-name", "account-kana", "account-given", "account-given-kana",
)  # fmt: skip
"""Where is looked, the surest first."""
Kind = Literal[
    "number", "contract", "login", "mail", "account-mail", "mailbox", "phone",
    "name", "kana", "rest", "kana-rest",
    "account-name", "account-kana", "account-given", "account-given-kana",
]  # fmt: skip

_NUMBERS: tuple[Kind, ...] = ("number", "contract", "login")
_NAMES: tuple[Kind, ...] = (
    "name", "kana", "rest", "kana-rest", "account-name", "account-kana", "account-given", "account-given-kana",
)  # fmt: skip
_LAST = "\U0010ffff"
"""Behind every character of a key."""
_NUMBER = re.compile(r"[!-~]+")
_PHONE = re.compile(r"[0-9+() .\-‐-―−ー]*")
_SHORTEST_END = 4
"""Digits at the end of a telephone number that are worth looking for."""
_WHOLE_PHONE = 9
_SHORTEST_START = 3
"""Letters and digits of a number's or login's start; fewer are looked up as a whole only."""
_SHORTEST_KANA = 2
_KANA = re.compile("[ァ-ヺ]+")


@dataclass(frozen=True, slots=True)
class Probe:
    """One guess: keys from `low` to `high`, both included, of one kind."""

    kind: Kind
    low: str
    high: str

    def is_whole(self, key: str) -> bool:
        """Whether a key that was found is all of what was typed, not only begins with it."""
        if self.kind == "phone":
            # A leading zero is lost where a table of numbers was copied from.
            return len(self.low) >= _WHOLE_PHONE and key in (self.low, self.low + "0")
        return key == self.low


def guess(typed: str) -> tuple[Probe, ...]:
    """What the text may be, the surest guess first; none when nothing is left of it that could be looked for."""
    text = tidy(typed[:LONGEST])
    return tuple(_guesses(text)) if text else ()


def _guesses(text: str) -> Iterator[Probe]:
    numbers = _spellings(text)
    if "@" in text:
        yield from (_starting("login", number, _SHORTEST_START) for number in numbers)
        yield _starting("mail", mail_key(text), _SHORTEST_START)
        yield _starting("account-mail", mail_key(text), _SHORTEST_START)
        yield Probe("mailbox", mail_key(text), mail_key(text))
        return
    for number in numbers:
        for kind in _NUMBERS:
            yield _starting(kind, number, _SHORTEST_START)
    end = phone_key(text)
    if len(end) >= _SHORTEST_END and _PHONE.fullmatch(text):
        yield Probe("phone", end, end + _LAST)
        return
    name = name_key(text)
    if name and not name.isdigit():
        yield from _names(name)


def _spellings(text: str) -> tuple[str, ...]:
    """How a number or login ID may be stored: as it was typed, without hyphens, and with its capital letters."""
    typed = fold_identifier(text)
    found = (typed, typed.replace("-", ""), fold_identifier(text, case_sensitive=True))
    return tuple(each for each in dict.fromkeys(found) if _NUMBER.fullmatch(each))


def _names(name: str) -> Iterator[Probe]:
    shortest = _SHORTEST_START if name.isascii() else _SHORTEST_KANA if _KANA.fullmatch(name) else 1
    for kind in _NAMES:
        yield _starting(kind, name, shortest)


def _starting(kind: Kind, key: str, shortest: int) -> Probe:
    return Probe(kind, key, key + _LAST if len(key) >= shortest else key)
