"""What a request says: rows in the words that were read, kept with it, so that a later form changes none of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mypage.hooks.requests import RequestField, When
from mypage.i18n import Translator
from mypage.requests.having import Having

Entered = Mapping[str, Any]
"""Name of a field → its text, or the values that were ticked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRow:
    """One row: `label` and `chosen` are msgids, `value` was entered. `read` is the wording that was consented to."""

    name: str
    kind: str
    label: str
    value: str = ""
    chosen: tuple[str, ...] = ()
    read: str = ""

    def text(self, t: Translator) -> str:
        """The value for a file or a page in the reader's language."""
        if self.kind == "consent":
            return t("Agreed")
        if self.kind in ("date", "month"):
            return self.value.replace("-", "/")
        return t(", ").join(t(each) for each in self.chosen) if self.chosen else self.value

    def kept(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "name": self.name,
            "kind": self.kind,
            "label": self.label,
            "value": self.value,
            "chosen": list(self.chosen),
            "read": self.read,
        }


def rows_of(content: Sequence[Any]) -> tuple[ContentRow, ...]:
    """The rows of a stored request."""
    return tuple(
        ContentRow(
            name=row["name"],
            kind=row["kind"],
            label=row["label"],
            value=row["value"],
            chosen=tuple(row["chosen"]),
            read=row["read"],
        )
        for row in content
    )


def holds(when: When | None, entered: Entered, there: Iterable[str]) -> bool:
    """Whether a condition is met by what was entered; a field that is not there has no value."""
    if when is None:
        return True
    value = entered.get(when.name) if when.name in there else None
    values = value if isinstance(value, list | tuple) else (value,)
    return any(each in when.values for each in values)


def present(fields: tuple[RequestField, ...], entered: Entered) -> tuple[RequestField, ...]:
    """The fields whose conditions are met; a field that hangs on one which is not there is not there either."""
    there: dict[str, RequestField] = {}
    for field in fields:
        if holds(field.when, entered, there):
            there[field.name] = field
    return tuple(there.values())


def needed(field: RequestField, entered: Entered, there: Iterable[str]) -> bool:
    """Whether a field that is there must be filled in."""
    return field.required or (field.needed_when is not None and holds(field.needed_when, entered, there))


def content_rows(
    t: Translator,
    fields: tuple[RequestField, ...],
    entered: Entered,
    having: Having,
    files: Mapping[str, Sequence[str]],
) -> tuple[ContentRow, ...]:
    """What would be kept: a row for each field that is there, blank ones too. `t` is of the language it was read in."""
    return tuple(_rows(t, present(fields, entered), entered, having, files))


def _rows(
    t: Translator,
    fields: tuple[RequestField, ...],
    entered: Entered,
    having: Having,
    files: Mapping[str, Sequence[str]],
) -> Iterator[ContentRow]:
    for field in fields:
        row = ContentRow(name=field.name, kind=field.kind, label=field.label)
        match field.kind:
            case "note":
                continue
            case "consent":
                read = "\n".join(t(text) for text in (field.help, field.label) if text)
                if entered.get(field.name):
                    yield ContentRow(name=row.name, kind=row.kind, label=row.label, value="1", read=read)
            case "file":
                names = tuple(files.get(field.name, ()))
                yield ContentRow(name=row.name, kind=row.kind, label=row.label, value="\n".join(names))
            case "choice" | "radio" | "checks" | "yes-no":
                yield _chosen(field, entered, having)
            case _:
                value = entered.get(field.name, "") if field.asks else having.value(field)
                yield ContentRow(name=row.name, kind=row.kind, label=row.label, value=str(value or ""))


def _chosen(field: RequestField, entered: Entered, having: Having) -> ContentRow:
    value = entered.get(field.name) or ()
    values = tuple(value) if isinstance(value, list | tuple) else (str(value),)
    labels = {option.value: option.label for option in having.options(field)}
    return ContentRow(
        name=field.name,
        kind=field.kind,
        label=field.label,
        value="\n".join(values),
        chosen=tuple(labels.get(each, each) for each in values),
    )
