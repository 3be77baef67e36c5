"""What a file is, told by its content and never by its name: only what is whole, of one type, and holds no programs.

A picture has to end where its format says it ends, so that nothing rides behind it; a PDF must begin and end as one and
bring nothing that runs or another file. Nothing is unpacked or drawn here, so no file can grow in memory.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from typing import Final

from mypage.hooks.requests import FileType
from mypage.requests.errors import BadFile

MEDIA: Final[Mapping[FileType, str]] = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}
ENDINGS: Final[Mapping[FileType, str]] = {"pdf": ".pdf", "jpeg": ".jpg", "png": ".png"}
MOST_PIXELS = 100_000_000
"""Of a picture: more is none from a scanner, but one that fills the memory of whoever opens it."""

_PNG = b"\x89PNG\r\n\x1a\n"
_TAIL = 1024
_ZIP_TAIL = 66_000
_LONG = (
    b"JavaScript", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia", b"XFA", b"OpenAction", b"SubmitForm",
    b"ImportData",
)  # fmt: skip
_SHORT = (b"JS", b"AA")


def _names(*plain: bytes) -> bytes:
    """Names of a PDF as a pattern: each character may be written as two digits behind a #."""
    written = (b"".join(b"(?:%c|#%x(?i:%x))" % (char, char >> 4, char & 15) for char in name) for name in plain)
    return b"/(?:" + b"|".join(written) + b")"


# What ends a name in a PDF: a NUL and a comment too. Names of two letters stand in what is packed by chance, so those
# count only before what can be their value.
_RUNS = re.compile(
    _names(*_LONG) + rb"(?![^\0\s()<>\[\]{}/%])" + b"|" + _names(*_SHORT) + rb"(?:[\0\s]*[(<%]|[\0\s]+[0-9])"
)
_SHAPES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG segments that state the size of the picture."""


def type_of(content: bytes) -> FileType:
    """The type. Raises BadFile: "empty", "type" for what is none of them, "broken", or "active"."""
    if not content:
        raise BadFile("empty")
    if content.startswith(b"%PDF-"):
        _check_pdf(content)
        return "pdf"
    if content.startswith(b"\xff\xd8\xff"):
        _check_jpeg(content)
        return "jpeg"
    if content.startswith(_PNG):
        _check_png(content)
        return "png"
    raise BadFile("type")


def _check_pdf(content: bytes) -> None:
    tail = content[-_TAIL:]
    if b"%%EOF" not in tail or not tail.rpartition(b"%%EOF")[2].strip(b"\r\n\0 \t") == b"":
        raise BadFile("broken")
    if b"startxref" not in content[-4 * _TAIL :]:
        raise BadFile("broken")
    if b"PK\x05\x06" in content[-_ZIP_TAIL:]:
        raise BadFile("active")
    if _RUNS.search(content):
        raise BadFile("active")


def _check_png(content: bytes) -> None:
    at, first = len(_PNG), True
    while True:
        head = content[at : at + 8]
        if len(head) < 8:
            raise BadFile("broken")
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        body = content[at + 8 : at + 8 + length]
        check = content[at + 8 + length : at + 12 + length]
        if len(body) != length or len(check) != 4 or zlib.crc32(kind + body) != int.from_bytes(check, "big"):
            raise BadFile("broken")
        if first and (kind != b"IHDR" or length != 13):
            raise BadFile("broken")
        if first:
            _check_size(int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big"))
        at, first = at + 12 + length, False
        if kind == b"IEND":
            break
    if at != len(content):
        raise BadFile("broken")


def _check_jpeg(content: bytes) -> None:
    if not content.endswith(b"\xff\xd9"):
        raise BadFile("broken")
    at, seen = 2, False
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            raise BadFile("broken")
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > len(content):
            raise BadFile("broken")
        if marker in _SHAPES and length >= 8:
            _check_size(
                int.from_bytes(content[at + 7 : at + 9], "big"), int.from_bytes(content[at + 5 : at + 7], "big")
            )
            seen = True
        if marker == 0xDA:
            break
        at += 2 + length
    else:
        raise BadFile("broken")
    if not seen or content.find(b"\xff\xd9", at) != len(content) - 2:
        raise BadFile("broken")


def _check_size(width: int, height: int) -> None:
    if not width or not height:
        raise BadFile("broken")
    if width * height > MOST_PIXELS:
        raise BadFile("large")
