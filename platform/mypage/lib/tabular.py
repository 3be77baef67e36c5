"""CSV for people's spreadsheets: opens without garbled Japanese, and no cell becomes a formula."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum

Cell = str | int | date | None

GETA = "〓"
FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")

_CHUNK_BYTES = 64 * 1024
_NEGATIVE_INTEGER = re.compile(r"-[0-9]+")
_SPLIT_VOICED_KANA = re.compile("[\u3041-\u30ff][\u3099\u309a]")
_VARIATION_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# JIS X 0208 characters that CP932 knows under another code point: the same sign to a reader.
_CP932_TWINS = str.maketrans(
    {"\u301c": "～", "\u2212": "－", "\u2014": "―", "\u2016": "∥", "\u00a2": "￠", "\u00a3": "￡", "\u00ac": "￢", "\u00a5": "￥"}
)


class CsvEncoding(StrEnum):
    """UTF8 carries a byte order mark, which spreadsheets need; CP932 is for older Japanese software."""

    UTF8 = "utf-8"
    CP932 = "cp932"


class CsvStream:
    """Iterate once for the bytes of the file; afterwards `replaced` says how many characters the encoding lacked.

    Rows are strings, integers (written bare, so that they stay numbers), dates (ISO 8601) and None (empty). Lines end in CRLF.
    A string that a spreadsheet would take for a formula gets a leading apostrophe; a plain negative integer does not.
    A character that cannot be encoded becomes `〓`; a variation selector is left out; both are counted.
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
        return f"text/csv; charset={'Shift_JIS' if self.encoding is CsvEncoding.CP932 else 'utf-8'}"

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
        if _encodes(text, self.encoding):
            return text
        if self.encoding is CsvEncoding.CP932:
            text = _SPLIT_VOICED_KANA.sub(lambda pair: unicodedata.normalize("NFC", pair[0]), text)
            text = text.translate(_CP932_TWINS)
            text, dropped = _VARIATION_SELECTOR.subn("", text)
            self.replaced += dropped
        kept = [character if _encodes(character, self.encoding) else None for character in text]
        self.replaced += kept.count(None)
        return "".join(GETA if character is None else character for character in kept)


def guarded(text: str) -> str:
    """The text so that no spreadsheet runs it: with a leading apostrophe if it starts like a formula."""
    if text[:1] in FORMULA_STARTS and text and not _NEGATIVE_INTEGER.fullmatch(text):
        return f"'{text}"
    return text


def _encodes(text: str, encoding: CsvEncoding) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
