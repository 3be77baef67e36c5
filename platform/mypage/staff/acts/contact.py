"""Correcting contact data, by the operator's rules for its fields."""

from __future__ import annotations

from typing import Any

from mypage.forms.fields import EmailField, FoldedTextField, TextField
from mypage.forms.numbers import PhoneField
from mypage.i18n import Translator
from mypage.lib.masks import mask_mail
from mypage.profile.correcting import Contact, ContactField, changes, correct_contact, read_contact
from mypage.profile.errors import TooManyMails
from mypage.staff.acts.acting import Act, Case, Look, Plan, Refused, Values
from mypage.staff.acts.pages import Line


class StoredPhone(PhoneField):
    """A telephone number, or what is stored: older data must not keep staff from correcting something else."""

    def __init__(self, label: str, *, known: str, **options: Any) -> None:
        """`known` is what is stored."""
        super().__init__(label, **options)
        self._known = known

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        if self.data != self._known:
            super().check(t, label)


class StoredMail(EmailField):
    """A mail address, or what is stored."""

    def __init__(self, label: str, *, known: str, **options: Any) -> None:
        """`known` is what is stored."""
        super().__init__(label, **options)
        self._known = known

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        if self.data != self._known:
            super().check(t, label)


def _look(case: Case) -> Look:
    contact = read_contact(case.tx, case.operator, case.customer.id)
    fields = {each.name: _input(case, each, contact.values[each.name]) for each in contact.fields}
    return Look(fields=fields, values=contact.values)


def _input(case: Case, field: ContactField, stored: str) -> Any:
    # It is the customer's: the browser of staff must not offer its own.
    words: dict[str, Any] = {"required": field.required and bool(stored), "render_kw": {"autocomplete": "off"}}
    match field.kind:
        case "email":
            return StoredMail(_label(case, field), known=stored, **words)
        case "postal":
            return FoldedTextField(_label(case, field), max_length=16, size="s", **words)
        case "address":
            return TextField(_label(case, field), max_length=1_000, size="", **words)
        case _:
            return StoredPhone(_label(case, field), known=stored, autocomplete="off", **words)


def _label(case: Case, field: ContactField) -> str:
    if field.account is not None:
        return case.t("Mail address of the login %(login)s", login=field.login)
    return case.theirs(field.label) if field.rules is not None else case.t(field.label)


def _plan(case: Case, values: Values) -> Plan:
    contact = read_contact(case.tx, case.operator, case.customer.id)
    changed = changes(contact, values)
    if not changed:
        raise Refused(case.t("Nothing differs from what is stored"))
    lines = tuple(Line(_label(case, field), after, before) for field, before, after in changed)
    mails = any(field.kind == "email" for field, _, _ in changed)
    told = (
        case.t("Mails to the old and the new address say that something was changed.")
        if mails
        else case.t("A mail to the registered address says that something was changed.")
    )
    return Plan(
        sentences=(case.t("The contact data of %(who)s are changed.", who=case.who), told),
        lines=lines,
        warnings=_warnings(case, contact, values) if mails else (),
    )


def _warnings(case: Case, contact: Contact, values: Values) -> tuple[str, ...]:
    blank = any(f.kind == "email" and contact.values[f.name] and not values.get(f.name) for f in contact.fields)
    if blank:
        return (case.t("Without an address no mail reaches this customer, and nobody can set a new password by mail."),)
    return (case.t("Links for a new password go to the new address from now on. Be sure who asks."),)


def _do(case: Case, values: Values, reason: str) -> tuple[str, ...]:
    try:
        told = correct_contact(
            case.tx,
            case.vault,
            case.operator,
            case.customer.id,
            {name: text for name, text in values.items() if name != "reason"},
            language=case.rq.desk.tenant.locale,
            reason=reason,
        )
    except TooManyMails as error:
        many = case.t("Many mails have been sent for this customer. Please try again in an hour")
        raise Refused(many) from error
    said = case.t("The contact data of %(who)s have been changed.", who=case.who)
    return (said, *(case.t("A mail was sent to %(address)s.", address=mask_mail(each)) for each in told))


CONTACT = Act(
    route="customer-contact",
    title="Correct contact data",
    lead="Telephone, mail and postal address, as the customer states them.",
    commit="Change the contact data",
    look=_look,
    plan=_plan,
    carry_out=_do,
)
