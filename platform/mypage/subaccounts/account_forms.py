"""The form of an account, made of what the operator declares; what is broken is said at every field at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from wtforms.validators import ValidationError

from mypage.auth.forms import limit_of, part_field
from mypage.forms.choices import ChoiceField
from mypage.forms.fields import Check, LoginIdField, PasswordField, TextField
from mypage.forms.form import PortalForm
from mypage.hooks.auth import LoginScheme
from mypage.hooks.passwords import CharSet, PasswordPolicy
from mypage.hooks.subaccounts import AccountField, AccountFieldKind, SubAccounts
from mypage.i18n import Translator
from mypage.subaccounts.registering import Names

PARTS: Mapping[AccountFieldKind, tuple[str, ...]] = {
    "name": ("family_name", "given_name"),
    "kana": ("family_kana", "given_kana"),
    "user-name": ("user_name",),
    "password": ("password", "password_again"),
    "role": ("role",),
}
"""The inputs of each kind of field, by the names under which they are posted and stored; the login ID has its parts."""

_KATAKANA = re.compile("[\u30a1-\u30fe\u3000]+")


def inputs_of(kind: AccountFieldKind, scheme: LoginScheme) -> tuple[str, ...]:
    """The names of the inputs of one row."""
    if kind != "login":
        return PARTS[kind]
    several = len(scheme.parts) > 1
    return tuple(f"login_{part.name}" if several else "login" for part in scheme.parts)


def login_id_of(scheme: LoginScheme, form: PortalForm) -> str:
    """The login ID that its inputs make."""
    named = zip(scheme.parts, inputs_of("login", scheme), strict=True)
    return scheme.join({part.name: form.text(name) for part, name in named})


def account_form(
    rules: SubAccounts,
    scheme: LoginScheme,
    data: Any,
    *,
    t: Translator,
    new: bool,
    roles: bool,
    passwords: PasswordPolicy,
    values: Mapping[str, Any] | None = None,
) -> PortalForm:
    """`new` asks for a login ID and demands a password; without `roles` the role is not asked, whatever is sent."""
    fields: dict[str, Any] = {}
    for each in rules.fields:
        if (each.kind == "login" and not new) or (each.kind == "role" and not roles):
            continue
        fields |= _inputs(each, rules, scheme, t, new=new, passwords=passwords)
    return PortalForm(fields, data, t=t, values=values)


def names_of(form: PortalForm) -> Names:
    """What the account is to be called."""
    kinds: tuple[AccountFieldKind, ...] = ("name", "kana", "user-name")
    asked = [name for kind in kinds for name in PARTS[kind] if name in form]
    return Names(**{name: form.text(name) for name in asked})


def _inputs(
    field: AccountField,
    rules: SubAccounts,
    scheme: LoginScheme,
    t: Translator,
    *,
    new: bool,
    passwords: PasswordPolicy,
) -> dict[str, Any]:
    match field.kind:
        case "login":
            return _login(field, scheme)
        case "password":
            limit = limit_of(passwords)
            first = PasswordField(field.label, description=field.help, new=True, required=new, render_kw=limit)
            again = PasswordField(field.again, description=field.again_help, new=True, required=new, render_kw=limit)
            return {"password": first, "password_again": again}
        case "role":
            options = [(role, label, rules.role_texts.get(role, "")) for role, label in rules.roles.items()]
            shown = tuple(option if option[2] else option[:2] for option in options)
            words = {"description": field.help, "default": options[0][0]}
            return {"role": ChoiceField(field.label, options=shown, cards=True, **words)}
        case "user-name":
            return {"user_name": _text(field, field.label, field.help)}
    label = t(field.label)
    named = zip(PARTS[field.kind], field.parts, strict=True)
    return {name: _text(field, f"{label} {t(part)}") for name, part in named}


def _login(field: AccountField, scheme: LoginScheme) -> dict[str, Any]:
    names = inputs_of("login", scheme)
    if len(names) > 1:
        return {name: part_field(part) for name, part in zip(names, scheme.parts, strict=True)}
    return {names[0]: LoginIdField(field.label, description=field.help, render_kw={"autocomplete": "off"})}


def _text(field: AccountField, label: str, explained: str = "") -> TextField:
    return TextField(label, description=explained, max_length=field.longest, size="m", checks=(_characters(field),))


def _characters(field: AccountField) -> Check:
    def check(form: PortalForm, each: Any) -> None:
        t, label = form.t, form.t(each.label.text)
        if field.chars == "katakana" and not _KATAKANA.fullmatch(each.data):
            raise ValidationError(t("Enter %(label)s in full-width katakana", label=label))
        if field.chars == "full-width" and (wrong := _half_width(each.data, field.besides)):
            if field.besides is None:
                raise ValidationError(t("Enter %(label)s in full-width characters", label=label))
            raise ValidationError(t("%(label)s cannot contain %(char)s", label=label, char=wrong))

    return check


def _half_width(value: str, besides: CharSet | None) -> str:
    """The first character that is neither full-width nor one of those beside them."""
    allowed = besides.chars if besides is not None else frozenset[str]()
    return next((c for c in value if c not in allowed and unicodedata.east_asian_width(c) in ("Na", "H", "N")), "")
