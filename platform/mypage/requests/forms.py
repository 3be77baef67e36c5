"""A form of the catalogue as inputs: made of its fields, filled from what the customer has, checked with conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from wtforms.validators import ValidationError

from mypage.forms.base import PortalField
from mypage.forms.choices import ChecksField, ChoiceField, TickField
from mypage.forms.fields import Check, EmailField, TextAreaField, TextField
from mypage.forms.form import PortalForm
from mypage.forms.japanese import DayField, DigitsField, FullWidthField, KanaField, PostalField
from mypage.forms.numbers import PhoneField
from mypage.hooks.requests import DayWindow, RequestField, RequestForm
from mypage.i18n import Translator
from mypage.lib.postal import find_address
from mypage.requests.content import Entered, needed, present
from mypage.requests.having import Having
from mypage.work.due import ClosedDays, business_day, is_business_day

PREFIX = "f"
CONTRACT = "contract"
AGAIN = "_again"
_TEXTS: Mapping[str, Callable[..., PortalField]] = {
    "text": TextField,
    "full-width": FullWidthField,
    "kana": KanaField,
    "digits": DigitsField,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The day it is, and the days on which nobody works."""

    day: date
    closed: ClosedDays


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A form of the catalogue with what was entered so far. `problems` are of its files, by field."""

    rules: RequestForm
    fields: tuple[RequestField, ...]
    having: Having
    form: PortalForm

    def entered(self) -> dict[str, Any]:
        """The values of all inputs, as they are kept."""
        return {field.name: _kept(self.form[field.name].data) for field in self.fields if field.name in self.form}

    def present(self) -> tuple[RequestField, ...]:
        """The fields whose conditions what was entered meets."""
        return present(self.fields, self.entered())

    def filled(self) -> Entered:
        """What counts of it: the values of fields that are there."""
        entered = self.entered()
        return {field.name: entered[field.name] for field in self.present() if field.name in entered}

    @property
    def contract(self) -> str:
        """The number of the contract that was chosen."""
        if CONTRACT in self.form:
            return self.form.text(CONTRACT)
        return self.having.contract.number if self.having.contract else ""

    def check(self, t: Translator, files: Mapping[str, int]) -> bool:
        """Check every field that is there; the messages stand at the fields. `files` counts those handed in."""
        entered, there = self.entered(), {field.name: field for field in self.present()}
        for name, field in there.items():
            if name in self.form:
                _field(self.form, name).required = needed(field, entered, there) and field.kind != "file"
                if name + AGAIN in self.form:
                    # Leaving the first blank is no reason to type anything twice.
                    _field(self.form, name + AGAIN).required = bool(entered.get(name))
        self.form.validate()
        absent = [field.name for field in self.fields if field.name not in there]
        for name in absent:
            for each in (name, name + AGAIN):
                if each in self.form:
                    self.form[each].errors = ()
        for name, field in there.items():
            lacks = field.kind == "file" and needed(field, entered, there) and not files.get(name)
            if lacks and not self.form[name].errors:
                self.form.add_error(name, t("Choose a file for %(label)s", label=t(field.label)))
        return not any(field.errors for field in self.form)


def _field(form: PortalForm, name: str) -> PortalField:
    found = form[name]
    assert isinstance(found, PortalField)
    return found


class FileField(PortalField):
    """Stands for files in a form: it has no text of its own, only messages."""

    kind = "file"

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Files are no texts."""
        self.data = ""


def make_sheet(
    t: Translator,
    rules: RequestForm,
    fields: tuple[RequestField, ...],
    having: Having,
    today: Today,
    data: Any = None,
    values: Entered | None = None,
    *,
    contract_label: str,
) -> Sheet:
    """The inputs of a form. `data` is what was posted; else `values` from a draft, or what the customer has."""
    inputs: dict[str, Any] = {}
    if rules.about_contract and len(having.contracts) > 1:
        options = tuple((held.number, f"{held.number} {held.name}") for held in having.contracts)
        inputs[CONTRACT] = ChoiceField(contract_label, options=options)
    first = dict(values) if values is not None else {f.name: having.value(f) for f in fields if f.source and f.asks}
    if having.contract:
        first[CONTRACT] = having.contract.number
    for field in fields:
        if field.asks:
            inputs |= _inputs(t, field, having, today)
            if field.again and values is not None:
                first[field.name + AGAIN] = values.get(field.name, "")
    form = PortalForm(inputs, data, t=t, values=first, prefix=PREFIX)
    return Sheet(rules=rules, fields=fields, having=having, form=form)


def posted_contract(data: Mapping[str, str]) -> str:
    """The contract that a posted form chose; "" for none."""
    return data.get(f"{PREFIX}-{CONTRACT}", "")[:100]


