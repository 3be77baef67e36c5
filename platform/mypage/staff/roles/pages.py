"""What the pages of roles show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from mypage.forms.form import PortalForm
from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRow:
    """Somebody who works for the tenant. `url` is where their role changes, "" for one's own."""

    name: str
    email: str
    role: str
    state: Literal["invited", "half", "active"]
    since: date | None
    by: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRole:
    """A change that waits for a second manager."""

    summary: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesPage(Page):
    """Who works for the tenant, in which role."""

    template: ClassVar[str] = "staff/roles/roles.html"
    portal: str
    rows: tuple[RoleRow, ...]
    waiting: tuple[WaitingRole, ...]
    invite_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleInvitePage(Page):
    """Whom to invite, to which role."""

    template: ClassVar[str] = "staff/roles/invite.html"
    portal: str
    form: PortalForm
    action_url: str
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePage(Page):
    """One person's role: another one, or none."""

    template: ClassVar[str] = "staff/roles/role.html"
    portal: str
    name: str
    email: str
    role: str
    since: date | None
    by: str
    form: PortalForm
    action_url: str
    back_url: str
