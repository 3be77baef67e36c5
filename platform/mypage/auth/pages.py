"""What the pages of signing in, registration and recovery show; account_pages has those behind the login.

Labels of the operator come in its language and are translated by the templates; texts of the core come translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from mypage.forms.form import PortalForm
from mypage.web.page import Page


@dataclass(frozen=True, slots=True)
class Link:
    """A label and where it leads."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class LinkSentence:
    """A sentence of which one part is a link."""

    before: str
    label: str
    after: str
    url: str

    @classmethod
    def of(cls, sentence: str, url: str) -> LinkSentence:
        """Split `ID を忘れた場合{こちら}。` at its braces; without braces all of it is the link."""
        before, opened, rest = sentence.partition("{")
        label, closed, after = rest.partition("}")
        if not (opened and closed and label):
            return cls("", sentence, "", url)
        return cls(before, label, after, url)


@dataclass(frozen=True, slots=True)
class Caution:
    """Lines under a heading that are read before one starts."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Captcha:
    """A picture of digits: its address, that of its sound, and the token that says which picture was shown."""

    image_url: str
    audio_url: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition of a password; `ok` is None while nothing was typed."""

    text: str
    ok: bool | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """The letter that holds the codes to type: its title, a drawing of its lines, what to know, and the telephone."""

    title: str
    picture: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    phone: str = ""
    tel_url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields of a form, by name, under a heading."""

    heading: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartWords:
    """What stands at a part of a login ID whose parts share a legend: its caption, and a sign before the control."""

    caption: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Printed:
    """Where a credential is printed."""

    label: str
    place: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginBlock:
    """One kind of login. `forgotten_id` stands below the first field, `forgotten_password` below the last one.

    `clear` is the label of the button that empties the form ("" for none); `anchor` is an id unique on the page;
    `help` says whose login it is. Under a `legend` stand the fields that `parts` names.
    """

    title: str
    form: PortalForm
    action_url: str
    submit: str
    row_heading: str = ""
    clear: str = ""
    help: str = ""
    legend: str = ""
    parts: Mapping[str, PartWords] = field(default_factory=dict)
    forgotten_id: LinkSentence | None = None
    forgotten_password: LinkSentence | None = None
    anchor: str = "login"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPage(Page):
    """The way in (ACTV-02 to ACTV-11). `done` is said with a check mark; `locked` when logins have to wait.

    `printed` says where credentials are found, `lost` who helps where nothing can be reset online (UCOM-187).
    """

    template: ClassVar[str] = "auth/login.html"

    title: str
    blocks: tuple[LoginBlock, ...]
    lead: str = ""
    printed: tuple[Printed, ...] = ()
    caution: Caution | None = None
    register: Link | None = None
    lost: LinkSentence | None = None
    done: str = ""
    locked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterInputPage(Page):
    """The form of a new account (ACTV-31 to ACTV-49). `rules` is the checklist below the first password."""

    template: ClassVar[str] = "auth/register.html"

    title: str
    steps: tuple[str, ...]
    lead: tuple[str, ...]
    groups: tuple[Group, ...]
    form: PortalForm
    action_url: str
    back: Link
    next_label: str
    captcha: Captcha | None = None
    paper: Paper | None = None
    help_phone: str = ""
    rules: tuple[Rule, ...] = ()
    rules_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterConfirmPage(Page):
    """What was entered, secrets masked (ACTV-51). `hidden` are further inputs of the form, such as an operation id."""

    template: ClassVar[str] = "auth/register_confirm.html"

    title: str
    steps: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    action_url: str
    back: Link
    submit: str
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSentPage(Page):
    """A mail is on its way (ACTV-50). `expires_at` is when its link ends."""

    template: ClassVar[str] = "auth/register_sent.html"

    title: str
    steps: tuple[str, ...]
    email: str
    expires_at: datetime
    login_url: str
    mail_domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivatePage(Page):
    """Where the link of the mail leads. Opening it changes nothing; the button does (ACTV-54, ACTV-55).

    `invalid` is one answer for an expired, used and unknown link.
    """

    template: ClassVar[str] = "auth/activate.html"

    title: str
    state: Literal["ready", "done", "invalid"]
    login_url: str
    action_url: str = ""
    token: str = ""
    login_id: str = ""
    start_again: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverPage(Page):
    """Asks for what proves who one is, to mail a login ID or a link (ACTV-67 to ACTV-70)."""

    template: ClassVar[str] = "auth/recover.html"

    title: str
    lead: str
    form: PortalForm
    names: tuple[str, ...]
    action_url: str
    back_url: str
    captcha: Captcha | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverSentPage(Page):
    """The same answer whether or not anything matched (ACTV-68, ACTV-69)."""

    template: ClassVar[str] = "auth/recover_sent.html"

    title: str
    kind: Literal["login-id", "password"]
    login_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPasswordPage(Page):
    """A new password by a mailed link. `form` is there in the state "ready"; `names` are its fields in order."""

    template: ClassVar[str] = "auth/reset_password.html"

    title: str
    state: Literal["ready", "done", "invalid"]
    login_url: str
    form: PortalForm | None = None
    names: tuple[str, ...] = ()
    action_url: str = ""
    token: str = ""
    rules: tuple[Rule, ...] = ()
    rules_url: str = ""
    start_again: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesFragment(Page):
    """The checklist alone, while a password is typed."""

    template: ClassVar[str] = "forms/_rules.html"

    results: tuple[Rule, ...]
    id: str = "rules"
