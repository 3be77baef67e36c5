"""The form of a mail address: one of two choices with a field each, and the consent (UCOM-82)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mypage.forms.choices import ChoiceField, TickField
from mypage.forms.fields import EmailField
from mypage.forms.form import PortalForm
from mypage.forms.local_part import LocalPartField
from mypage.hooks.mailboxes import Mailboxes
from mypage.i18n import Translator
from mypage.mail.service import reachable
from mypage.subaccounts.mailbox_change import Wanted

OWN, OTHER = "own", "other"


def mailbox_form(boxes: Mailboxes, data: Any, *, t: Translator, values: Mapping[str, Any] | None = None) -> PortalForm:
    """`use` and `local` where the operator has a domain, then `address`, and `consent` where it asks for one."""
    fields: dict[str, Any] = {}
    if boxes.domain and boxes.local is not None:
        options = ((OWN, boxes.own_choice), (OTHER, boxes.other_choice))
        fields["use"] = ChoiceField(boxes.kind_label, options=options, cards=True)
        fields["local"] = LocalPartField(boxes.address_label, rule=boxes.local, domain=boxes.domain, required=False)
    # With a choice, each field is demanded with its own alone, which `wanted_by` sees to.
    fields["address"] = EmailField(boxes.address_label, required="use" not in fields)
    if boxes.consent:
        fields["consent"] = TickField(boxes.consent)
    return PortalForm(fields, data, t=t, values=values)


def wanted_by(boxes: Mailboxes, form: PortalForm) -> Wanted | None:
    """What a posted form asks for; None, with messages at the fields, when it breaks a rule."""
    form.validate()
    own = "use" in form and form["use"].data == OWN
    name, other = ("local", "address") if own else ("address", "local")
    if other in form:
        # What stands in the field of the other choice is none of this choice's business.
        form[other].errors = []
    if not form[name].data and not form[name].errors and ("use" not in form or form["use"].data in (OWN, OTHER)):
        form.add_error(name, form.t("Enter %(label)s", label=form.t(boxes.address_label)))
    if not own and form[name].data and not form[name].errors:
        _check_outside(boxes, form)
    if form.errors:
        return None
    return Wanted(True, f"{form.text('local')}@{boxes.domain}") if own else Wanted(False, form.text("address"))


def _check_outside(boxes: Mailboxes, form: PortalForm) -> None:
    address = form.text("address")
    if boxes.domain and address.lower().rpartition("@")[2] == boxes.domain:
        text = form.t("Addresses of @%(domain)s are taken by the other choice", domain=boxes.domain)
        form.add_error("address", text)
    elif not reachable(address):
        text = form.t("The mail address is not complete or has a wrong character. Example: hanako@example.jp")
        form.add_error("address", text)
