"""What the pages of the second step and of its set-up show. Texts of the core come as msgids in the templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from mypage.auth.factors.totp import Picture
from mypage.forms.form import PortalForm
from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondStepPage(Page):
    """The second step of a login, or of giving the password again.

    `way` is what is asked now; `form` is the code's ("passkey" alone has none). `options` is what the browser's dialog
    is given, "" where no passkey can be used; `wrong_address` is set when one works at another address only.
    """

    template: ClassVar[str] = "auth/factor_second.html"

    way: Literal["app", "passkey", "recovery"]
    form: PortalForm | None
    action_url: str
    back_url: str
    other_url: str
    """The same step by a recovery code, or back from it; "" where there is no other way."""
    options: str = ""
    failed: str = ""
    wrong_address: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRow:
    """An app or passkey in the list."""

    kind: str
    name: str
    added_at: datetime
    used_at: datetime | None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorsPage(Page):
    """The second factors of an account. `codes_left` is None while there is no factor that codes could stand in for."""

    template: ClassVar[str] = "auth/factors.html"

    factors: tuple[FactorRow, ...]
    codes_left: int | None
    app_url: str
    passkey_url: str
    codes_url: str
    back_url: str
    full: bool = False
    demanded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorAppPage(Page):
    """Adding an app: the picture, the same as text, and the proof that it has arrived."""

    template: ClassVar[str] = "auth/factor_app.html"

    form: PortalForm
    picture: Picture
    key: str
    listed_as: str
    action_url: str
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorPasskeyPage(Page):
    """Adding a passkey. `options` is what the browser's dialog is given; `failed` why it did not work."""

    template: ClassVar[str] = "auth/factor_passkey.html"

    form: PortalForm
    options: str
    action_url: str
    back_url: str
    failed: str = ""
    wrong_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorCodesPage(Page):
    """New recovery codes, shown until the holder says that they are kept, or some minutes are over."""

    template: ClassVar[str] = "auth/factor_codes.html"

    codes: tuple[str, ...]
    first: bool
    file_url: str
    action_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorPage(Page):
    """One factor: another name, or its end. `kept` when it is the last one and the portal demands one."""

    template: ClassVar[str] = "auth/factor.html"

    form: PortalForm
    kind: str
    name: str
    added_at: datetime
    used_at: datetime | None
    last: bool
    kept: bool
    rename_url: str
    remove_url: str
    back_url: str
