"""Ending a contract online, as data: its words, the days and reasons that are offered, and what an early end costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mypage.hooks.desk import NEW_YEAR
from mypage.hooks.markers import hookspec

EndKind = Literal["date", "reason", "detail", "choice", "line", "text", "phone", "fax", "email"]


@dataclass(frozen=True, slots=True)
class EndChoice:
    """A value of a pulldown. `code` is kept, so it never changes its meaning; `label` is a msgid of the operator."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class EndReason:
    """A reason with the details that belong to it: the pulldown of details offers those of the chosen reason only."""

    code: str
    label: str
    details: tuple[EndChoice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndDays:
    """The days on which a contract may end, counted from today in Japan.

    `earliest` and `latest` are business days from today; between them business days alone are offered, or with
    `every_day` all days. `closed` are the days (month, day) besides weekends and public holidays on which nobody works.
    """

    earliest: int
    latest: int
    every_day: bool = False
    closed: tuple[tuple[int, int], ...] = NEW_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class EndField:
    """One field of the form. `name` keeps its value, so it is unique and never changes.

    "date" is the pulldown of days, "reason" and "detail" are those of the reasons, "choice" is one of `choices`;
    "line" and "text" are free, of one line or more; "email" is entered twice, `again` is the label of the second one,
    and gets the receipt. There is one "date" and one "email". `note` stands beside the value on the check page.
    """

    name: str
    kind: EndKind
    label: str
    required: bool = True
    choices: tuple[EndChoice, ...] = ()
    again: str = ""
    help: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndGroup:
    """Fields under one heading; `lead` stands above them and `notes` below."""

    title: str
    fields: tuple[EndField, ...]
    lead: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOption:
    """An option with a row of its own on the check page: whether the contract has it.

    It has it when one of the `products` is held, or the contract has one of the `features`, or a service whose name
    begins with one of the `services`. One that is not `ends` cannot be ended here: it is named before the form with
    `stays`, which says how it is ended.
    """

    label: str
    products: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    ends: bool = True
    stays: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyEndFee:
    """What a consumer pays who ends before `months` calendar months are over; amounts are yen as charged.

    `penalty` is a fixed sum; `base` names the product whose monthly price is the contract's basic fee, which no penalty
    may exceed. `construction` is the sum of the construction fees, of which the balance is charged: it declines by
    equal parts with each month. `balance[n]` states the balance when n months are over, for an operator that charges
    less. More than the law permits is refused at the start (`lib.ending_law`). Companies are not shown any of it.
    """

    months: int
    base: str
    penalty: int = 0
    construction: int = 0
    balance: tuple[int, ...] = ()
    title: str = "What you pay because of the early end"
    penalty_label: str = "Cancellation charge"
    construction_label: str = "Balance of the construction fee"
    none: str = "Nothing is charged because of the end."


@dataclass(frozen=True, slots=True, kw_only=True)
class Termination:
    """The end of a contract, asked for online in three steps and never taken back.

    `over` is the function's name and `titles` are those of the input, check and completion pages. `warnings` stand
    before the form. `stays_block`: who has an option that cannot be ended here cannot end the contract here either.
    `reason_hint` is offered while no reason is chosen. `irrevocable` stands before the last button, `refused` is what
    is said once the end was accepted, and `days_gone` when the chosen day is offered no more. `done` and `done_notes`
    are the completion page's; `%(day)s` and `%(address)s` are filled in there.
    """

    titles: tuple[str, str, str]
    over: str
    groups: tuple[EndGroup, ...]
    reasons: tuple[EndReason, ...]
    days: EndDays
    lead: str = ""
    leads: tuple[str, str] = ("", "")
    warnings: tuple[str, ...] = ()
    options: tuple[EndOption, ...] = ()
    stays_block: bool = False
    stays_title: str = "These cannot be ended here"
    early: EarlyEndFee | None = None
    steps: tuple[str, str, str] = ("Input", "Check", "Done")
    step_prefix: str = ""
    form_title: str = ""
    choose: str = "Please choose"
    reason_hint: str = "Choose the reason first"
    show_details: str = "Show the details of this reason"
    say_next: str = ""
    next: str = "Continue"
    back: str = "Back"
    present_title: str = "What you have now"
    present_lead: str = "This contract and these options end."
    number_label: str = "Customer number"
    name_label: str = "Name"
    contract_label: str = "Contract"
    options_title: str = "Options"
    held: str = "In use"
    not_held: str = "Not in use"
    ends_title: str = "On %(day)s all of this ends"
    check_title: str = "Please check what you entered"
    edit: str = "Change what you entered"
    blank: str = "(blank)"
    irrevocable: str = "This ends the contract and cannot be taken back."
    say_commit: str = ""
    commit: str = "End the contract"
    refused: str = "The end of your contract was accepted. Nothing can be changed any more."
    days_gone: str = "The day that you chose is not offered any more. Please choose another one."
    done: str = "The end of your contract was accepted for %(day)s."
    done_notes: tuple[str, ...] = ("A mail about it was sent to %(address)s.",)
    number_title: str = "Receipt number"

    @property
    def fields(self) -> tuple[EndField, ...]:
        """All fields, in the order of the form."""
        return tuple(field for group in self.groups for field in group.fields)

    @property
    def staying_services(self) -> tuple[str, ...]:
        """What the names of services begin with that are not ended here."""
        return tuple(name for option in self.options if not option.ends for name in option.services)

    def field(self, kind: EndKind) -> EndField | None:
        """The first field of a kind."""
        return next((field for field in self.fields if field.kind == kind), None)


class TerminationsSpec:
    """The hook about the end of a contract."""

    @hookspec
    def termination_items(self) -> list[Termination]:
        """How customers end their contract online; at most one, none where that is done otherwise."""
