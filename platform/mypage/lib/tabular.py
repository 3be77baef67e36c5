"""Tables and downloads for people: CSV that a spreadsheet opens safely, and names for the files."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from urllib.parse import quote

Cell = str | int | date | None

GETA = "〓"
FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠\u2212")
BLANKS = " \x0b\x0c\u3000"
"""What some spreadsheets skip before a formula; tabs and line ends count as its start."""
DOWNLOAD_NAME = "download"

_CHUNK_BYTES = 64 * 1024
_NEGATIVE_INTEGER = re.compile(r"-[0-9]+")
_UNSAFE_IN_NAMES = re.compile(r'[\\/:*?"<>|]')
_RESERVED_NAMES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_NAME_BYTES = 200
_NOT_IN_NAMES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SPLIT_VOICED_KANA = re.compile("[\u3041-\u30ff][\u3099\u309a]")
_VARIATION_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# JIS X 0208 characters that CP932 knows under another code point: the same sign to a reader.
_CP932_TWINS = str.maketrans(
    {
        "\u301c": "～",
        "\u2212": "－",
        "\u2014": "―",
        "\u2016": "∥",
        "\u00a2": "￠",
        "\u00a3": "￡",
        "\u00ac": "￢",
        "\u00a5": "￥",
    }
)


class CsvEncoding(StrEnum):
    """UTF8 carries a byte order mark, which spreadsheets need; CP932 is for older Japanese software."""

    UTF8 = "utf-8"
    CP932 = "cp932"

    @property
    def media_type(self) -> str:
        """The header value of a table in this encoding."""
        return f"text/csv; charset={'Shift_JIS' if self is CsvEncoding.CP932 else 'utf-8'}"


class CsvStream:
    """Iterate once for the bytes of the file; afterwards `replaced` says how many characters the encoding lacked.

    Cells are strings, integers (written bare, so that they stay numbers), dates (ISO 8601, times as given) and None.
    Lines end in CRLF.
    A string that a spreadsheet would take for a formula, also after blanks, gets a leading apostrophe; a plain negative
    integer does not.
    A character that cannot be encoded becomes `〓`; CP932 also loses variation selectors. Both are counted.
    Raises ValueError for a row whose width differs from the header's.
    """

    def __init__(
        self, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, encoding: CsvEncoding = CsvEncoding.UTF8
    ) -> None:
        self._header = tuple(header)
        self._rows = rows
        self.encoding = encoding
        self.replaced = 0

    @property
    def media_type(self) -> str:
        return self.encoding.media_type

    def __iter__(self) -> Iterator[bytes]:
        if self.encoding is CsvEncoding.UTF8:
            yield codecs.BOM_UTF8
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\r\n")
        writer.writerow([self._cell(name) for name in self._header])
        for row in self._rows:
            if len(row) != len(self._header):
                raise ValueError(f"a row of {len(row)} cells under a header of {len(self._header)}")
            writer.writerow([self._cell(cell) for cell in row])
            if buffer.tell() >= _CHUNK_BYTES:
                yield self._take(buffer)
        yield self._take(buffer)

    def _take(self, buffer: io.StringIO) -> bytes:
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text.encode(self.encoding)

    def _cell(self, cell: Cell) -> str:
        match cell:
            case None:
                return ""
            case str():
                return guarded(self._encodable(cell))
            case datetime():
                return cell.isoformat(" ", "seconds")
            case date():
                return cell.isoformat()
            case _:
                return str(int(cell))

    def _encodable(self, text: str) -> str:
        text, replaced = encodable(text, self.encoding)
        self.replaced += replaced
        return text


def encodable(text: str, encoding: CsvEncoding) -> tuple[str, int]:
    """The text with what the encoding lacks exchanged as `CsvStream` says, and how many characters that were."""
    if _encodes(text, encoding):
        return text, 0
    replaced = 0
    if encoding is CsvEncoding.CP932:
        text, replaced = _VARIATION_SELECTOR.subn("", text)
        text = _SPLIT_VOICED_KANA.sub(lambda pair: unicodedata.normalize("NFC", pair[0]), text)
        text = text.translate(_CP932_TWINS)
    # By distinct characters: a block of a long table has many, but few different ones.
    lacking = {ord(character): GETA for character in set(text) if not _encodes(character, encoding)}
    replaced += sum(text.count(chr(code)) for code in lacking)
    return text.translate(lacking), replaced


def guarded(text: str) -> str:
    """The text so that no spreadsheet runs it: with a leading apostrophe if it starts like a formula, blanks apart."""
    if text.lstrip(BLANKS)[:1] in FORMULA_STARTS and not _NEGATIVE_INTEGER.fullmatch(text):
        return f"'{text}"
    return text


def _encodes(text: str, encoding: CsvEncoding) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def safe_filename(name: str) -> str:
    """A file name that every desktop system can store: no path, no control or direction characters, at most 200 bytes.

    The extension survives shortening; a name of which nothing is left becomes `download`.
    """
    visible = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c) not in _NOT_IN_NAMES)
    plain = _UNSAFE_IN_NAMES.sub("_", " ".join(visible.split())).lstrip(". ").rstrip(". ")
    if _RESERVED_NAMES.fullmatch(plain):
        plain = f"_{plain}"
    stem, dot, extension = plain.rpartition(".")
    if not (dot and extension.isalnum() and len(extension.encode()) <= 16):
        stem, dot, extension = plain, "", ""
    room = _NAME_BYTES - len(f"{dot}{extension}".encode())
    stem = stem.encode()[:room].decode(errors="ignore").rstrip(". ")
    return f"{stem}{dot}{extension}" or DOWNLOAD_NAME


def content_disposition(filename: str, *, inline: bool = False) -> str:
    """The header value of RFC 6266: an ASCII fallback for old clients and, where needed, the real name in UTF-8."""
    kind = "inline" if inline else "attachment"
    name = safe_filename(filename)
    fallback = "".join(c if c.isascii() and c not in '%"\\' else "_" for c in name)
    value = f'{kind}; filename="{fallback}"'
    if fallback == name:
        return value
    return f"{value}; filename*=UTF-8''{quote(name, safe='')}"
