"""The forms of roles: inviting somebody, and changing what somebody may do."""

from __future__ import annotations

from typing import Any

from mypage.forms.choices import ChoiceField
from mypage.forms.fields import EmailField, TextAreaField, TextField
from mypage.forms.form import PortalForm
from mypage.i18n import Translator
from mypage.staff.approvals.service import LONGEST_REASON
from mypage.staff.invites import LONGEST_NAME
from mypage.staff.permissions import AGENT, MANAGER, READER, ROLE_WORDS

NONE = "none"
_HELP = {
    READER: "Sees customers, work and figures, and changes nothing.",
    AGENT: "Takes and decides work, and helps customers.",
    MANAGER: "Besides, confirms what cannot be undone, reads the trail and looks after roles.",
}
_OPTIONS = tuple((role, word, _HELP[role]) for role, word in ROLE_WORDS.items())


def invite_form(data: Any, *, t: Translator) -> PortalForm:
    """Mail address, name, role, reason."""
    fields = {
        "email": EmailField("Mail address", render_kw={"autocomplete": "off"}),
        "name": TextField("Name", max_length=LONGEST_NAME, render_kw={"autocomplete": "off"}),
        "role": ChoiceField("Role", options=_OPTIONS, cards=True),
        "reason": _reason(),
    }
    return PortalForm(fields, data, t=t)


def role_form(data: Any, before: str, *, t: Translator) -> PortalForm:
    """Another role than `before`, or none; and the reason."""
    none = (NONE, "No role any more", "They can work for this portal no more, from the confirmation on.")
    options = tuple(option for option in _OPTIONS if option[0] != before)
    fields = {"role": ChoiceField("Role then", options=(*options, none), cards=True), "reason": _reason()}
    return PortalForm(fields, data, t=t)


def _reason() -> TextAreaField:
    return TextAreaField(
        "Reason",
        description="Whoever confirms it reads this; it stays in the trail.",
        max_length=LONGEST_REASON,
        render_kw={"rows": "3"},
    )
