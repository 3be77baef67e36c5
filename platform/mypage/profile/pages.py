"""What the pages of the customer's own data show. Labels and words of the operator are translated by the templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mypage.forms.form import PortalForm
from mypage.web.page import Page


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """A field: with `field` an input of the form by that name, else a value that is only shown.

    A `choice` is a value that is translated.
    """

    label: str
    value: str = ""
    field: str = ""
    required: bool = False
    choice: bool = False
    unit: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePage(Page):
    """The form: what can be changed beside what cannot (UCOM-122 to UCOM-124). `over` is the function's name."""

    template: ClassVar[str] = "profile/form.html"

    over: str
    title: str
    rows: tuple[ProfileRow, ...]
    form: PortalForm
    action_url: str
    next_label: str
    lead: str = ""
    locked_why: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileConfirmPage(Page):
    """Every value that would be stored, blank ones too (UCOM-125)."""

    template: ClassVar[str] = "profile/confirm.html"

    over: str
    title: str
    rows: tuple[ProfileRow, ...]
    action_url: str
    back_url: str
    here_url: str
    operation: str
    commit: str
    back: str
    lead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileDonePage(Page):
    """The values as they are stored now (UCOM-126). `mailed` are sentences about where notices went."""

    template: ClassVar[str] = "profile/complete.html"

    over: str
    title: str
    rows: tuple[ProfileRow, ...]
    home_url: str
    lead: str = ""
    mailed: tuple[str, ...] = ()
