"""From bytes to checked records: every reason why a line cannot be read, in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import msgspec

from mypage.imports import (
    accounts,
    cards,
    contracts,
    customers,
    invoices,
    line_secrets,
    notices,
    postings,
    resources,
    slots,
    subscriptions,
)
from mypage.imports.chunk import Item, Kind, Means
from mypage.imports.records import KINDS, Record
from mypage.imports.report import UNREADABLE, BadLine, Problem

LONGEST_LINE = 1_000_000
"""Bytes of one line without its end."""
MOST_CHUNK_BYTES = 8_000_000
MOST_HASHES = 400
"""Passwords of one chunk: some seconds of all cores, so that there is progress to see and little to do again."""
_LONE_SURROGATE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])")
_BOM = b"\xef\xbb\xbf"
_WORDS = {"date": "a day such as 2026-11-27", "datetime": "an instant such as 2026-11-21T09:00:00+09:00"}

LOADERS: tuple[Kind[Any, Any], ...] = (
    customers, accounts, contracts, subscriptions, resources, slots, line_secrets, postings, invoices, cards, notices
)  # fmt: skip
"""The modules that load the kinds, in the order of `KINDS`."""
_LOADER: dict[type, Kind[Any, Any]] = dict(zip(KINDS, LOADERS, strict=True))
_DECODER: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


@dataclass(slots=True)
class Batch:
    """Lines that are loaded in one transaction, ready per kind, with those that could not be read."""

    items: dict[str, list[Item[Any]]] = field(default_factory=dict)
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    hashes: int = 0
    """Passwords that have to be hashed for it, if all its accounts are new."""
    lines: int = 0
    last_line: int = 0
    bytes: int = 0


def feed_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; of one that is too long only so much that it is seen to be."""
    while line := stream.readline(LONGEST_LINE + 2):
        yield line
        while line and not line.endswith(b"\n") and len(line) > LONGEST_LINE:
            line = stream.readline(LONGEST_LINE + 2)


def batches(lines: Iterable[bytes], means: Means, size: int) -> Iterator[Batch]:
    """Read and check lines, at most `size` or 8 MB at a time; empty lines are skipped."""
    batch = Batch()
    for number, line in enumerate(lines, 1):
        batch.last_line = number
        batch.bytes += len(line)
        if number == 1:
            line = line.removeprefix(_BOM)
        if not line.strip():
            continue
        batch.lines += 1
        _read(batch, number, line, means)
        if batch.lines >= size or batch.bytes >= MOST_CHUNK_BYTES or batch.hashes >= MOST_HASHES:
            yield batch
            batch = Batch(last_line=number)
    if batch.bytes:
        yield batch


def _read(batch: Batch, number: int, line: bytes, means: Means) -> None:
    kind = UNREADABLE
    try:
        record = decode(line)
        loader = _LOADER[type(record)]
        kind = loader.NAME
        value = loader.prepare(record, means)
        batch.items.setdefault(kind, []).append(Item(number, value))
        if isinstance(value, accounts.Prepared):
            batch.hashes += accounts.needs_hashing(value)
    except BadLine as error:
        batch.problems.append((kind, Problem(number, error.field, error.reason)))


def decode(line: bytes) -> Record:
    """One line as a record. Raises BadLine."""
    if len(line.rstrip(b"\r\n")) > LONGEST_LINE:
        raise BadLine("", f"is longer than {LONGEST_LINE:,} bytes")
    try:
        return _DECODER.decode(line)
    except msgspec.ValidationError as error:
        raise _worded(str(error)) from None
    except UnicodeDecodeError:
        raise BadLine("", "is not UTF-8") from None
    except RecursionError:
        raise BadLine("", "is nested too deeply") from None
    except msgspec.DecodeError as error:
        what = str(error)
        if "surrogate" in what or _LONE_SURROGATE.search(line):
            raise BadLine("", "holds half of a character (a lone surrogate)") from None
        raise BadLine("", f"is not a JSON object ({what.removeprefix('JSON is malformed: ')})") from None


def _worded(message: str) -> BadLine:
    """The decoder's message as a field and a sentence."""
    message, _, path = message.partition(" - at `$")
    place = path.rstrip("`").lstrip(".")
    if found := re.fullmatch(r"Object (contains unknown|missing required) field `(.*)`", message, re.DOTALL):
        field = ".".join(filter(None, (place, found[2][:80])))
        return BadLine(field, "is missing" if found[1].startswith("missing") else "is not a field of this kind")
    if found := re.fullmatch(r"Expected `(.*)`, got `(.*)`", message):
        return BadLine(place, f"should be {_type(found[1])}, not {_type(found[2])}")
    if found := re.fullmatch(r"Expected `(\w+)`", message):
        return BadLine(place, f"should be {_type(found[1])}")
    if found := re.fullmatch(r"Expected `(str|array|object)` of length (<=|>=) (\d+)", message):
        return BadLine(place, f"is too {'long' if found[2] == '<=' else 'short'} (the limit is {found[3]})")
    if found := re.fullmatch(r"Expected `int` (<=|>=) (-?\d+)", message):
        return BadLine(place, f"is too {'large' if found[1] == '<=' else 'small'} (the limit is {found[2]})")
    if found := re.fullmatch(r"Invalid RFC3339 encoded (date|datetime)", message):
        return BadLine(place, f"is not {_WORDS[found[1]]}")
    if message == "Number out of range":
        return BadLine(place, "is too large a number")
    if "timezone" in message:
        return BadLine(place, f"has no offset; give {_WORDS['datetime']}")
    if found := re.fullmatch(r"Invalid (?:enum )?value '(.*)'", message, re.DOTALL):
        return BadLine(place, f"{found[1][:40]!r} is not one of the known words")
    if "matching regex" in message:
        return BadLine(place, "does not have the form that this field needs")
    return BadLine(place, f"is wrong: {message[:200]}")


_TYPES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number with decimals",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def _type(said: str) -> str:
    return " or ".join(_WORDS.get(name, _TYPES.get(name, name)) for name in said.split(" | "))
