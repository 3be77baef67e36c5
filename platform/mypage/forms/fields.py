"""The fields of the portal and the form that holds them: bad input becomes a message, never an exception.

Labels and helps are handed in per request (they belong to the operator); messages come from the translator `t`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from email_validator import EmailNotValidError, validate_email
from wtforms.fields import Field
from wtforms.form import BaseForm
from wtforms.validators import StopValidation, ValidationError

from mypage.i18n import Translator

Check = Callable[["PortalForm", Any], None]
"""An additional rule: raises wtforms.validators.ValidationError with a translated message."""

SHOWN_AGAIN = 2_000
"""Characters of a refused value that are put back into the page."""


@dataclass(frozen=True, slots=True)
class Note:
    """A line below a control; `code` sets it apart, for instance a mail domain to allow."""

    text: str
    code: bool = False


class FormData:
    """A plain mapping of lists in the shape that forms read; for callers without a request."""

    def __init__(self, values: Mapping[str, Sequence[Any]]) -> None:
        """Take the values as they are."""
        self._values = values

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getlist(self, name: str) -> list[Any]:
        """All values of one name, in order."""
        return list(self._values.get(name, ()))


def readable(value: str) -> bool:
    """Whether a value can be stored and shown: no NUL or other control character but line ends, no half surrogate."""
    return not any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\r\n" for c in value)


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
        self.required, self.min_length, self.max_length = required, min_length, max_length
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
                t("%(label)s is too long. The limit is %(limit)s characters", label=label, limit=self.max_length)
            )
        if length < self.min_length:
            raise StopValidation(
                t("%(label)s is too short. Enter %(limit)s characters or more", label=label, limit=self.min_length)
            )

    def missing(self, t: Translator, label: str) -> str:
        """The message for an empty required field."""
        return t("Enter %(label)s", label=label)

    def check(self, t: Translator, label: str) -> None:
        """The rule of the kind of field. Raises StopValidation."""


class TextField(PortalField):
    """A line of text; blanks around it go away."""


class FoldedTextField(PortalField):
    """A line of text in which full-width letters and digits count as half-width (NFKC)."""

    fold = True


class TextAreaField(PortalField):
    """Several lines of text."""

    kind = "textarea"
    one_line = False


class LoginIdField(PortalField):
    """A login ID: trimmed, nothing else changed."""

    attributes = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}


class CustomerNumberField(PortalField):
    """A customer number: blanks around it go away and full-width digits become half-width."""

    fold, numeric = True, True
    attributes = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "inputmode": "numeric"}


class PasswordField(PortalField):
    """A secret: taken as typed, never put back into the page. `new` tells password managers to offer one."""

    kind, input_type, trim = "password", "password", False
    attributes = {"autocapitalize": "none", "spellcheck": "false"}

    def __init__(self, label: str, *, new: bool = False, max_length: int = 1_000, **options: Any) -> None:
        """`max_length` only bounds the work of hashing; the operator's rule is the password policy."""
        super().__init__(label, max_length=max_length, **options)
        self.render_kw = {"autocomplete": "new-password" if new else "current-password", **(self.render_kw or {})}

    @property
    def shown(self) -> str:
        """Nothing."""
        return ""


class EmailField(PortalField):
    """A mail address: syntax only, no look-up. Full-width letters become half-width."""

    input_type, fold = "email", True
    attributes = {"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}

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
    attributes = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}

    def __init__(self, label: str, *, count: int = 3, separator: str = "-", size: str = "xs", **options: Any) -> None:
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
            token = next(iter(formdata.getlist(f"{self.name}_token")), "")
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


class ChoiceField(PortalField):
    """One of `options`, pairs or triples of value, label and explaining text. `cards` shows all of them at once."""

    def __init__(self, label: str, *, options: Sequence[tuple[str, ...]], cards: bool = False, **rest: Any) -> None:
        """Without `cards` it is a pulldown."""
        super().__init__(label, **rest)
        self.options = tuple(options)
        self._cards = cards

    @property
    def kind(self) -> str:  # type: ignore[override]
        """How it is drawn."""
        return "choices" if self._cards else "select"

    def missing(self, t: Translator, label: str) -> str:
        """Choosing is not entering."""
        return t("Choose %(label)s", label=label)

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        if self.data not in {option[0] for option in self.options}:
            raise StopValidation(t("Choose %(label)s", label=label))


class TickField(PortalField):
    """A tick; `data` is a bool. A required tick is a consent."""

    kind = "tick"

    def process_data(self, value: Any) -> None:
        """Take an initial value."""
        self.data = bool(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Posted at all means ticked."""
        self.data = bool(valuelist)

    def missing(self, t: Translator, label: str) -> str:
        """Names the tick."""
        return t('Tick "%(label)s" to go on', label=label)


def same_as(name: str) -> Check:
    """The check of a field that repeats the password in field `name`."""

    def check(form: PortalForm, field: Any) -> None:
        if field.data != form[name].data:
            raise ValidationError(form.t("The password and its repetition differ. Please enter both again"))

    return check


class PortalForm(BaseForm):
    """A form built per request: `PortalForm({"login_id": LoginIdField("ログインID")}, data, t=t)`.

    `data` is what was posted (a request's form, FormData or a mapping of lists), None before the first post.
    `values` are initial values. `prefix` keeps ids and names apart when a page has two forms.
    """

    def __init__(
        self,
        fields: Mapping[str, Any],
        data: Any = None,
        *,
        t: Translator,
        values: Mapping[str, Any] | None = None,
        prefix: str = "",
    ) -> None:
        """Bind and fill the fields; nothing is checked yet."""
        super().__init__(dict(fields), prefix=prefix)
        self.t = t
        if data is not None and not hasattr(data, "getlist") and not hasattr(data, "getall"):
            data = FormData(data)
        self.process(data, data=dict(values or {}))

    def text(self, name: str) -> str:
        """The cleaned text of one field."""
        return str(self[name].data or "")

    def add_error(self, name: str | None, message: str) -> None:
        """Add a message found outside the form to a field, or to the form as a whole (None). Call after `validate`."""
        if name is None:
            self.form_errors = [*self.form_errors, message]
        else:
            self[name].errors = [*self[name].errors, message]

    def errors_for_summary(self) -> list[tuple[str, str]]:
        """(id of the control, message) in the order of the page; messages of the whole form come first, without id."""
        whole = [("", str(message)) for message in self.form_errors]
        return whole + [(field.focus_id, str(field.errors[0])) for field in self if field.errors]
