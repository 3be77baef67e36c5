"""A posted form, read once: text only, limited in size and number of fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

MAX_FIELDS = 500


class BadForm(ValueError):
    """The body is no form that a browser of ours sends."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form: the name that a browser gave it, and what it holds."""

    name: str
    content: bytes


class FormData(Mapping[str, str]):
    """Field → last value, with `getlist` for repeated fields; WTForms reads it as it is. `files` are by field."""

    def __init__(
        self, pairs: list[tuple[str, str]] | None = None, files: Mapping[str, Sequence[Upload]] | None = None
    ) -> None:
        """Keep the pairs in order."""
        self.files: Mapping[str, Sequence[Upload]] = files or {}
        self._values: dict[str, list[str]] = {}
        for name, value in pairs or []:
            self._values.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> str:
        return self._values[name][-1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getlist(self, name: str) -> list[str]:
        """Every value of a field, in order."""
        return list(self._values.get(name, ()))


def parse_form(body: bytes, content_type: str) -> FormData:
    """Read `application/x-www-form-urlencoded`. Raises BadForm for other bodies and for too many fields.

    Bytes that are no UTF-8 become replacement characters, which every field's check refuses or keeps visibly.
    """
    if not body:
        return FormData()
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise BadForm("unsupported content type")
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="replace")
    except (UnicodeDecodeError, ValueError) as error:
        raise BadForm(str(error)) from error
    return FormData(pairs)
