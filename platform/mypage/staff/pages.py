"""What the pages of the console show that belong to no topic: the choice of a tenant, and the first page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from mypage.auth.pages import Rule
from mypage.forms.form import PortalForm
from mypage.staff.queue.pages import Stat, WorkRow
from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatChoice:
    """A tenant that one may work for; `role` is the word for one's role there."""

    tenant: str
    portal: str
    role: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatPage(Page):
    """Which tenant to work for, one at a time."""

    template: ClassVar[str] = "staff/seat.html"
    choices: tuple[SeatChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPage(Page):
    """The first page: what is to be done at `portal`, and where to go from here.

    `rows` is one's own work, None for who takes none; `approvals` are proposals of others that one may confirm.
    """

    template: ClassVar[str] = "staff/home.html"
    portal: str
    role: str
    stats: tuple[Stat, ...]
    form: PortalForm
    rows: tuple[WorkRow, ...] | None
    more_url: str
    approvals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitedPage(Page):
    """Where the link of an invitation leads: a name and a password. Opening it changes nothing; the button does.

    `posts` are portal and role of each role that waits. "invalid" is one answer for an expired, used and unknown link.
    """

    template: ClassVar[str] = "staff/invited.html"
    state: Literal["ready", "invalid"]
    login_url: str
    email: str = ""
    posts: tuple[tuple[str, str], ...] = ()
    form: PortalForm | None = None
    action_url: str = ""
    rules: tuple[Rule, ...] = ()
    rules_url: str = ""
