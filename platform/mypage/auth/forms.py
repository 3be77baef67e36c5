"""The forms of signing in, registration, recovery and change, made of what the operator declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from unicodedata import normalize

from wtforms.validators import ValidationError

from mypage.auth.pages import Group, Rule
from mypage.auth.passwords import Guessable, RuleResult, broken, check, check_identifier
from mypage.forms.choices import ChoiceField
from mypage.forms.fields import (
    CaptchaField,
    Check,
    CustomerNumberField,
    EmailField,
    LoginIdField,
    LoginNumberField,
    Note,
    PartsField,
    PasswordField,
    same_as,
)
from mypage.forms.form import PortalForm
from mypage.hooks.auth import (
    ChoicePart,
    CredentialChange,
    LoginScheme,
    Recovery,
    Registration,
    RegistrationField,
    TextPart,
)
from mypage.hooks.passwords import IdentifierPolicy, PasswordPolicy
from mypage.i18n import Translator

MAIL_DOMAIN = "%(mail_domain)s"


def login_form(scheme: LoginScheme, data: Any, *, t: Translator, prefix: str = "") -> PortalForm:
    """Parts of the login ID, then the password as `password` (ACTV-05).

    Under a legend the help of a part is the caption of its control, so that it is not said a second time.
    """
    fields: dict[str, Any] = {part.name: part_field(part, captioned=bool(scheme.legend)) for part in scheme.parts}
    fields["password"] = PasswordField(scheme.secret)
    return PortalForm(fields, data, t=t, prefix=prefix)


def part_field(part: TextPart | ChoicePart, *, captioned: bool = False) -> Any:
    """The field of one part of a login ID; its help stands above it unless that is its caption."""
    words = "" if captioned else part.help
    if isinstance(part, TextPart):
        checks = (_without(part.forbidden, part.hint),) if part.forbidden else ()
        kind = LoginNumberField if part.numeric else LoginIdField
        return kind(part.label, description=words, checks=checks, size="m")
    options = ((("", part.empty),) if part.empty else ()) + tuple((value, value) for value in part.values)
    return ChoiceField(part.label, options=options, description=words)


def joined_login_id(scheme: LoginScheme, form: PortalForm) -> str:
    """The login ID that the parts of a valid login form make."""
    return scheme.join({part.name: form.text(part.name) for part in scheme.parts})


def registration_form(
    rules: Registration, data: Any, *, t: Translator, mail_domain: str, values: Mapping[str, Any] | None = None
) -> PortalForm:
    """The fields under the names of their kinds, with `_` for `-` (ACTV-33 to ACTV-42)."""
    fields = {
        name_of(field): _registration_field(field, t, mail_domain) for group in rules.groups for field in group.fields
    }
    return PortalForm(fields, data, t=t, values=values)


def captcha_of(form: PortalForm) -> CaptchaField:
    """The captcha of a registration form."""
    field = form["captcha"]
    assert isinstance(field, CaptchaField)
    return field


def registration_groups(rules: Registration) -> tuple[Group, ...]:
    """Headings with the names of the fields below them."""
    return tuple(Group(group.heading, tuple(name_of(field) for field in group.fields)) for group in rules.groups)


def name_of(field: RegistrationField) -> str:
    """The name of a registration field in the form."""
    return field.kind.replace("-", "_")


def recovery_form(recovery: Recovery, data: Any, *, t: Translator) -> PortalForm:
    """What a way back in asks for, as `login`, or as `customer_number` and `proof_code`."""
    fields: dict[str, Any] = {}
    if recovery.login_label:
        fields["login"] = LoginIdField(recovery.login_label)
    if recovery.number_label:
        fields["customer_number"] = CustomerNumberField(recovery.number_label)
    if recovery.code_label:
        fields["proof_code"] = PartsField(recovery.code_label, count=recovery.code_parts, size="s")
    return PortalForm(fields, data, t=t)


def credentials_form(
    rules: CredentialChange,
    scheme: LoginScheme,
    data: Any,
    *,
    t: Translator,
    must_change: bool,
    policy: PasswordPolicy,
    values: Mapping[str, Any] | None = None,
) -> PortalForm:
    """`current`, then `login` and `password` with `password_again` as far as they may be changed (ACTV-64 to 66)."""
    fields: dict[str, Any] = {}
    if rules.present:
        fields["current"] = PasswordField(rules.present_label or t("Current %(label)s", label=t(scheme.secret)))
    if rules.login:
        fields["login"] = LoginIdField(rules.login_label or "Login ID", required=False)
    if rules.password:
        label = rules.password_label or scheme.secret
        again = rules.password_again_label or "The same password again"
        words: dict[str, Any] = {"new": True, "required": must_change or not rules.login, "render_kw": limit_of(policy)}
        fields["password"] = PasswordField(label, description=rules.password_help, **words)
        fields["password_again"] = PasswordField(again, **words)
    return PortalForm(fields, data, t=t, values=values)


def limit_of(policy: PasswordPolicy) -> Mapping[str, str]:
    """The attribute of an input that takes no more characters than the password may have (UCOM-29)."""
    return {"maxlength": str(policy.length[1])} if policy.stops else {}


def reset_form(scheme: LoginScheme, rules: CredentialChange | None, data: Any, *, t: Translator) -> PortalForm:
    """`password` and `password_again`."""
    label = rules.password_label if rules and rules.password_label else scheme.secret
    again = rules.password_again_label if rules and rules.password_again_label else "The same password again"
    fields = {
        "password": PasswordField(label, new=True),
        "password_again": PasswordField(again, new=True, checks=(same_as("password"),)),
    }
    return PortalForm(fields, data, t=t)


def reauth_form(scheme: LoginScheme, data: Any, *, t: Translator) -> PortalForm:
    """The password alone."""
    return PortalForm({"password": PasswordField(scheme.secret)}, data, t=t)


def check_new_login(form: PortalForm, name: str, policy: IdentifierPolicy) -> bool:
    """Judge a login ID by the operator's rules; what is broken is said at the field (ACTV-14)."""
    return check_login_id(form, name, policy, form.text(name))


