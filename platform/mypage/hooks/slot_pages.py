"""The words of the pages of numbered places: list, change by exclusive patterns, addition, removal, terms, receipt.

What places there are and what they cost says hooks/slots; here is only what a customer reads. Every word is plain text
of the operator; what is left out is the core's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mypage.hooks.markers import hookspec
from mypage.hooks.portal import Paragraphs
from mypage.hooks.products import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPattern:
    """One of the exclusive ways to change what is in a place: the new name with its password, the options, or both.

    `heading` stands on the confirm page (OCN-93). Only the fields of the chosen pattern are read (OCN-83).
    """

    code: str
    label: str
    name: bool = False
    options: bool = False
    heading: str = "What will change"
    help: str = ""

    def __post_init__(self) -> None:
        if not (self.name or self.options):
            raise ValueError(f"pattern {self.code!r} changes nothing: give it name, options or both")
        if not (self.code.isascii() and self.code.isalnum()):
            raise ValueError(f"the code of a pattern is letters and digits, not {self.code!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotOptionWords:
    """An option of a place. `column` heads the list, `present` the page of a change, `label` everything else.

    `terms_lead` stands above the terms and `stop` on the button that drops all; what is agreed to, and the words of
    the button that does, are the product's (Product.terms, consent and terms_version).
    """

    label: str
    column: str = ""
    present: str = ""
    use: str = "Use it"
    use_not: str = "Do not use it"
    terms_title: str = "Terms of use"
    terms_lead: tuple[str, ...] = ()
    stop: str = "Do not order it"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTier:
    """What `count` places in use cost together, in the operator's words."""

    count: int
    name: str
    price: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotStates:
    """What the list calls the state of a place, and what is said of an application that waits."""

    used: str = "Can be changed"
    free: str = "Can be added"
    adding: str = "Addition in process"
    changing: str = "Change in process"
    removing: str = "Removal in process"
    blocked: str = "Cannot be changed now"
    received: str = "In process"
    done: str = "Done"
    cancelled: str = "Cancelled"
    refused: str = "The last order could not be carried out"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotButtons:
    """The words of buttons."""

    change: str = "Change"
    remove: str = "Remove"
    add: str = "Add"
    cancel: str = "Cancel"
    next: str = "Continue"
    commit: str = "Register"
    back: str = "Back"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotMailWords:
    """The choice of the mail's receivers. `ticked`: whether the boxes start so (OCN-101)."""

    title: str = "If all is right"
    lead: str = "We confirm this by mail. Choose the addresses that we send it to."
    none: str = "Without any tick no mail is sent."
    ticked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotSteps:
    """The names of the steps; `last` of them is not counted, and `terms` comes only where terms are to be read."""

    prefix: str = "STEP"
    list: str = "List"
    input: str = "Input"
    terms: str = "Terms"
    confirm: str = "Check"
    last: str = "Done"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPage:
    """The words of the pages of the places with this `code`.

    `over` names the function above the step's title. `intro` stands above the list and its first link is the
    operator's page on personal data; `pending_note` above it only while an application waits. `now_lines` stand before
    what there is now; `patterns` are the ways to change it, of which
    the customer chooses one; `pattern_mark` stands before each. `host` is what follows
    the field of a name whose host the system picks. `characters` say what a name and a password may be made of.
    `warnings` stand on the confirm page of a new name. `paper` is the notice on each step, and what a posted
    application is refused with while one on paper runs (OCN-73).
    """

    code: str
    title: str = "Addresses"
    over: str = ""
    list_title: str = "Add, change or remove"
    limit: str = ""
    intro: tuple[Sentence, ...] = ()
    pending_note: str = "You can cancel what is in process."
    number_label: str = "No."
    name_label: str = "Address"
    state_label: str = "Status"
    act_label: str = "Order"
    price_title: str = "Fees"
    price_lead: str = ""
    price_column: str = "Monthly fee"
    price_label: str = "Monthly fee"
    tiers: tuple[SlotTier, ...] = ()
    price_notes: tuple[str, ...] = ()
    states: SlotStates = field(default_factory=SlotStates)
    buttons: SlotButtons = field(default_factory=SlotButtons)
    steps: SlotSteps = field(default_factory=SlotSteps)
    options: Mapping[str, SlotOptionWords] = field(default_factory=dict)
    paper_title: str = "Please note"
    paper: str = "While an application on paper is being processed, nothing may be changed here."
    input_title: str = "Your order"
    now_lines: tuple[str, ...] = ()
    now_title: str = "What you have now"
    fields_title: str = "Please enter what you need."
    patterns_lead: str = "Choose one of these."
    pattern_mark: str = ""
    patterns: tuple[SlotPattern, ...] = (
        SlotPattern(code="name", label="Change the address only", name=True),
        SlotPattern(code="options", label="Change the options only", options=True),
        SlotPattern(code="both", label="Change both", name=True, options=True),
    )
    name_help: tuple[str, ...] = ()
    host: str = ""
    secret_label: str = "Password"  # noqa: S105 - the words of a field
    again_label: str = "Password (again)"
    add_help: tuple[Paragraphs, ...] = ()
    characters_title: str = ""
    characters: tuple[str, ...] = ()
    next_say: str = ""
    confirm_title: str = "Please check your order"
    confirm_lead: str = ""
    add_heading: str = "What will be added"
    remove_heading: str = "What will be removed"
    before_label: str = "Now"
    after_label: str = "Afterwards"
    same: str = "No change"
    none: str = "—"
    ends: str = "Ends"
    count_label: str = "Addresses"
    warnings: tuple[str, ...] = ()
    remove_warnings: tuple[str, ...] = ()
    mail: SlotMailWords = field(default_factory=SlotMailWords)
    commit_say: str = ""
    taken: str = "%(name)s cannot be had. Please choose another name."
    done_title: str = "We have taken your order"
    done_lines: tuple[str, ...] = ()
    cancel_title: str = "Cancel the order"
    cancel_question: str = "Do you want to cancel this order?"

    def __post_init__(self) -> None:
        codes = [pattern.code for pattern in self.patterns]
        if len(set(codes)) != len(codes):
            raise ValueError(f"patterns of {self.code!r} have the same code twice")
        if "%(name)s" not in self.taken:
            raise ValueError("`taken` says which name cannot be had: write %(name)s in it")


class SlotPagesSpec:
    """The hook about the words of places."""

    @hookspec
    def slot_page_items(self) -> list[SlotPage]:
        """The words of the pages, one for each kind of places that shall not speak the core's."""
