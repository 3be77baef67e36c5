"""Passwords that are guessed first: a shipped list, and forms (runs, repetitions, dates) that no list can hold."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from unicodedata import normalize

from mypage.hooks.passwords import LONGEST_PASSWORD

_WALKS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "!@#$%^&*()_+",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "zaq1xsw2cde3vfr4bgt5nhy6mju7",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "147258369",
    "159357",
)
_RUNS = "\n".join((*_WALKS, *(walk[::-1] for walk in _WALKS)))
_SHORTEST_RUN = 3
_LONGEST_DULL_BLOCK = 4

_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_SEPARATOR = r"[-/._]?"
_DATE = re.compile(
    "|".join(
        _SEPARATOR.join(parts)
        for parts in ((_YEAR, _MONTH, _DAY), (_DAY, _MONTH, _YEAR), (_MONTH, _DAY, _YEAR), (r"\d\d", _MONTH, _DAY))
    )
)
_TAIL = re.compile(r"[\W\d_]{1,4}$")
_LOOKALIKES = str.maketrans("@4301!57$", "aaeoiists")


def is_common(password: str) -> bool:
    """Whether the password is well-known or of a well-known form, whatever its case, width and last four digits."""
    if len(password) > LONGEST_PASSWORD:
        return False
    text = normalize("NFKC", password).casefold()
    return bool(_DATE.fullmatch(text)) or any(_is_guessable(form) for form in (text, _TAIL.sub("", text)))


def _is_guessable(text: str) -> bool:
    if not text:
        return False
    words = _words()
    if text in words or text.translate(_LOOKALIKES) in words or _is_all_runs(text):
        return True
    block = _repeated_block(text)
    return block is not None and (len(block) <= _LONGEST_DULL_BLOCK or _is_guessable(block))


def _repeated_block(text: str) -> str | None:
    size = (text + text).find(text, 1)
    return text[:size] if size < len(text) else None


def _is_all_runs(text: str) -> bool:
    start = 0
    while start < len(text):
        length = max(_walk_length(text, start), _repeat_length(text, start))
        if length < _SHORTEST_RUN:
            return False
        start += length
    return True


def _walk_length(text: str, start: int) -> int:
    end = start
    while end < len(text) and text[start : end + 1] in _RUNS:
        end += 1
    return end - start


def _repeat_length(text: str, start: int) -> int:
    rest = text[start:]
    return len(rest) - len(rest.lstrip(rest[0]))


@cache
def _words() -> frozenset[str]:
    listed = files("mypage.auth").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in listed.splitlines() if not line.startswith("#"))
