"""What a font can show, read from its `cmap` table: a tagged PDF may not contain a character without a glyph."""

from __future__ import annotations

import re
import struct
import unicodedata
from pathlib import Path

GETA = "〓"
# Name characters beyond most fonts, and what they are customarily replaced by.
STAND_INS = {"𠮷": "吉", "槗": "橋"}

_VOICED_PAIR = re.compile("[\u3046-\u30fd][\u3099\u309a]")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def characters_of(font: Path) -> frozenset[int]:
    """The code points with a glyph in a TrueType file that has a full Unicode `cmap`; ValueError if it has none."""
    data = font.read_bytes()
    table = _table(data, b"cmap")
    (count,) = struct.unpack_from(">H", data, table + 2)
    for index in range(count):
        _, _, offset = struct.unpack_from(">HHI", data, table + 4 + 8 * index)
        if struct.unpack_from(">H", data, table + offset) == (12,):
            return _groups(data, table + offset)
    raise ValueError(f"{font.name} has no full Unicode character map")


def _table(data: bytes, tag: bytes) -> int:
    (count,) = struct.unpack_from(">H", data, 4)
    for index in range(count):
        name, _, offset, _ = struct.unpack_from(">4sIII", data, 12 + 16 * index)
        if name == tag:
            return int(offset)
    raise ValueError(f"the font has no table {tag.decode()}")


def _groups(data: bytes, start: int) -> frozenset[int]:
    (count,) = struct.unpack_from(">I", data, start + 12)
    points: set[int] = set()
    for index in range(count):
        first, last, glyph = struct.unpack_from(">III", data, start + 16 + 12 * index)
        points.update(range(first if glyph else first + 1, last + 1))
    return frozenset(points)


def showable(text: str, known: frozenset[int]) -> str:
    """The text as one line that the font can show: split voicing marks joined, what has no glyph its stand-in or `〓`.

    Control, direction and other invisible characters become a space or nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    joined = _VOICED_PAIR.sub(lambda pair: unicodedata.normalize("NFC", pair[0]), text)
    return "".join(_shown(character, known) for character in joined)


def _shown(character: str, known: frozenset[int]) -> str:
    if character.isspace() and character != "\u3000":
        return " "
    if unicodedata.category(character) in _INVISIBLE or "\ufe00" <= character <= "\ufe0f" or character >= "\U000e0000":
        return ""
    return character if ord(character) in known else STAND_INS.get(character, GETA)
