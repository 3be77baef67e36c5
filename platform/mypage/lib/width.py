"""Full-width ways of writing: what people type in half width, hiragana or mixed comes out as a register wants it."""

from __future__ import annotations

import re
import unicodedata

_TO_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_TO_FULL = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_AFTER_KANA = re.compile("(?<=[\u30a1-\u30fe])[-\u2010-\u2015\u2212\uff0d]")
_HALF_KANA = re.compile("[\uff61-\uff9f]+")
_BLANKS = re.compile(r"\s+")


def full_width(text: str) -> str:
    """Letters, digits, signs, blanks and half-width katakana in full width; everything else stays as it is."""
    katakana = _HALF_KANA.sub(lambda run: unicodedata.normalize("NFKC", run.group()), text)
    return katakana.translate(_TO_FULL)


def full_katakana(text: str) -> str:
    """A reading in full-width katakana: hiragana and half-width kana too, a hyphen after kana is a long vowel."""
    folded = unicodedata.normalize("NFKC", full_width(text)).translate(_TO_KATAKANA)
    folded = _AFTER_KANA.sub("ー", folded)
    return _BLANKS.sub("\u3000", folded.strip()).translate(_TO_FULL)
