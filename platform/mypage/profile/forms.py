"""The form of the customer's own data, made of what the operator declares: only what may be changed is an input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mypage.forms.choices import ChoiceField
from mypage.forms.fields import EmailField
from mypage.forms.form import PortalForm
from mypage.forms.numbers import CountField, PhoneField
from mypage.hooks.profile import ProfileField, ProfileForm
from mypage.i18n import Translator
from mypage.profile.pages import ProfileRow

Values = Mapping[str, str]


def profile_form(rules: ProfileForm, data: Any, *, t: Translator, values: Values | None = None) -> PortalForm:
    """Inputs under the names of the fields; a locked field has none, so that posting it does nothing (UCOM-123)."""
    fields = {field.name: _input(field) for field in rules.fields if not field.locked}
    return PortalForm(fields, data, t=t, values=values)


def entered(rules: ProfileForm, form: PortalForm) -> dict[str, str]:
    """The values of a valid form by name."""
    return {field.name: form.text(field.name) for field in rules.fields if not field.locked}


def form_rows(rules: ProfileForm, values: Values) -> Iterator[ProfileRow]:
    """The rows of the form: inputs, and the stored values of what is locked."""
    for field in rules.fields:
        yield _row(field, values, field="" if field.locked else field.name)


def value_rows(rules: ProfileForm, values: Values) -> Iterator[ProfileRow]:
    """The rows of the later steps: every field with its value, blank ones too (UCOM-125)."""
    for field in rules.fields:
        yield _row(field, values)


def _row(rules: ProfileField, values: Values, field: str = "") -> ProfileRow:
    value = values.get(rules.name, "")
    return ProfileRow(
        rules.label,
        value.replace("-", "/") if rules.kind == "birth-date" else value,
        field,
        rules.required,
        rules.kind == "choice",
        rules.unit,
        rules.help,
    )


def _input(field: ProfileField) -> Any:
    words: dict[str, Any] = {"description": field.help, "required": field.required}
    match field.kind:
        case "choice":
            blank = () if field.required else (("", "Not stated"),)
            options = (*blank, *((choice, choice) for choice in field.choices))
            return ChoiceField(field.label, options=options, cards=field.required, **words)
        case "count":
            return CountField(field.label, **words)
        case "email":
            return EmailField(field.label, **words)
        case "fax":
            return PhoneField(field.label, autocomplete="off", **words)
        case "mobile":
            return PhoneField(field.label, autocomplete="tel", **words)
        case _:
            return PhoneField(field.label, **words)
