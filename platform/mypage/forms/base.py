"""What all fields share: taking the first text of their name, cleaning it, checking presence, characters and length."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from wtforms.fields import Field
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from mypage.forms.form import PortalForm, readable
from mypage.i18n import Translator

Check = Callable[[PortalForm, Any], None]
"""An additional rule: raises wtforms.validators.ValidationError with a translated message."""

SHOWN_AGAIN = 2_000
"""Characters of a refused value that are put back into the page."""


@dataclass(frozen=True, slots=True)
class Note:
    """A line below a control; `code` sets it apart, for instance a mail domain to allow."""

    text: str
    code: bool = False


class PortalField(Field):
    """Base of all fields: takes the first text of its name, cleans it, and checks presence, characters and length."""

    kind: ClassVar[str] = "text"
    input_type: ClassVar[str] = "text"
    numeric: ClassVar[bool] = False
    fold: ClassVar[bool] = False
    trim: ClassVar[bool] = True
    one_line: ClassVar[bool] = True
    attributes: ClassVar[Mapping[str, str]] = {}
    data: Any

    def __init__(
        self,
        label: str,
        *,
        description: str = "",
        required: bool = True,
        min_length: int = 0,
        max_length: int = 200,
        size: str = "m",
        notes: Sequence[Note] = (),
        checks: Sequence[Check] = (),
        render_kw: Mapping[str, Any] | None = None,
        **bound: Any,
    ) -> None:
        """`description` is the help above the control, `checks` run when the field's own rules are met."""
        super().__init__(label, validators=tuple(checks), description=description, **bound)
        self.required, self.min_length, self.max_length = (
            required,
            min_length,
            max_length,
        )
        self.size, self.notes = size, tuple(notes)
        self.render_kw = {**self.attributes, **(render_kw or {})}
        self.flags.required = required
        self._readable = True

    def clean(self, value: str) -> str:
        """The value as it is compared and stored."""
        if self.fold:
            value = unicodedata.normalize("NFKC", value)
        return value.strip() if self.trim else value

    @property
    def shown(self) -> str:
        """What is put back into the control."""
        return str(self.data or "")[:SHOWN_AGAIN]

    @property
    def focus_id(self) -> str:
        """The id of the control that a message leads to."""
        return self.id

    def read(self, values: Sequence[Any]) -> str:
        """The first text among the posted values; empty and marked when it cannot be read."""
        value = next((v for v in values if isinstance(v, str)), "")
        if not readable(value) or (self.one_line and any(c in value.strip() for c in "\r\n")):
            self._readable = False
            return ""
        return self.clean(value)

    def process_data(self, value: Any) -> None:
        """Take an initial value."""
        self.data = "" if value is None else value

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was posted."""
        self.data = self.read(valuelist)

    def pre_validate(self, form: BaseForm) -> None:
        """Presence, characters, length, then `check`. Raises StopValidation."""
        assert isinstance(form, PortalForm)
        t, label = form.t, form.t(self.label.text)
        if not self._readable:
            raise StopValidation(t("%(label)s contains characters that cannot be used", label=label))
        if not self.data:
            raise StopValidation(self.missing(t, label) if self.required else "")
        if isinstance(self.data, str):
            self.check_length(t, label, len(self.data))
        self.check(t, label)

    def check_length(self, t: Translator, label: str, length: int) -> None:
        """Raises StopValidation."""
        if length > self.max_length:
            raise StopValidation(
                t(
                    "%(label)s is too long. The limit is %(limit)s characters",
                    label=label,
                    limit=self.max_length,
                )
            )
        if length < self.min_length:
            raise StopValidation(
                t(
                    "%(label)s is too short. Enter %(limit)s characters or more",
                    label=label,
                    limit=self.min_length,
                )
            )

    def missing(self, t: Translator, label: str) -> str:
        """The message for an empty required field."""
        return t("Enter %(label)s", label=label)

    def check(self, t: Translator, label: str) -> None:
        """The rule of the kind of field. Raises StopValidation."""
