"""What the pages of the own credentials, of the password asked again and of the own sessions show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from mypage.auth.pages import Link, Rule
from mypage.forms.form import PortalForm
from mypage.hooks.auth import CredentialChange
from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsPage(Page):
    """Change of login ID and password (ACTV-64 to ACTV-66). `current` names the field of the current password, if any.

    `words` are the operator's. `login_id` is the ID in use; `new_login` and `new_password` are the fields of either
    change, empty if not allowed. `wait` says why there is no form just now, and until when (OCN-57).
    `must_change`: the password was handed out, and nothing else is open before it is changed.
    """

    template: ClassVar[str] = "auth/credentials.html"

    words: CredentialChange
    form: PortalForm
    login_id: str
    current: str
    new_login: tuple[str, ...]
    new_password: tuple[str, ...]
    action_url: str
    back_url: str
    rules: tuple[Rule, ...] = ()
    rules_url: str = ""
    factors_url: str = ""
    must_change: bool = False
    wait: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One row of before and after; `after` is empty where nothing changes."""

    label: str
    before: str
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsConfirmPage(Page):
    """Before and after, passwords as `*****`, or with `plain` what will be. `hidden` are further inputs of the form.

    Without rows nothing of the change is shown (OCN-53).
    """

    template: ClassVar[str] = "auth/credentials_confirm.html"

    words: CredentialChange
    changes: tuple[Change, ...]
    action_url: str
    back_url: str
    hidden: tuple[tuple[str, str], ...] = ()
    plain: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsDonePage(Page):
    """The change is made. `login_id` is the ID from now on; `email` is where the notice went ("" for nowhere)."""

    template: ClassVar[str] = "auth/credentials_done.html"

    words: CredentialChange
    login_id: str
    home_url: str
    email: str = ""
    others_ended: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReauthPage(Page):
    """The password once more before something that matters; `hidden` carries where to go on."""

    template: ClassVar[str] = "auth/reauth.html"

    form: PortalForm
    name: str
    action_url: str
    back_url: str
    purpose: str = ""
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A place where the customer is signed in."""

    device: str
    started_at: datetime
    last_used_at: datetime
    current: bool = False
    address: str = ""
    end_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsPage(Page):
    """Where one is signed in, this place first, and the way to end the others.

    `factors_url` leads to two-step login, "" where the tenant has none.
    """

    template: ClassVar[str] = "auth/sessions.html"

    sessions: tuple[SessionRow, ...]
    end_others_url: str
    credentials: Link | None = None
    factors_url: str = ""
