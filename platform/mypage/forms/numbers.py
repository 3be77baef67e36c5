"""Fields for telephone numbers and small counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from wtforms.validators import StopValidation

from mypage.forms.base import PortalField
from mypage.i18n import Translator
from mypage.lib.phones import fold_phone


class PhoneField(PortalField):
    """A telephone number in Japan; `data` has half-width digits and hyphens."""

    input_type, fold, numeric = "tel", True, True
    attributes: ClassVar[Mapping[str, str]] = {"inputmode": "tel"}

    def __init__(self, label: str, *, max_length: int = 40, autocomplete: str = "tel", **options: Any) -> None:
        """`autocomplete` is "off" for a number that browsers do not know, such as a fax."""
        super().__init__(label, max_length=max_length, **options)
        self.render_kw = {**(self.render_kw or {}), "autocomplete": autocomplete}

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        try:
            self.data = fold_phone(self.data)
        except ValueError as error:
            text = "Enter %(label)s with its area code. Example: 03-1234-5678"
            raise StopValidation(t(text, label=label)) from error


class CountField(PortalField):
    """A whole number from 0 to `most`; `data` is its text."""

    fold, numeric = True, True
    attributes: ClassVar[Mapping[str, str]] = {"inputmode": "numeric", "autocomplete": "off"}

    def __init__(self, label: str, *, most: int = 99, size: str = "xs", **options: Any) -> None:
        """`most` bounds the number."""
        super().__init__(label, max_length=20, size=size, **options)
        self.most = most

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        if not (self.data.isascii() and self.data.isdecimal() and int(self.data) <= self.most):
            raise StopValidation(t("Enter %(label)s as a number from 0 to %(most)s", label=label, most=self.most))
        self.data = str(int(self.data))
