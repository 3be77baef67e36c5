"""The form of ending a contract, made of what the operator declares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from wtforms.validators import ValidationError

from mypage.forms.base import Check
from mypage.forms.choices import ChoiceField
from mypage.forms.fields import EmailField, TextAreaField, TextField
from mypage.forms.form import PortalForm
from mypage.forms.numbers import PhoneField
from mypage.hooks.terminations import EndChoice, EndField, Termination
from mypage.i18n import Translator
from mypage.terminations.days import day_text
from mypage.web.formdata import FormData

LINE, TEXT = 100, 1000
ID = "end-"
"""Before the name of a field: its id, so that no operator's name is that of another part of the page."""
AGAIN = "_again"
"""Behind the name of the mail address: its repetition."""


def ending_form(
    rules: Termination,
    days: tuple[date, ...],
    data: FormData | None,
    *,
    t: Translator,
    locale: str,
    values: Mapping[str, str] | None = None,
) -> PortalForm:
    """Inputs under the names of the fields. The details are those of the reason that `data` or `values` hold."""
    reason = rules.field("reason")
    chosen = _given(reason.name, data, values) if reason is not None else ""
    fields: dict[str, Any] = {}
    for field in rules.fields:
        fields[field.name] = _input(rules, field, days, chosen, locale)
        if field.kind == "email":
            same = _same_as(field)
            fields[field.name + AGAIN] = EmailField(
                field.again, checks=(same,), required=field.required, id=ID + field.name + AGAIN
            )
    if values is not None and (email := rules.field("email")) is not None:
        values = {**values, email.name + AGAIN: values.get(email.name, "")}
    return PortalForm(fields, data, t=t, values=values)


def entered(rules: Termination, form: PortalForm) -> dict[str, str]:
    """The values of the form by name, the repetition of the mail address left out."""
    return {field.name: form.text(field.name) for field in rules.fields}


def label_of(rules: Termination, field: EndField, answers: Mapping[str, str], locale: str) -> str:
    """What a value says: the label of a choice (a msgid), a day with its weekday, or what was typed."""
    value = answers.get(field.name, "")
    if field.kind == "date":
        return day_text(date.fromisoformat(value), locale) if value else ""
    reason = rules.field("reason")
    offered = _choices(rules, field, answers.get(reason.name, "") if reason else "")
    return next((choice.label for choice in offered if choice.code == value), value)


def _input(rules: Termination, field: EndField, days: tuple[date, ...], reason: str, locale: str) -> Any:
    words: dict[str, Any] = {"description": field.help, "required": field.required, "id": ID + field.name}
    match field.kind:
        case "date":
            options = tuple((day.isoformat(), day_text(day, locale)) for day in days)
            return ChoiceField(field.label, options=(("", rules.choose), *options), **words)
        case "reason" | "detail" | "choice":
            offered = tuple((choice.code, choice.label) for choice in _choices(rules, field, reason))
            hint = rules.reason_hint if field.kind == "detail" and not reason else rules.choose
            size = "m" if field.kind == "choice" else ""  # reasons are sentences: nothing of one is to be cut off
            return ChoiceField(field.label, options=(("", hint), *offered), size=size, **words)
        case "text":
            return TextAreaField(field.label, max_length=TEXT, size="l", render_kw={"rows": "3"}, **words)
        case "phone":
            return PhoneField(field.label, **words)
        case "fax":
            return PhoneField(field.label, autocomplete="off", **words)
        case "email":
            return EmailField(field.label, **words)
    return TextField(field.label, max_length=LINE, size="l", **words)


def _choices(rules: Termination, field: EndField, reason: str) -> tuple[EndChoice, ...]:
    match field.kind:
        case "reason":
            return tuple(EndChoice(each.code, each.label) for each in rules.reasons)
        case "detail":
            return next((each.details for each in rules.reasons if each.code == reason), ())
    return field.choices


def _given(name: str, data: FormData | None, values: Mapping[str, str] | None) -> str:
    if data is None:
        return (values or {}).get(name, "")
    found: list[str] = data.getlist(name)
    return found[0].strip() if found else ""


def _same_as(field: EndField) -> Check:
    def check(form: PortalForm, again: Any) -> None:
        if form[field.name].data and again.data.casefold() != str(form[field.name].data).casefold():
            raise ValidationError(form.t("The two mail addresses differ. Please check both"))

    return check
