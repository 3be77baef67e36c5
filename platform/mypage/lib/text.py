"""One answer each to how typed text is compared and what may be stored.

The ``fold_*`` functions make the key under which something is looked up, kept unique and counted; what people typed is
stored beside it. They accept any string, and folding twice changes nothing. Passwords are never folded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Literal

LONGEST_FOLDED = 1024
"""Longer values come back as they are: they name nobody, and normalising them can take quadratic time."""
_MOST_ROUNDS = 8

_DASHES = (
    "\u002d\u02d7\u058a\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u207b"
    "\u208b\u2212\u2500\u2501\u2796\u2e3a\u2e3b\ufe58\ufe63\uff0d"
)
_LONG_VOWELS = "\u30fc\uff70"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\u180e\u034f"
_KANA = "\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fc-\u30fe\uff66-\uff9f\u3099\u309a"

_DASH = re.compile(f"[{re.escape(_DASHES)}]")
_DASHES_AFTER_KANA = re.compile(f"(?<=[{_KANA}])[{re.escape(_DASHES)}]+")
_VOWELS_WITHOUT_KANA = re.compile(f"(?<![{_KANA}])[{_LONG_VOWELS}]+")
_UNSEEN = re.compile(f"[{_INVISIBLE}]")
_SPACES = re.compile(r"\s+")
_NOT_DIGIT_PARTS = re.compile(f"[\\s{re.escape(_DASHES)}{_LONG_VOWELS}]+")
_TO_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}

_VOICED_PAIR = re.compile("[\u3046-\u30fd][\u3099\u309a]")
_PASTE_DIRT = re.compile("[\u200b\u2060\ufeff]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINE_BREAK = re.compile("\r\n|[\r\u2028\u2029]")


class BadText(ValueError):
    """Text that is refused as a whole; ``code`` says why, and a form words it for people."""

    def __init__(self, code: Literal["control", "surrogate", "direction", "line-break"]) -> None:
        super().__init__(f"text refused: {code}")
        self.code = code


def fold_identifier(value: str, *, case_sensitive: bool = False) -> str:
    """The key of a login ID or customer number: width, case, spaces and the kind of hyphen make no difference."""
    if len(value) > LONGEST_FOLDED:
        return value
    if value.isascii() and value.isalnum():
        return value if case_sensitive else value.lower()
    return _settled(lambda text: _fold_identifier_once(text, case_sensitive), value)


def fold_digits(value: str) -> str:
    """The key of a number people write in groups: ``１２３ー４５６`` and ``123 456`` become ``123456``.

    Other characters stay, so that a check for digits still sees and refuses them.
    """
    if len(value) > LONGEST_FOLDED:
        return value
    return _settled(lambda text: _NOT_DIGIT_PARTS.sub("", _compatible(text)), value)


def fold_kana(value: str) -> str:
    """The key for searching names: full-width katakana without spaces; a hyphen after kana is a long vowel."""
    if len(value) > LONGEST_FOLDED:
        return value
    return _settled(_fold_kana_once, value)


def clean_text(value: str, *, multiline: bool = False) -> str:
    r"""Text to store as written: outer blanks gone, line breaks as ``\n``, split voicing marks joined.

    Raises ``BadText`` for control characters (NUL among them), lone surrogates, marks that turn the reading direction,
    and for a line break where ``multiline`` is false. Characters of names such as 髙, 﨑 or 神 keep their code points.
    """
    if _SURROGATE.search(value):
        raise BadText("surrogate")
    text = _LINE_BREAK.sub("\n", _PASTE_DIRT.sub("", value)).replace("\t", " ").strip()
    if _CONTROL.search(text):
        raise BadText("control")
    if _BIDI.search(text):
        raise BadText("direction")
    if "\n" in text and not multiline:
        raise BadText("line-break")
    return _VOICED_PAIR.sub(lambda pair: unicodedata.normalize("NFC", pair.group()), text)


def is_half_width(value: str, *, kana: bool = False) -> bool:
    """Whether all characters are printable ASCII; with ``kana`` half-width katakana count too. True for none."""
    return all(" " <= char <= "~" or (kana and "\uff61" <= char <= "\uff9f") for char in value)


def _settled(fold: Callable[[str], str], text: str) -> str:
    """Folds until nothing changes: one step can uncover work for another, as when combining marks trade places."""
    for _ in range(_MOST_ROUNDS):
        folded = fold(text)
        if folded == text:
            break
        text = folded
    return text


def _fold_identifier_once(text: str, case_sensitive: bool) -> str:
    text = _SPACES.sub("", _compatible(text))
    text = _VOWELS_WITHOUT_KANA.sub(lambda marks: "-" * len(marks.group()), _DASH.sub("-", text))
    return text if case_sensitive else text.casefold()


def _fold_kana_once(text: str) -> str:
    text = _SPACES.sub("", _compatible(text)).translate(_TO_KATAKANA)
    return _DASHES_AFTER_KANA.sub(lambda dashes: "ー" * len(dashes.group()), text).casefold()


def _compatible(text: str) -> str:
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", text))
