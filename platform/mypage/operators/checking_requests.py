"""What an operator's catalogue of requests says of itself: fields that there are, conditions that can be met."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import get_args

from mypage.hooks.requests import (
    FileType,
    RequestCatalogue,
    RequestField,
    RequestFieldKind,
    RequestForm,
    RequestOptions,
    RequestSource,
    RequestState,
    When,
)
from mypage.operators.checking_base import Wrong
from mypage.operators.operator import Operator

HOOK = "request_catalogue_items"
_CODE = re.compile(r"[a-z0-9-]{1,40}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LETTER = re.compile(r"[A-Z]{1,3}")
_CHOICES = ("choice", "radio", "checks")
_TEXTS = ("text", "area", "full-width", "kana", "digits")
_RESERVED = frozenset({"contract", "understood", "besides"})
_LONGEST, _MOST_FIELDS, _MOST_DAYS = 2000, 60, 250
_MOST_MEGABYTES, _ALL_MEGABYTES = 10, 30
_NUMBERED = 6
"""How many options of one field others can hang on: as many as the style sheet numbers."""

Told = Callable[[str], Exception]


def check_requests(operator: Operator, linked: Collection[str], wrong: Wrong) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""
    catalogue = operator.requests
    if catalogue is None:
        return
    if not _LETTER.fullmatch(catalogue.letter):
        raise wrong(HOOK, f"letter is {catalogue.letter!r}; give one to three capital letters")
    if strange := set(catalogue.states) - set(get_args(RequestState)):
        raise wrong(HOOK, f"states names {min(strange)!r}, which is no state")
    _check_codes("section", [section.code for section in catalogue.sections], wrong)
    _check_codes("form", [form.code for section in catalogue.sections for form in section.forms], wrong)
    for section in catalogue.sections:
        if not section.forms:
            raise wrong(HOOK, f"section {section.code!r} has no forms")
    known = operator.permissions.known()
    for form in catalogue.forms.values():
        if form.permission not in known:
            raise wrong(HOOK, f"{form.code}: no role holds permission {form.permission!r}")
        _check_form(catalogue, form, linked, lambda what, form=form: wrong(HOOK, f"{form.code}: {what}"))  # type: ignore[misc]


def _check_codes(what: str, codes: list[str], wrong: Wrong) -> None:
    if not codes:
        raise wrong(HOOK, f"there is no {what}; give at least one")
    for code in codes:
        if not _CODE.fullmatch(code):
            raise wrong(HOOK, f"{what} {code!r} may hold small letters, digits and hyphens only")
        if codes.count(code) > 1:
            raise wrong(HOOK, f"{what} {code!r} is used twice")


def _check_form(catalogue: RequestCatalogue, form: RequestForm, linked: Collection[str], told: Told) -> None:
    if form.opens:
        if form.fields or form.opens not in linked:
            raise told(f"opens {form.opens!r}; name a page that a link can lead to, and no fields")
        return
    if not 0 <= form.days <= _MOST_DAYS:
        raise told(f"days is {form.days}; give 0 to {_MOST_DAYS}")
    if form.version < 1:
        raise told(f"version is {form.version}; give 1 or more")
    if strange := form.withdrawable - {"filed", "working", "asked"}:
        raise told(f"withdrawable names {min(strange)!r}; only filed, working and asked are open")
    if not form.withdrawable and not form.no_withdrawal:
        raise told("it cannot be withdrawn and does not say how else; give no_withdrawal")
    fields = catalogue.fields_of(form)
    if not 0 < len(fields) <= _MOST_FIELDS:
        raise told(f"it has {len(fields)} fields; give 1 to {_MOST_FIELDS}")
    seen: dict[str, RequestField] = {}
    for field in fields:
        if not _NAME.fullmatch(field.name) or field.name in seen or field.name in _RESERVED:
            raise told(f"field {field.name!r} is used twice, or is no name of small letters, digits and _")
        _check_field(form, field, seen, told)
        seen[field.name] = field
    _check_fills(fields, told)
    if sum(f.files.most * f.files.megabytes for f in fields if f.kind == "file") > 4 * _ALL_MEGABYTES:
        raise told(f"its files may have more than {4 * _ALL_MEGABYTES} MB in all")


def _check_field(form: RequestForm, field: RequestField, seen: Mapping[str, RequestField], told: Told) -> None:
    name = field.name
    if field.kind not in get_args(RequestFieldKind):
        raise told(f"field {name!r} is of kind {field.kind!r} (known: {', '.join(get_args(RequestFieldKind))})")
    if not field.label and field.kind != "note":
        raise told(f"field {name!r} has no label")
    if field.source not in get_args(RequestSource) or field.offers not in get_args(RequestOptions):
        raise told(f"field {name!r} takes {field.source or field.offers!r}, which is not known")
    if (field.kind == "shown" or field.locked) and not field.source:
        raise told(f"field {name!r} is only shown; give its source")
    if field.source.startswith("contract.") and not form.about_contract:
        raise told(f"field {name!r} takes {field.source!r}, but the form is about no contract")
    if field.offers == "services" and not form.about_contract:
        raise told(f"field {name!r} offers services, but the form is about no contract")
    _check_choices(field, told)
    if field.kind in _TEXTS and not 0 <= field.shortest <= field.longest <= _LONGEST:
        raise told(f"field {name!r} takes {field.shortest} to {field.longest} characters; at most {_LONGEST}")
    if field.again and field.kind not in ("email", "phone"):
        raise told(f"field {name!r} is typed twice, but is no mail address or telephone number")
    if field.unlike and (field.kind != "date" or any(_kind(seen, each) != "date" for each in field.unlike)):
        raise told(f"field {name!r} differs from {', '.join(field.unlike)}; both have to be dates, this one the later")
    window = field.window
    if not (0 <= window.first <= 60 and 1 <= window.months <= 24 and 0 <= window.first_month <= window.months):
        raise told(f"field {name!r} has a window that holds no day, or too many")
    _check_files(field, told)
    for when in (field.when, field.needed_when):
        _check_when(field, when, seen, told)


def _check_choices(field: RequestField, told: Told) -> None:
    if field.kind in _CHOICES:
        if bool(field.options) == bool(field.offers):
            raise told(f"field {field.name!r} needs either options or what it offers")
        values = [option.value for option in field.options]
        if len(values) != len(set(values)) or not all(_CODE.fullmatch(value) for value in values):
            raise told(f"field {field.name!r} has a value twice, or one that is not of small letters, digits, hyphens")
    elif field.options or field.offers:
        raise told(f"field {field.name!r} has options, but is of kind {field.kind!r}")


def _check_files(field: RequestField, told: Told) -> None:
    rule = field.files
    if field.kind != "file":
        return
    if not rule.types or set(rule.types) - set(get_args(FileType)):
        raise told(f"field {field.name!r} takes files of {', '.join(rule.types) or 'no type'}")
    if not (1 <= rule.most <= 10 and 1 <= rule.megabytes <= _MOST_MEGABYTES):
        raise told(f"field {field.name!r} takes {rule.most} files of {rule.megabytes} MB; at most 10 of 10 MB")


def _check_when(field: RequestField, when: When | None, seen: Mapping[str, RequestField], told: Told) -> None:
    if when is None:
        return
    above = seen.get(when.name)
    offered = [option.value for option in above.choices] if above is not None else []
    if above is None or above.offers or not when.values or not set(when.values) <= set(offered):
        raise told(f"field {field.name!r} hangs on {when.name!r}, which is no choice above it that offers all of that")
    if any(offered.index(value) >= _NUMBERED for value in when.values):
        raise told(f"field {field.name!r} hangs on an option that is not among the first {_NUMBERED} of {when.name!r}")


def _check_fills(fields: tuple[RequestField, ...], told: Told) -> None:
    names = [field.name for field in fields]
    for place, field in enumerate(fields):
        if field.fills and (field.kind != "postal" or len(field.fills) not in (1, 3)):
            raise told(f"field {field.name!r} fills {len(field.fills)} fields; a postal code fills one or three")
        following = tuple(names[place + 1 : place + 1 + len(field.fills)])
        targets = fields[place + 1 : place + 1 + len(field.fills)]
        if field.fills != following or any(t.kind != "text" or t.locked or t.when != field.when for t in targets):
            raise told(f"field {field.name!r} has to be followed by the texts that it fills, under the same condition")


def _kind(seen: Mapping[str, RequestField], name: str) -> str:
    return seen[name].kind if name in seen else ""
