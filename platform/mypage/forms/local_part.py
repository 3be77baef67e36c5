"""The field of what stands before the @ of an address that the operator hands out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from wtforms.validators import StopValidation

from mypage.forms.base import PortalField
from mypage.hooks.mailboxes import LocalPart
from mypage.i18n import Translator


class LocalPartField(PortalField):
    """What stands before the @ of an own address. Who types the whole address means the same."""

    attributes: ClassVar[Mapping[str, str]] = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}

    def __init__(self, label: str, *, rule: LocalPart, domain: str = "", **options: Any) -> None:
        """`rule` is the operator's; without a `domain` the system picks one, and an @ is refused."""
        super().__init__(label, **options)
        self.rule, self.domain = rule, domain

    def clean(self, value: str) -> str:
        """Without the domain."""
        cleaned = super().clean(value)
        return cleaned.removesuffix(f"@{self.domain}") if self.domain else cleaned

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        broken = self.rule.broken(self.data)
        if broken == "characters":
            marks = " ".join(sorted(self.rule.alphabet.symbols))
            raise StopValidation(
                t("%(label)s: use half-width small letters, digits and %(marks)s only", label=label, marks=marks)
                if marks
                else t("%(label)s: use half-width small letters and digits only", label=label)
            )
        if broken == "length":
            least, most = self.rule.length
            raise StopValidation(
                t("%(label)s: enter %(least)s to %(most)s characters", label=label, least=least, most=most)
            )
        if broken == "symbols":
            raise StopValidation(
                t("%(label)s: no symbol may be first or last, and no two may stand together", label=label)
            )
        if broken == "reserved":
            raise StopValidation(t("This mail address cannot be used. Please choose another one"))
