"""Catalogues read from .po files at start, layered core → operator → theme, so that an operator can reword any text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from babel.messages.pofile import PoFileError, read_po

LOCALES = ("ja", "en")


class Translator(Protocol):
    """Turns a msgid into the text of one language; placeholders are `%(name)s`."""

    def __call__(self, message: str, /, **values: Any) -> str:
        """The text with the values filled in."""
        ...


class CatalogueError(ValueError):
    """A .po file cannot be read; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of one locale. A message without an entry is shown as it is written in the source."""

    locale: str
    messages: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def __call__(self, message: str, /, **values: Any) -> str:
        """Translate `message`, then fill in the values."""
        text = self.messages.get(message, message)
        return text % values if values else text

    def plural(self, one: str, many: str, count: int, /, **values: Any) -> str:
        """Translate a counted message; `count` fills `%(count)s`."""
        forms = self.plurals.get((one, many))
        if forms is None:
            text = one if count == 1 else many
        else:
            text = forms[0] if len(forms) == 1 or count == 1 else forms[1]
        return text % {"count": count, **values}


def read_po_folder(folder: Path) -> list[Path]:
    """The .po files of a folder in a stable order; an absent folder holds none."""
    return sorted(folder.glob("*.po")) if folder.is_dir() else []


def load_catalogue(locale: str, files: Iterable[Path]) -> Catalogue:
    """Merge .po files; later files win. Fuzzy and empty entries are ignored.

    Raises CatalogueError when a file cannot be parsed.
    """
    messages: dict[str, str] = {}
    plurals: dict[tuple[str, str], tuple[str, ...]] = {}
    for path in files:
        try:
            parsed = read_po(BytesIO(path.read_bytes()), locale=locale, abort_invalid=True)
        except PoFileError as error:
            raise CatalogueError(f"{path}: {error}; mend the entry it names") from error
        for message in parsed:
            if not message.id or message.fuzzy or not message.string:
                continue
            if isinstance(message.id, tuple | list):
                forms = (message.string,) if isinstance(message.string, str) else tuple(message.string)
                plurals[(message.id[0], message.id[1])] = forms
            elif isinstance(message.string, str):
                messages[message.id] = message.string
    return Catalogue(locale, messages, plurals)
