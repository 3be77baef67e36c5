"""What the pages of an act show. Texts but titles are translated already: words of the core and the operator mix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mypage.forms.form import PortalForm
from mypage.web.page import Page


@dataclass(frozen=True, slots=True)
class Line:
    """A value of the confirm page; with `before` what it was until now. "" is shown as blank."""

    label: str
    value: str
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is so now, under a heading of its own; `text` in place of lines when there are none."""

    title: str
    lines: tuple[Line, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActPage(Page):
    """How things stand, and the form. Without `form` nothing can be done, and `nothing` says why."""

    template: ClassVar[str] = "staff/acts/act.html"

    title: str
    over: str
    lead: str
    standing: tuple[Standing, ...]
    form: PortalForm | None
    names: tuple[str, ...]
    nothing: str
    action_url: str
    customer_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActConfirmPage(Page):
    """What will happen to whom, in sentences with names. `danger`: it cannot be taken back."""

    template: ClassVar[str] = "staff/acts/confirm.html"

    title: str
    over: str
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]
    lines: tuple[Line, ...]
    reason: str
    commit: str
    danger: bool
    operation: str
    seen: str
    action_url: str
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActDonePage(Page):
    """What was done."""

    template: ClassVar[str] = "staff/acts/done.html"

    title: str
    over: str
    sentences: tuple[str, ...]
    customer_url: str
    again_url: str
