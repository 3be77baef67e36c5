"""What the pages of signing in through one's company show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from mypage.web.page import Page

Why = Literal["unreachable", "not-welcome", "started-elsewhere", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyPage(Page):
    """Asks for the portal that one works for; `wrong` is what was typed and is none with a login of its own."""

    template: ClassVar[str] = "staff/oidc/company.html"
    typed: str = ""
    wrong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedPage(Page):
    """One came back and cannot enter: `why` says whose fault it is not."""

    template: ClassVar[str] = "staff/oidc/failed.html"
    why: Why
    again_url: str
