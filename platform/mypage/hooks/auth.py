"""How an operator's subscribers sign in, register, recover and change their credentials: all of it data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from mypage.hooks.markers import hookspec
from mypage.hooks.passwords import IdentifierPolicy, PasswordPolicy


@dataclass(frozen=True, slots=True)
class TextPart:
    """A typed part of a login ID; `numeric` brings the keyboard of digits.

    `forbidden` are characters that belong elsewhere, such as the @ of an ID whose domain is chosen from a list; what
    holds one is refused and never cut. `hint` is said then, "" for the core's words.
    """

    name: str
    label: str
    help: str = ""
    forbidden: str = ""
    numeric: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ChoicePart:
    """A part of a login ID chosen from a list; other values are refused. `before` stands before the pulldown."""

    name: str
    label: str
    values: tuple[str, ...]
    empty: str = ""
    help: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginScheme:
    """One kind of login: its parts, how they are joined to the login ID, and the words of its form.

    `help` stands above the form: whose login it is, and where its credentials are printed. `legend` names the parts
    together where there are several; then the help of each stands as its label.
    """

    name: str
    parts: tuple[TextPart | ChoicePart, ...]
    secret: str
    submit: str
    title: str
    joined: str = ""
    row_heading: str = ""
    clear: str = ""
    help: str = ""
    legend: str = ""
    role: str = "holder"

    def join(self, values: Mapping[str, str]) -> str:
        """The login ID made of the typed parts."""
        template = self.joined or "{" + self.parts[0].name + "}"
        return template.format(**values)


@dataclass(frozen=True, slots=True)
class PrintedAt:
    """Where a credential is printed; `note` stands below it."""

    label: str
    place: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPageText:
    """The words around the login forms.

    `printed` says where each credential is found. `lost` says who helps where nothing can be reset online; `{` and `}`
    around a part lead to the foot's telephone.
    """

    title: str
    lead: str = ""
    printed: tuple[PrintedAt, ...] = ()
    lost: str = ""
    caution_title: str = ""
    caution: tuple[str, ...] = ()
    activated: str = ""
    """Shown with a check mark after an account was activated."""


FieldKind = Literal["login", "password", "password-again", "email", "customer-number", "proof-code", "captcha"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationField:
    """One input of the registration form, in the order shown; `notes` stand below it.

    `%(mail_domain)s` in a note becomes the tenant's mail domain.
    """

    kind: FieldKind
    label: str
    help: str = ""
    notes: tuple[str, ...] = ()
    parts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldGroup:
    """Fields under a heading."""

    heading: str
    fields: tuple[RegistrationField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Self-registration of a customer who proves who they are, confirmed by a mail link.

    Each (customer number, code) makes one account; the field of kind `proof-code` says in how many parts it is typed.
    """

    scheme: str
    title: str
    entry: str
    """The link on the login page."""
    steps: tuple[str, str, str]
    lead: tuple[str, ...]
    groups: tuple[FieldGroup, ...]
    back: str
    next: str
    paper_title: str = ""
    paper_lines: tuple[str, ...] = ()
    paper_picture: tuple[str, ...] = ()
    link_life: timedelta = timedelta(hours=24)
    captcha_digits: int = 4
    captcha_life: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """A way back in: what is asked, and what is mailed to the registered address. The answer is always the same."""

    kind: Literal["login-id", "password"]
    scheme: str
    entry: str
    """The words on the login page; `{` and `}` around a part make only that part the link."""
    title: str
    lead: str
    login_label: str = ""
    number_label: str = ""
    code_label: str = ""
    code_parts: int = 1
    link_life: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Remarks:
    """Lines under a title. What stands behind a line break in a line is set apart, such as a list of characters."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialChange:
    """What of a credential its holder may change online, and the words of the page.

    `present`: whether a field asks for the present password, under `present_label`; without it the password has to have
    been given shortly before. `id_label` names the login ID that is shown; `password_help` stands at the new password.
    `confirm_title` and `done_title` are the titles of the later pages, `lead` and `confirm_lead` stand below the first
    two, `next`, `commit` and `back` are buttons, `leave` the way out of the first page; empty ones are the core's
    words. With `plain` the confirm page lists what will be, instead of comparing it with what is; with `unseen` it
    shows nothing of the password, not even masked.

    `step` stands before the number of a step. `section`, its `table` and its `instruction` head one box of all fields;
    without `section` there is a box for what is and one for what will be. `advice` follows the lead, `before` it,
    `notes` the fields; `ask` stands above the first page's button; `confirm_notes` and `done_notes` are for the later
    pages, and `done_lead` says what has been done.

    `line`: the credential is also that of a line. Under this code the port of provisioning is handed each new password,
    which is kept sealed until then; the code needs to be no product. Such a password is changed on this page alone, so
    that its scheme has no other way to set one.
    """

    scheme: str
    title: str
    login: bool
    password: bool
    login_label: str = ""
    password_label: str = ""
    password_again_label: str = ""
    present: bool = True
    present_label: str = ""
    id_label: str = ""
    password_help: str = ""
    lead: str = ""
    advice: str = ""
    before: Remarks | None = None
    section: str = ""
    table: str = ""
    instruction: str = ""
    notes: Remarks | None = None
    ask: str = ""
    next: str = ""
    leave: str = ""
    confirm_title: str = ""
    confirm_lead: str = ""
    confirm_notes: Remarks | None = None
    commit: str = ""
    back: str = ""
    done_title: str = ""
    done_lead: str = ""
    done_notes: Remarks | None = None
    step: str = ""
    plain: bool = False
    unseen: bool = False
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottlePolicy:
    """When logins have to wait. Counted per account, per network and over the tenant, before anything is checked.

    After `free` failures of an account (or customer number) each further one waits `first_wait`, doubled up to
    `longest_wait`. Many people may share a network, so after `network_free` failures it waits one second, doubled up to
    one minute; after `tenant_free` the whole tenant waits one second each. Attempts under way count as failures until
    they succeed; a process lets eight of a network try at once and the others stand in line, so that a crowd behind one
    address is served as long as `network_free` is more than eight times the processes. A device known from an earlier
    login counts by itself, `free` as well, and waits for nobody else's failures.
    """

    free: int = 5
    first_wait: timedelta = timedelta(seconds=30)
    longest_wait: timedelta = timedelta(hours=1)
    network_free: int = 50
    tenant_free: int = 1000
    forget_after: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPolicy:
    """How long a session lives without use and at most, and how long a re-authentication holds."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)
    reauth: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A page that stands between login and the portal while a condition holds.

    `condition` is one that the core knows: "initial-password" (the password was handed out), "unverified-email",
    "unconfirmed" (what the first login shows was not confirmed) or "card-missing" (no card of the customer can pay).
    The gate of "second-factor-missing" is the core's alone: it stands where a tenant demands a second factor.
    `allowed` are the names of further routes that may be used meanwhile; with `alone` no others are open but the public
    ones, not even those that the core keeps open behind its own gates. `step` names this gate, `then` what follows the
    last of them, in the bar of steps that the pages of gates show.
    """

    name: str
    condition: Literal["initial-password", "unverified-email", "second-factor-missing", "unconfirmed", "card-missing"]
    route: str
    allowed: frozenset[str] = field(default_factory=frozenset)
    alone: bool = False
    step: str = ""
    then: str = ""


class AuthSpec:
    """Hooks about signing in."""

    @hookspec
    def login_scheme_items(self) -> list[LoginScheme]:
        """The kinds of login, in the order of the page. Names are unique; each has a password policy."""

    @hookspec(firstresult=True)
    def login_page_policy(self) -> LoginPageText:
        """The words around the login forms."""

    @hookspec(firstresult=True)
    def password_policy(self, scheme: str) -> PasswordPolicy:
        """The rules of new passwords of a login scheme. Passwords are always hashed and compared by the core."""

    @hookspec(firstresult=True)
    def login_id_policy(self, scheme: str) -> IdentifierPolicy:
        """The rules of login IDs that customers choose."""

    @hookspec
    def registration_items(self) -> list[Registration]:
        """Self-registrations, at most one per scheme; none means that accounts come from imports only."""

    @hookspec
    def recovery_items(self) -> list[Recovery]:
        """Ways back in for a forgotten login ID or password, at most one of each kind."""

    @hookspec
    def credential_change_items(self) -> list[CredentialChange]:
        """What holders may change of their credentials, at most one per scheme."""

    @hookspec(firstresult=True)
    def throttle_policy(self) -> ThrottlePolicy:
        """When repeated failures have to wait."""

    @hookspec(firstresult=True)
    def session_policy(self) -> SessionPolicy:
        """How long sessions live."""

    @hookspec
    def gate_items(self) -> list[Gate]:
        """Pages between login and portal, in order, after the core's: handed out passwords, a missing second factor."""
