"""Checks that the types of the feed cannot express: what may be stored as text, days within reason, keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from mypage.imports.report import BadLine
from mypage.lib.text import BadText, clean_text, fold_identifier

FIRST_YEAR, LAST_YEAR = 1900, 2199
_VOICING_MARK = re.compile("[\u3099\u309a]")
_MAIL = re.compile(r"[^@\s<>,;:\"()]+@[^@\s<>,;:\"()]+\.[^@\s<>,;:\"().]+")
_REFUSALS: Mapping[str, str] = {
    "control": "holds a control character, such as NUL",
    "surrogate": "holds half of a character (a lone surrogate)",
    "direction": "holds a mark that turns the reading direction",
    "line-break": "holds a line break, which this field cannot have",
}


def one_line(field: str, value: str) -> str:
    """Text without line breaks, blanks at its ends removed. Raises BadLine."""
    # Printable text has no line breaks, controls, surrogates and direction marks; only split kana are left to join.
    if value.isprintable() and (value.isascii() or not _VOICING_MARK.search(value)):
        return value.strip()
    return _cleaned(field, value, False)


def required(field: str, value: str) -> str:
    """`one_line` that is more than blanks."""
    text = one_line(field, value)
    if not text:
        raise BadLine(field, "is blank; give a value")
    return text


def many_lines(field: str, value: str) -> str:
    """Text that may have line breaks."""
    return _cleaned(field, value, True)


DESK = "desk "
"""How the keys begin of what staff wrote in the console."""


def senders_key(field: str, value: str) -> str:
    """The sender's own key of a row. Raises BadLine for one that staff's rows have: a feed must not change those."""
    key = required(field, value)
    if key.startswith(DESK):
        raise BadLine(field, f"begins with {DESK!r}, as keys of the staff console do; give another one")
    return key


def key_of(field: str, value: str) -> str:
    """The key under which a number or name is found again. Raises BadLine when nothing is left of it."""
    key = fold_identifier(required(field, value))
    if not key:
        raise BadLine(field, "is blank; give a value")
    return key


def mail_address(field: str, value: str) -> str:
    """An e-mail address or ""."""
    text = one_line(field, value)
    if text and not _MAIL.fullmatch(text):
        raise BadLine(field, "is not an e-mail address; write it as name@example.jp")
    return text


def day(field: str, value: date | None) -> date | None:
    """A day or an instant of a year that people mean."""
    if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise BadLine(field, f"is in the year {value.year}; days lie between {FIRST_YEAR} and {LAST_YEAR}")
    return value


def instant(field: str, value: datetime | None) -> datetime | None:
    """As `day`, for instants."""
    day(field, value)
    return value


def month(field: str, value: str) -> date:
    """The first day of a month such as 2026-11, whose form is known to be right."""
    year = int(value[:4])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadLine(field, f"is in the year {year}; give the month billed, such as 2026-11")
    return date(year, int(value[5:7]), 1)


def in_order(first: str, start: date | None, last: str, end: date | None) -> None:
    """Refuse an end before its start."""
    if start is not None and end is not None and end < start:
        raise BadLine(last, f"lies before {first}")


def _cleaned(field: str, value: str, multiline: bool) -> str:
    try:
        return _remembered(value, multiline)
    except BadText as error:
        raise BadLine(field, _REFUSALS[error.code]) from None


@lru_cache(maxsize=4096)
def _remembered(value: str, multiline: bool) -> str:
    return clean_text(value, multiline=multiline)
