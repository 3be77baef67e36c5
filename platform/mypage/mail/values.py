"""The values of a mail as JSON: text, lines of it, whole numbers, yes or no, instants; so nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from mypage.lib.text import BadText, clean_text
from mypage.mail.errors import BadMail

MailValue = str | int | bool | datetime | tuple[str, ...]
_INSTANT = "instant"


def pack_values(values: Mapping[str, MailValue]) -> bytes:
    """Raises BadMail for another type, an instant without a zone, and text with line breaks or control characters."""
    return json.dumps({key: _packed(key, value) for key, value in values.items()}, ensure_ascii=False).encode()


def unpack_values(packed: bytes) -> dict[str, MailValue]:
    """What `pack_values` was given."""
    return {key: _unpacked(value) for key, value in json.loads(packed).items()}


def one_line(what: str, text: str) -> str:
    """`text` when it is one clean line. Raises BadMail naming `what`, never the text."""
    try:
        cleaned = clean_text(text)
    except BadText as error:
        raise BadMail(f"{what}: {error}") from error
    return cleaned


def _packed(key: str, value: object) -> object:
    match value:
        case bool() | int():
            return value
        case str():
            return one_line(key, value)
        case tuple():
            return [one_line(key, line) for line in value]
        case datetime() if value.tzinfo is not None:
            return {_INSTANT: value.isoformat()}
    raise BadMail(
        f"{key}: a mail cannot hold a {type(value).__name__}; give text, lines, int, bool or an aware datetime"
    )


def _unpacked(value: object) -> MailValue:
    match value:
        case {"instant": str(text)}:
            return datetime.fromisoformat(text)
        case list():
            return tuple(str(line) for line in value)
        case bool() | int() | str():
            return value
    raise BadMail("the sealed values are not those of a mail")
