"""Forms that customers file and staff work on: a catalogue of sections, forms and fields, all of it data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mypage.hooks.markers import hookspec
from mypage.hooks.permissions import REQUEST_FILE

REQUEST = "request"
"""The kind of work that a filed form is."""

RequestFieldKind = Literal[
    "text", "area", "full-width", "kana", "digits", "phone", "email", "postal", "date", "month",
    "choice", "radio", "checks", "yes-no", "consent", "note", "shown", "file",
]  # fmt: skip
RequestSource = Literal[
    "", "customer.number", "customer.name", "customer.kana", "customer.email", "customer.phone",
    "customer.postal_code", "customer.address", "contract.number", "contract.name", "contract.place", "login",
]  # fmt: skip
RequestOptions = Literal["", "contracts", "services", "requests"]
RequestState = Literal["filed", "working", "asked", "done", "returned", "withdrawn"]
RequestStep = Literal["filed", "working", "asked", "answered", "done", "returned", "withdrawn"]
FileType = Literal["pdf", "jpeg", "png"]

STEPS: tuple[RequestStep, ...] = ("filed", "working", "asked", "answered", "done", "returned", "withdrawn")


@dataclass(frozen=True, slots=True)
class RequestOption:
    """One thing to choose. `value` is kept with the request, so it never changes its meaning."""

    value: str
    label: str
    text: str = ""


YES, NO = RequestOption("yes", "Yes"), RequestOption("no", "No")


@dataclass(frozen=True, slots=True)
class When:
    """A condition: the field of that name, further up, has one of these values ("yes" and "no" of a yes-no)."""

    name: str
    values: tuple[str, ...] = ("yes",)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayWindow:
    """Which days may be wished for: from so many business days ahead to so many months ahead.

    `business`: only days on which the office works. Of a `month` only `months` counts, with `first_month` months ahead
    as its first.
    """

    first: int = 1
    months: int = 3
    business: bool = True
    first_month: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRule:
    """Files that may come along: their types, told by their content, how many, and how large each may be."""

    types: tuple[FileType, ...] = ("pdf", "jpeg", "png")
    most: int = 3
    megabytes: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestField:
    """One row of a form, in the order shown. Texts are msgids of the operator.

    Text: `shortest` and `longest` count characters (of `digits` digits). `kana` and `full-width` are folded as they are
    checked. `again` is the label of a second input in which the same is typed once more. `source` fills the
    input; with `locked`, or of kind `shown`, it only shows, and what is kept is what the database has.
    A `postal` code fills the text fields `fills` that follow it: one gets all of the address, three get prefecture,
    city and town. A `date` lies in `window` and is no day of `unlike`. A choice offers `options`, or what the customer
    has (`offers`). A `consent` has to be ticked; its `label` and `help` are kept as read. A `note` is only its `help`.
    `when`: the field exists only then. `needed_when`: it is required only then.
    """

    name: str
    kind: RequestFieldKind
    label: str
    required: bool = True
    help: str = ""
    shortest: int = 0
    longest: int = 100
    again: str = ""
    source: RequestSource = ""
    locked: bool = False
    options: tuple[RequestOption, ...] = ()
    offers: RequestOptions = ""
    fills: tuple[str, ...] = ()
    window: DayWindow = DayWindow()
    unlike: tuple[str, ...] = ()
    files: FileRule = FileRule()
    when: When | None = None
    needed_when: When | None = None

    @property
    def choices(self) -> tuple[RequestOption, ...]:
        """What is offered, where that stands in the form itself."""
        return (YES, NO) if self.kind == "yes-no" else self.options

    @property
    def asks(self) -> bool:
        """Whether something is entered here."""
        return self.kind not in ("note", "shown") and not self.locked


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestForm:
    """A form of the catalogue, which becomes a request with a number, a state and a history.

    `version` goes up when fields change their meaning; filed ones stay as they were read. `days` are the business days
    that staff have. `withdrawable`: the states in which the customer may take it back; `no_withdrawal` says how else.
    `warns_twice`: filing a second one while one is open has to be confirmed. `understood` is a tick on the
    confirm page. `permission` is what filing it demands, `plans` the plans it is offered to (empty: all).
    `about_contract`: it concerns one contract, which is chosen when there are several. `common`: the catalogue's common
    fields follow its own. `opens` is the route of another function that the entry leads to instead of a form.
    `words` are found by the catalogue's search besides the title; a `popular` one stands above the list.
    """

    code: str
    title: str
    version: int = 1
    lead: str = ""
    notes: tuple[str, ...] = ()
    fields: tuple[RequestField, ...] = ()
    days: int = 3
    withdrawable: frozenset[RequestState] = frozenset({"filed", "working", "asked"})
    no_withdrawal: str = ""
    warns_twice: bool = True
    understood: str = ""
    permission: str = REQUEST_FILE
    plans: frozenset[str] = frozenset()
    about_contract: bool = True
    common: bool = True
    opens: str = ""
    words: str = ""
    popular: bool = False
    done: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSection:
    """A heading of the catalogue with its forms in order."""

    code: str
    title: str
    forms: tuple[RequestForm, ...]


_STATES: Mapping[RequestState, str] = {
    "filed": "Taken in",
    "working": "Being checked",
    "asked": "We have a question",
    "done": "Completed",
    "returned": "Returned",
    "withdrawn": "Withdrawn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCatalogue:
    """All forms of an operator and the words of their pages.

    `common` are fields that end every form. `letter` begins the numbers. `states` are the words of the states, `soon`
    what is said about a state that is not reached yet. `mails`: the steps that are told by mail.
    """

    title: str
    sections: tuple[RequestSection, ...]
    lead: str = ""
    list_title: str = "Your requests"
    letter: str = "R"
    number_label: str = "Request number"
    common: tuple[RequestField, ...] = ()
    contract_label: str = "Contract"
    search_label: str = "Find a form by what you want to do"
    next: str = "Check"
    commit: str = "Send"
    back: str = "Back to the input"
    states: Mapping[RequestState, str] = field(default_factory=lambda: dict(_STATES))
    soon: str = "We tell you how it ended."
    mails: frozenset[RequestStep] = frozenset(STEPS)

    @property
    def forms(self) -> Mapping[str, RequestForm]:
        """Code → form, in the order of the catalogue."""
        return {form.code: form for section in self.sections for form in section.forms}

    def fields_of(self, form: RequestForm) -> tuple[RequestField, ...]:
        """Every field of a form, the common ones last."""
        return form.fields + (self.common if form.common else ())

    def section_of(self, code: str) -> RequestSection | None:
        """The section that a form stands in."""
        return next((s for s in self.sections if any(form.code == code for form in s.forms)), None)

    def state_word(self, state: str) -> str:
        """The word of a state, a msgid."""
        words = self.states if state in self.states else _STATES
        return next((word for code, word in words.items() if code == state), state)


class RequestsSpec:
    """The hook about forms that staff work on."""

    @hookspec
    def request_catalogue_items(self) -> list[RequestCatalogue]:
        """Sections and forms of what customers can ask for; at most one catalogue."""
