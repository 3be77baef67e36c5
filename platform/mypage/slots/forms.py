"""The form of a place: fields for each exclusive pattern, of which only the chosen one's are read (OCN-83)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wtforms.validators import StopValidation

from mypage.auth.forms import check_new_password
from mypage.auth.passwords import Guessable
from mypage.forms.choices import ChoiceField
from mypage.forms.fields import PasswordField
from mypage.forms.form import PortalForm
from mypage.forms.local_part import LocalPartField
from mypage.hooks.slot_pages import SlotOptionWords, SlotPage, SlotPattern
from mypage.hooks.slots import Slots
from mypage.i18n import Translator

USE, USE_NOT = "use", "not"
ADD = SlotPattern(code="new", label="", name=True, options=True)
"""An addition is a form of one pattern, which needs no choosing (OCN-113)."""


class PatternField(ChoiceField):
    """Which pattern applies; its label is a whole sentence, so that the message is one of its own."""

    def missing(self, t: Translator, label: str) -> str:
        """Says what to do."""
        return t("Choose one of the ways, and fill in what it asks for")

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        if self.data not in {option[0] for option in self.options}:
            raise StopValidation(self.missing(t, label))


@dataclass(frozen=True, slots=True)
class Typed:
    """What the chosen pattern's fields hold. `local` and `secret` are None where the pattern leaves the name alone."""

    pattern: str
    local: str | None
    secret: str | None
    options: frozenset[str]


@dataclass(frozen=True, slots=True)
class Present:
    """What is in the place before the change."""

    local: str
    options: frozenset[str]


@dataclass(frozen=True, slots=True)
class SlotForm:
    """`choice` says which pattern is chosen, None for an addition; `parts` are the fields of each pattern."""

    slots: Slots
    words: SlotPage
    patterns: tuple[SlotPattern, ...]
    choice: PortalForm | None
    parts: Mapping[str, PortalForm]

    @property
    def chosen(self) -> SlotPattern | None:
        """The pattern that applies."""
        if self.choice is None:
            return self.patterns[0]
        code = self.choice.text("pattern")
        return next((each for each in self.patterns if each.code == code), None)

    @property
    def forms(self) -> tuple[PortalForm, ...]:
        """All forms of the page, in its order."""
        return (*((self.choice,) if self.choice is not None else ()), *self.parts.values())

    @property
    def errors(self) -> bool:
        """Whether any field has a message, for the title of the page."""
        return bool(self.errors_for_summary())

    def errors_for_summary(self) -> list[tuple[str, str]]:
        """The messages of all of them."""
        return [entry for form in self.forms for entry in form.errors_for_summary()]


def slot_form(
    slots: Slots, words: SlotPage, data: Any, *, t: Translator, adding: bool, typed: Typed | None = None
) -> SlotForm:
    """The empty form, the posted one, or with `typed` what was entered before, but for passwords.

    An addition starts without its options (OCN-114); a change presumes nothing.
    """
    patterns = (ADD,) if adding else words.patterns
    choice = None
    if not adding:
        options = tuple((each.code, each.label) for each in patterns)
        field = PatternField(words.patterns_lead, options=options, cards=True)
        choice = PortalForm({"pattern": field}, data, t=t, values={"pattern": typed.pattern if typed else ""})
    parts = {}
    for pattern in patterns:
        before = typed if typed is not None and typed.pattern == pattern.code else None
        values = _values(slots, before) if before is not None else _untouched(slots, adding)
        fields = _fields(slots, words, pattern)
        parts[pattern.code] = PortalForm(fields, data, t=t, values=values, prefix=f"p{pattern.code}-")
    return SlotForm(slots, words, patterns, choice, parts)


def read(form: SlotForm, present: Present | None) -> Typed | None:
    """What a posted form asks for; None, with messages at the fields, when it breaks a rule (OCN-84)."""
    if form.choice is not None and not form.choice.validate():
        return None
    pattern = form.chosen
    assert pattern is not None, "a choice that is none does not validate"
    part = form.parts[pattern.code]
    part.validate()
    if pattern.name:
        _check_name(form, part, present)
    options = frozenset(each.code for each in form.slots.options if part_says(part, each.code))
    if pattern.options and present is not None and not part.errors and options == present.options:
        _same_options(form, part, pattern)
    if part.errors:
        return None
    return Typed(
        pattern=pattern.code,
        local=part.text("name") if pattern.name else None,
        secret=str(part["secret"].data) if "secret" in part else None,
        options=options if pattern.options else present.options if present is not None else frozenset(),
    )


def part_says(part: PortalForm, option: str) -> bool:
    """Whether the form wants an option."""
    name = option_field(option)
    return name in part and part[name].data == USE


def option_field(option: str) -> str:
    """The name of an option's choice."""
    return f"option-{option}"


def option_words(words: SlotPage, option: str) -> SlotOptionWords:
    """How an option is called; by its code where the operator has no words for it."""
    return words.options.get(option) or SlotOptionWords(label=option)


def _fields(slots: Slots, words: SlotPage, pattern: SlotPattern) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if pattern.name:
        fields["name"] = LocalPartField(words.name_label, rule=slots.local)
        if slots.secret is not None:
            fields["secret"] = PasswordField(words.secret_label, new=True)
            fields["again"] = PasswordField(words.again_label, new=True)
    if pattern.options:
        for each in slots.options:
            said = option_words(words, each.code)
            choices = ((USE, said.use), (USE_NOT, said.use_not))
            fields[option_field(each.code)] = ChoiceField(said.label, options=choices, cards=True)
    return fields


def _values(slots: Slots, typed: Typed) -> dict[str, Any]:
    options = {option_field(each.code): USE if each.code in typed.options else USE_NOT for each in slots.options}
    return {"name": typed.local or "", **options}


def _untouched(slots: Slots, adding: bool) -> dict[str, Any]:
    return {option_field(each.code): USE_NOT for each in slots.options} if adding else {}


def _check_name(form: SlotForm, part: PortalForm, present: Present | None) -> None:
    name = part.text("name")
    if present is not None and name == present.local and not part["name"].errors:
        part.add_error("name", part.t("This is the name that you have now. Enter another one"))
    if "secret" not in part or form.slots.secret is None or part["secret"].errors:
        return
    good = check_new_password(part, "secret", form.slots.secret, login_ids=(name,), guessable=Guessable())
    if good and not part["again"].errors and part["again"].data != part["secret"].data:
        part.add_error("again", part.t("The password and its repetition differ. Please enter both again"))


def _same_options(form: SlotForm, part: PortalForm, pattern: SlotPattern) -> None:
    text = part.t("This is what you have now, so that nothing would change")
    other = next((each for each in form.patterns if each.name and not each.options), None)
    if pattern.name and other is not None:
        text = part.t(
            'This is what you have now. To leave it as it is, choose "%(pattern)s"', pattern=part.t(other.label)
        )
    for each in form.slots.options:
        part.add_error(option_field(each.code), text)