def fill_address(sheet: Sheet, name: str) -> str:
    """Fill the address from the postal code in field `name`. Returns a msgid that says what came of it, "" for all."""
    field = next((each for each in sheet.fields if each.name == name and each.kind == "postal"), None)
    if field is None:
        return ""
    found = address_of(field, sheet.form.text(name))
    if found is None:
        return "We do not know this postal code. Please enter the address."
    values, whole = found
    for target, value in values.items():
        if target in sheet.form:
            sheet.form[target].data = value
    return "" if whole else "This postal code stands for several places. Please complete the address."


def address_of(field: RequestField, code: str) -> tuple[dict[str, str], bool] | None:
    """What the fields that a postal code fills get, and whether that is all; None for an unknown code or none."""
    try:
        found = find_address(code)
    except ValueError:
        return None
    if found is None:
        return None
    parts = (found.prefecture, found.city, found.town)
    values = parts if len(field.fills) == len(parts) else (found.text,)
    return dict(zip(field.fills, values, strict=False)), found.whole


def days_of(window: DayWindow, today: Today) -> tuple[date, date]:
    """The first and the last day that may be wished for."""
    first = business_day(today.day, window.first, today.closed) if window.first else today.day
    return first, _months_after(today.day, window.months)


def _inputs(t: Translator, field: RequestField, having: Having, today: Today) -> dict[str, Any]:
    made = {field.name: _input(t, field, having, today)}
    if field.again:
        again: type[PortalField] = EmailField if field.kind == "email" else PhoneField
        made[field.name + AGAIN] = again(
            field.again, checks=(_same(field.name),), render_kw={"autocomplete": "off"}, required=False
        )
    return made


def _input(t: Translator, field: RequestField, having: Having, today: Today) -> Any:
    words: dict[str, Any] = {"description": field.help, "required": field.required}
    options = tuple((each.value, each.label, each.text) for each in having.options(field))
    match field.kind:
        case "area":
            return TextAreaField(field.label, max_length=field.longest, min_length=field.shortest, **words)
        case "email":
            return EmailField(field.label, **words)
        case "phone":
            return PhoneField(field.label, **words)
        case "postal":
            return PostalField(field.label, max_length=20, size="s", **words)
        case "date":
            return _day(t, field, today, words)
        case "month":
            return ChoiceField(field.label, options=(("", "Please choose"), *_months(t, field, today)), **words)
        case "choice":
            pairs = tuple(option[:2] for option in options)
            return ChoiceField(field.label, options=(("", "Please choose"), *pairs), **words)
        case "radio" | "yes-no":
            return ChoiceField(field.label, options=_without_blanks(options), cards=True, **words)
        case "checks":
            return ChecksField(field.label, options=_without_blanks(options), **words)
        case "consent":
            return TickField(field.label, **words)
        case "file":
            return FileField(field.label, **{**words, "required": False})
    made = _TEXTS[field.kind]
    size = "l" if field.longest > 40 else "s" if field.longest <= 12 else "m"
    return made(field.label, max_length=field.longest, min_length=field.shortest, size=size, **words)


def _without_blanks(options: tuple[tuple[str, str, str], ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(option if option[2] else option[:2] for option in options)


def _day(t: Translator, field: RequestField, today: Today, words: Mapping[str, Any]) -> DayField:
    first, last = days_of(field.window, today)

    def right(day: date) -> str | None:
        label = t(field.label)
        if not first <= day <= last:
            return t(
                "Choose %(label)s from %(first)s to %(last)s",
                label=label,
                first=f"{first:%Y/%m/%d}",
                last=f"{last:%Y/%m/%d}",
            )
        if field.window.business and not is_business_day(day, today.closed):
            return t("%(label)s must be a business day: no Saturday, Sunday or holiday", label=label)
        return None

    return DayField(field.label, first=first, last=last, right=right, checks=_others(field), **words)


def _months(t: Translator, field: RequestField, today: Today) -> tuple[tuple[str, str], ...]:
    window = field.window
    months = (_months_after(today.day.replace(day=1), n) for n in range(window.first_month, window.months + 1))
    return tuple((f"{m:%Y-%m}", t("%(month)s/%(year)s", month=m.month, year=m.year)) for m in months)


def _months_after(day: date, count: int) -> date:
    year, month = divmod(day.month - 1 + count, 12)
    first = date(day.year + year, month + 1, 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))


def _same(name: str) -> Check:
    def check(form: PortalForm, field: Any) -> None:
        if field.data != form[name].data:
            raise ValidationError(
                form.t("%(label)s: both entries must be the same", label=form.t(form[name].label.text))
            )

    return check


def _others(field: RequestField) -> tuple[Check, ...]:
    def check(form: PortalForm, here: Any) -> None:
        for name in field.unlike:
            if name in form and form[name].data == here.data:
                other = form.t(form[name].label.text)
                raise ValidationError(
                    form.t("%(label)s must be another day than %(other)s", label=form.t(field.label), other=other)
                )

    return (check,) if field.unlike else ()


def _kept(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
