"""The fields of the second step: codes in any width and grouping, and the holder's names for devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from wtforms.validators import StopValidation

from mypage.auth.factors.recovery_codes import fold_recovery
from mypage.auth.factors.totp import fold_code
from mypage.forms.base import PortalField
from mypage.forms.fields import TextField
from mypage.forms.form import PortalForm
from mypage.i18n import Translator

LONGEST_NAME = 30


class ProofField(PortalField):
    """What proves possession; never put back into the page."""

    @property
    def shown(self) -> str:
        """Nothing."""
        return ""


class AppCodeField(ProofField):
    """The six digits of an authenticator app."""

    fold, numeric = True, True
    attributes: ClassVar[Mapping[str, str]] = {
        "autocomplete": "one-time-code",
        "inputmode": "numeric",
        "autocapitalize": "none",
        "spellcheck": "false",
    }

    def missing(self, t: Translator, label: str) -> str:
        """Says where the digits are."""
        return t("Enter the 6 digits that your authenticator app shows now")

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        if fold_code(self.data) is None:
            raise StopValidation(t("The code has 6 digits. Enter all of them, and nothing else"))


class RecoveryCodeField(ProofField):
    """A recovery code."""

    attributes: ClassVar[Mapping[str, str]] = {
        "autocomplete": "off",
        "autocapitalize": "characters",
        "spellcheck": "false",
    }

    def missing(self, t: Translator, label: str) -> str:
        """Says where the code is."""
        return t("Enter one of the recovery codes that you printed or wrote down")

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        if fold_recovery(self.data) is None:
            raise StopValidation(t("A recovery code has 12 letters and digits. Please compare with your paper"))


def app_code_form(data: Any, *, t: Translator) -> PortalForm:
    """`code`, of the app."""
    return PortalForm({"code": AppCodeField("6-digit code", size="s")}, data, t=t)


def recovery_form(data: Any, *, t: Translator) -> PortalForm:
    """`code`, from paper."""
    return PortalForm({"code": RecoveryCodeField("Recovery code", size="m")}, data, t=t)


def new_app_form(data: Any, *, t: Translator) -> PortalForm:
    """`code` that proves that the app has the key, and `name`."""
    fields = {"code": AppCodeField("6-digit code", size="s"), "name": _name()}
    return PortalForm(fields, data, t=t, values={"name": t("Authenticator app")})


def name_form(data: Any, *, t: Translator, name: str = "") -> PortalForm:
    """`name` alone."""
    return PortalForm({"name": _name()}, data, t=t, values={"name": name})


def _name() -> TextField:
    return TextField(
        "Name",
        description="So that you can tell several apart, for example: my smartphone",
        max_length=LONGEST_NAME,
        size="m",
    )
