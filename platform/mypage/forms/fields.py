"""The fields of the portal: bad input becomes a message at the field, never an exception.

Labels and helps are handed in per request (they belong to the operator); messages come from the form's translator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from email_validator import EmailNotValidError, validate_email
from wtforms.validators import StopValidation, ValidationError

from mypage.forms.base import SHOWN_AGAIN, Check, Note, PortalField
from mypage.forms.form import PortalForm, readable
from mypage.i18n import Translator
from mypage.lib.card_numbers import holds_card_number
from mypage.lib.text import is_half_width

__all__ = [
    "CaptchaField",
    "Check",
    "CustomerNumberField",
    "EmailField",
    "FoldedTextField",
    "LoginIdField",
    "LoginNumberField",
    "Note",
    "Part",
    "PartsField",
    "PasswordField",
    "PortalField",
    "PortalForm",
    "TextAreaField",
    "TextField",
    "same_as",
]


class TextField(PortalField):
    """A line of text without a card's number in it; blanks around it go away."""

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        # Whatever people type into a free text, card data must not be kept here.
        if holds_card_number(self.data):
            raise StopValidation(t("Please leave out the number of your card: it is not to be kept here"))


class FoldedTextField(PortalField):
    """A line of text in which full-width letters and digits count as half-width (NFKC)."""

    fold = True


class TextAreaField(TextField):
    """Several lines of text."""

    kind = "textarea"
    one_line = False


class LoginIdField(PortalField):
    """A login ID: trimmed, nothing else changed."""

    attributes: ClassVar[Mapping[str, str]] = {
        "autocomplete": "username",
        "autocapitalize": "none",
        "spellcheck": "false",
    }


class LoginNumberField(LoginIdField):
    """A login ID that is a number: the same with the keyboard of digits."""

    numeric = True
    attributes: ClassVar[Mapping[str, str]] = {**LoginIdField.attributes, "inputmode": "numeric"}


class CustomerNumberField(PortalField):
    """A customer number: blanks around it go away and full-width digits become half-width."""

    fold, numeric = True, True
    attributes: ClassVar[Mapping[str, str]] = {
        "autocomplete": "off",
        "autocapitalize": "none",
        "spellcheck": "false",
        "inputmode": "numeric",
    }


class PasswordField(PortalField):
    """A secret: taken as typed, never put back into the page. `new` tells password managers to offer one."""

    kind, input_type, trim = "password", "password", False
    attributes: ClassVar[Mapping[str, str]] = {
        "autocapitalize": "none",
        "spellcheck": "false",
    }

    def __init__(self, label: str, *, new: bool = False, max_length: int = 1_000, **options: Any) -> None:
        """`max_length` only bounds the work of hashing; the operator's rule is the password policy."""
        super().__init__(label, max_length=max_length, **options)
        self.render_kw = {
            "autocomplete": "new-password" if new else "current-password",
            **(self.render_kw or {}),
        }

    @property
    def shown(self) -> str:
        """Nothing."""
        return ""


class EmailField(PortalField):
    """A mail address: syntax only, no look-up. Full-width letters become half-width."""

    input_type, fold = "email", True
    attributes: ClassVar[Mapping[str, str]] = {
        "autocomplete": "email",
        "autocapitalize": "none",
        "spellcheck": "false",
    }

    def __init__(self, label: str, *, max_length: int = 254, size: str = "l", **options: Any) -> None:
        """254 is the limit of the mail protocol."""
        super().__init__(label, max_length=max_length, size=size, **options)

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        if "@" not in self.data:
            raise StopValidation(t('There is no "@" in the mail address. Example: hanako@example.jp'))
        try:
            found = validate_email(self.data, check_deliverability=False, allow_smtputf8=False)
        except EmailNotValidError as error:
            message = t("The mail address is not complete or has a wrong character. Example: hanako@example.jp")
            raise StopValidation(message) from error
        self.data = found.ascii_email or found.normalized


@dataclass(frozen=True, slots=True)
class Part:
    """One of the inputs of a PartsField."""

    id: str
    name: str
    shown: str


class PartsField(PortalField):
    """A value of `count` inputs named `<name>_1` … ; `data` is a tuple of the parts, trimmed and otherwise as typed."""

    kind, numeric = "parts", True
    attributes: ClassVar[Mapping[str, str]] = {
        "autocomplete": "off",
        "autocapitalize": "none",
        "spellcheck": "false",
    }

    def __init__(
        self,
        label: str,
        *,
        count: int = 3,
        separator: str = "-",
        size: str = "xs",
        **options: Any,
    ) -> None:
        """`separator` stands between the inputs."""
        super().__init__(label, size=size, **options)
        self.count, self.separator = count, separator

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read the parts; `data` is a sequence of them."""
        self.process_errors = []
        initial = data if isinstance(data, tuple | list) else ()
        if formdata is None:
            self.data = tuple(str(p) for p in initial)[: self.count] + ("",) * (self.count - len(initial))
            return
        self.data = tuple(
            self.read(formdata.getlist(self._name(i)) if self._name(i) in formdata else []) for i in range(self.count)
        )

    def _name(self, index: int) -> str:
        return f"{self.name}_{index + 1}"

    @property
    def parts(self) -> tuple[Part, ...]:
        """The inputs, for the template."""
        return tuple(Part(f"{self.id}_{i + 1}", self._name(i), text[:SHOWN_AGAIN]) for i, text in enumerate(self.data))

    @property
    def focus_id(self) -> str:
        """The first empty part, else the first."""
        return next((p.id for p in self.parts if not p.shown), f"{self.id}_1")

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        if not any(self.data):
            raise StopValidation(self.missing(t, label) if self.required else "")
        if not all(self.data):
            raise StopValidation(t("Fill in all parts of %(label)s", label=label))
        if not all(is_half_width(part) for part in self.data):
            raise StopValidation(t("Enter %(label)s in half-width characters", label=label))
        self.check_length(t, label, sum(len(part) for part in self.data))


class CaptchaField(PortalField):
    """The digits of a picture; never put back. `wants_new` is set when another picture was asked for.

    The posted `<name>_token`, which says which picture was shown, is in `token`.
    """

    kind, numeric, fold = "captcha", True, True
    token = ""
    wants_new = False

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read the digits, the picture's token and the button."""
        super().process(formdata, data, extra_filters=extra_filters)
        if formdata is not None:
            self.wants_new = f"{self.name}_new" in formdata
            name = f"{self.name}_token"
            token = next(iter(formdata.getlist(name)), "") if name in formdata else ""
            self.token = token if isinstance(token, str) and len(token) <= 200 and readable(token) else ""

    def clean(self, value: str) -> str:
        """Half-width, without blanks."""
        return "".join(super().clean(value).split())

    def missing(self, t: Translator, label: str) -> str:
        """Says what to enter, for the label names the check and not the value."""
        return t("Enter the digits of the picture")

    @property
    def shown(self) -> str:
        """Nothing."""
        return ""


def same_as(name: str) -> Check:
    """The check of a field that repeats the password in field `name`."""

    def check(form: PortalForm, field: Any) -> None:
        if field.data != form[name].data:
            raise ValidationError(form.t("The password and its repetition differ. Please enter both again"))

    return check
