"""Fields for what is written in Japan in a way of its own: readings, full width, postal codes, days."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, ClassVar

from wtforms.validators import StopValidation

from mypage.forms.base import PortalField
from mypage.forms.fields import TextField
from mypage.i18n import Translator
from mypage.lib.postal import fold_postal, written_postal
from mypage.lib.width import full_katakana, full_width

_READING = re.compile("[\u30a1-\u30fe・\u3000（）．，＆０-９Ａ-Ｚａ-ｚ]+")
_WRITTEN_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class KanaField(TextField):
    """A reading; hiragana and half-width kana become full-width katakana."""

    def clean(self, value: str) -> str:
        """In full-width katakana."""
        return full_katakana(value)

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        if not _READING.fullmatch(self.data):
            raise StopValidation(t("Enter %(label)s in full-width katakana", label=label))


class FullWidthField(TextField):
    """A line of text that is kept in full width."""

    def check(self, t: Translator, label: str) -> None:
        """After looking for a card's number. Raises StopValidation."""
        super().check(t, label)
        self.data = full_width(self.data)


class DigitsField(PortalField):
    """Digits only, of a fixed or bounded number; hyphens and blanks that were typed go away."""

    fold, numeric = True, True
    attributes: ClassVar[Mapping[str, str]] = {"inputmode": "numeric", "autocomplete": "off"}

    def clean(self, value: str) -> str:
        """Half-width, without blanks and hyphens."""
        return re.sub(r"[\s\-\u2010-\u2015\u2212\u30fc]+", "", super().clean(value))

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        if not (self.data.isascii() and self.data.isdecimal()):
            raise StopValidation(t("Enter %(label)s in digits", label=label))


class PostalField(PortalField):
    """A postal code; `data` is written with its hyphen."""

    fold, numeric = True, True
    attributes: ClassVar[Mapping[str, str]] = {"inputmode": "numeric", "autocomplete": "postal-code"}

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        try:
            self.data = written_postal(fold_postal(self.data))
        except ValueError as error:
            raise StopValidation(t("Enter %(label)s as seven digits. Example: 171-0022", label=label)) from error


class DayField(PortalField):
    """A day; `data` is ISO 8601. `right` is None for a day that may be chosen, else the sentence that says why not."""

    input_type, fold, numeric = "date", True, True

    def __init__(
        self,
        label: str,
        *,
        first: date,
        last: date,
        right: Callable[[date], str | None],
        size: str = "s",
        **options: Any,
    ) -> None:
        """`first` and `last` bound what a browser's calendar offers."""
        super().__init__(label, max_length=20, size=size, **options)
        self.right = right
        self.render_kw = {**(self.render_kw or {}), "min": first.isoformat(), "max": last.isoformat()}

    def clean(self, value: str) -> str:
        """2026/12/1 and 2026年12月1日 mean a day, too."""
        text = super().clean(value)
        found = _WRITTEN_DAY.fullmatch(text)
        return f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}" if found else text

    def missing(self, t: Translator, label: str) -> str:
        """Choosing, not entering."""
        return t("Choose %(label)s", label=label)

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        try:
            day = date.fromisoformat(self.data)
        except ValueError as error:
            raise StopValidation(t("Enter %(label)s as a day. Example: 2026-12-01", label=label)) from error
        if (why := self.right(day)) is not None:
            raise StopValidation(why)
