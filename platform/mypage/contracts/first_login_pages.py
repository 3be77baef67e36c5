"""What a first login shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mypage.contracts.pages import Fact
from mypage.web.page import Page
from mypage.web.steps import Step


@dataclass(frozen=True, slots=True)
class FirstLoginBlock:
    """One contract: what the operator calls it, where it is, and its secrets under `title`.

    A fact with an empty value is a secret that is not there; `hidden`: whoever only views is shown none.
    """

    name: str
    title: str
    place: str
    secrets: tuple[Fact, ...]
    note: str
    hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLoginPage(Page):
    """What is confirmed once (USEN-07 to USEN-13). `missing` is said in place of a secret that is not there."""

    template: ClassVar[str] = "contracts/first_login.html"

    title: str
    over: str
    leads: tuple[str, ...]
    blocks: tuple[FirstLoginBlock, ...]
    login_title: str
    login_label: str
    login_id: str
    number_label: str
    number: str
    number_note: str
    missing: str
    submit: str
    action_url: str
    steps: tuple[Step, ...]
