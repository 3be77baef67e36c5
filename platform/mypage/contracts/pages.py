"""What the contract page shows. Names of services, courses and options are the operator's texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from mypage.web.page import Page
from mypage.web.paging import Pager

ContractState = Literal["preparing", "active", "suspended", "terminated"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One label and value; `url` with `action` offers a change of it, `note` says more in small print."""

    label: str
    value: str
    note: str = ""
    url: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class OptionRow:
    """An option of a service; `until` is the last day of use."""

    name: str
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """One service with its course; `facts` are what else the operator tells about it (speed, telephone number)."""

    name: str
    state: ContractState = "active"
    since: date | None = None
    until: date | None = None
    options: tuple[OptionRow, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    """The services of one category, such as Internet or television."""

    category: str
    services: tuple[ServiceRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCard:
    """One contract. `until` is the last day: past when `terminated`; while `active`, the day it will end.

    `state_text` replaces the core's word for the state; `name` is what the operator calls this contract, if anything.
    """

    number: str
    state: ContractState
    name: str = ""
    state_text: str = ""
    since: date | None = None
    until: date | None = None
    address: str = ""
    groups: tuple[ServiceGroup, ...] = ()
    facts: tuple[Fact, ...] = ()

    @property
    def has_options(self) -> bool:
        """Whether some service has an option; a column without any is left out."""
        return any(service.options for group in self.groups for service in group.services)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractPage(Page):
    """The contracts of the customer, the living ones first, page by page (ACTV-59); `total` counts those of all pages.

    `folded` shows each contract as an accordion entry; `folds()` decides. `empty_text` is the operator's sentence.
    """

    template: ClassVar[str] = "contracts/contract.html"

    title: str
    contracts: tuple[ContractCard, ...]
    lead: str = ""
    number_label: str = ""
    folded: bool = False
    total: int = 0
    pager: Pager | None = None
    empty_text: str = ""


def folds(contracts: tuple[ContractCard, ...]) -> bool:
    """Whether so many contracts are easier to scan as a folded list."""
    return len(contracts) > 3