def check_login_id(form: PortalForm, name: str, policy: IdentifierPolicy, login_id: str) -> bool:
    """The same for a login ID that several fields make; `name` is the one where it is said."""
    return _report(form, name, check_identifier(policy, login_id, form.t))


def check_new_password(
    form: PortalForm, name: str, policy: PasswordPolicy, *, login_ids: Iterable[str], guessable: Guessable
) -> bool:
    """Judge a password by the operator's rules; what is broken is said at the field (ACTV-15)."""
    results = check(policy, form[name].data, login_ids=[i for i in login_ids if i], guessable=guessable, t=form.t)
    return _report(form, name, results)


def checklist(
    policy: PasswordPolicy, password: str, *, login_ids: Iterable[str] = (), guessable: Guessable, t: Translator
) -> tuple[Rule, ...]:
    """The rules of a password as they stand below its field."""
    results = check(policy, password, login_ids=[i for i in login_ids if i], guessable=guessable, t=t)
    return tuple(Rule(result.text, result.ok if password else None) for result in results)


def add_broken(form: PortalForm, name: str, result: RuleResult) -> None:
    """Say one broken rule at a field."""
    _report(form, name, (result,))


def _report(form: PortalForm, name: str, results: Sequence[RuleResult]) -> bool:
    wrong = broken(results)
    if wrong:
        rules = wrong[0].text
        for result in wrong[1:]:
            rules = form.t("%(first)s; %(second)s", first=rules, second=result.text)
        label = form.t(form[name].label.text)
        form.add_error(name, form.t("%(label)s: please keep to this: %(rules)s", label=label, rules=rules))
    return not wrong


def _registration_field(field: RegistrationField, t: Translator, mail_domain: str) -> Any:
    words: dict[str, Any] = {
        "description": field.help,
        "notes": tuple(_note(text, t, mail_domain) for text in field.notes),
    }
    match field.kind:
        case "login":
            return LoginIdField(field.label, **words)
        case "password":
            return PasswordField(field.label, new=True, **words)
        case "password-again":
            return PasswordField(field.label, new=True, checks=(same_as("password"),), **words)
        case "email":
            return EmailField(field.label, **words)
        case "customer-number":
            return CustomerNumberField(field.label, **words)
        case "proof-code":
            return PartsField(field.label, count=field.parts, size="s", **words)
        case "captcha":
            return CaptchaField(field.label, **words)


def _note(text: str, t: Translator, mail_domain: str) -> Note:
    if text == MAIL_DOMAIN:
        return Note(mail_domain, code=True)
    return Note(t(text, mail_domain=mail_domain) if MAIL_DOMAIN in text else text)


def _without(forbidden: str, hint: str) -> Check:
    def check_characters(form: PortalForm, field: Any) -> None:
        # A full-width sign is the same sign to who types it.
        if found := [char for char in forbidden if char in normalize("NFKC", field.data)]:
            label = form.t(field.label.text)
            usual = form.t("%(label)s: enter it without %(char)s", label=label, char=found[0])
            raise ValidationError(form.t(hint) if hint else usual)

    return check_characters
