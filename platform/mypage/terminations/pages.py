"""What the pages of ending a contract show. Labels and words of the operator are translated by the templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mypage.forms.form import PortalForm
from mypage.hooks.terminations import EndOption, Termination
from mypage.terminations.fees import EndFee
from mypage.web.page import Page


@dataclass(frozen=True, slots=True)
class EndRow:
    """A label and what was entered; a `choice` is a value that is translated, `note` stands beside it."""

    label: str
    value: str
    choice: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class EndPart:
    """Rows under one heading of the form."""

    title: str
    rows: tuple[EndRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminationPage(Page):
    """The form (OCN-120 to OCN-140). `staying` cannot be ended here; without a `form` nothing can, and `why` says why.

    `detail` is the name of the field whose choices depend on the field `reason`. `ends` are what ends, in words.
    """

    template: ClassVar[str] = "terminations/form.html"

    rules: Termination
    form: PortalForm | None
    action_url: str
    back_url: str
    staying: tuple[EndOption, ...] = ()
    ends: tuple[str, ...] = ()
    reason: str = ""
    detail: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminationConfirmPage(Page):
    """Everything that ends, on which day, for what; what was entered; and the one press (OCN-141 to OCN-146).

    `options` are labels with whether the contract has them. `fee` is there for consumers of an operator that states
    amounts. `shown` is the mark of what this page says.
    """

    template: ClassVar[str] = "terminations/confirm.html"

    rules: Termination
    day: str
    number: str
    name: str
    contract: str
    ends: tuple[str, ...]
    options: tuple[tuple[str, bool], ...]
    staying: tuple[EndOption, ...]
    parts: tuple[EndPart, ...]
    fee: EndFee | None
    action_url: str
    back_url: str
    here_url: str
    operation: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminationDonePage(Page):
    """What was accepted (OCN-148); there is nothing to press that would take it back (OCN-150)."""

    template: ClassVar[str] = "terminations/done.html"

    rules: Termination
    number: str
    done: str
    notes: tuple[str, ...]
    ends: tuple[str, ...]
    parts: tuple[EndPart, ...]
    fee_total: int | None
    home_url: str
