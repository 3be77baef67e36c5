"""Accounts that a customer hands out: roles, form, texts, rules of their login IDs. All of it data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mypage.hooks.markers import hookspec
from mypage.hooks.passwords import CharSet

AccountFieldKind = Literal["login", "name", "kana", "user-name", "password", "role"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountField:
    """One row of the form of an account, in the order shown; the confirm and the completion page have the same rows.

    `help` stands at the control, `note` below the value on the confirm page. A name has two inputs with the labels
    `parts`; a password is typed twice, and `again` with `again_help` are the words of the second input.
    `chars`: which characters a name may have, `besides` half-width ones beside full-width ones; `longest` counts them.
    """

    kind: AccountFieldKind
    label: str
    help: str = ""
    note: str = ""
    parts: tuple[str, str] = ("Family name", "Given name")
    again: str = "The same password again"
    again_help: str = ""
    chars: Literal["any", "full-width", "katakana"] = "any"
    besides: CharSet | None = None
    longest: int = 40

    def __post_init__(self) -> None:
        if self.besides is not None and self.chars != "full-width":
            raise ValueError(f"{self.label!r} names characters beside full-width ones, but takes {self.chars}")
        if self.longest < 1:
            raise ValueError(f"{self.label!r} must take at least one character")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSteps:
    """The words of input, confirm and completion page.

    `titles` of the three, `leads` of the first two, buttons, and `done`, what is said at the end. `summary` is the
    heading above what was entered. `guide` leads on to the registration of a mail address; `{` and `}`
    around a part make only that part the link.
    """

    titles: tuple[str, str, str]
    leads: tuple[str, str] = ("", "")
    next: str = "To the check"
    commit: str = "Register"
    back: str = "Back to the input"
    done: tuple[str, ...] = ()
    summary: str = "What you entered"
    guide_title: str = "What comes next"
    guide: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDeletion:
    """The words of deleting: the page that asks, and the completion page. `notes` stand on both, in their own row."""

    titles: tuple[str, str] = ("Delete the account", "The account is deleted")
    lead: str = ""
    login_label: str = "Login ID"
    notes_label: str = "Please note"
    notes: tuple[str, ...] = ()
    commit: str = "Delete"
    back: str = "Back"
    done: tuple[str, ...] = ()
    summary: str = "What was deleted"


ACCOUNT_FIELDS = (
    AccountField(kind="login", label="Login ID"),
    AccountField(kind="name", label="Name"),
    AccountField(kind="password", label="Password"),
    AccountField(kind="role", label="What the account may do"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubAccounts:
    """The accounts of one login scheme that a customer's holder registers, changes and deletes.

    `roles`: role → label, in the order of the form, the first preselected; `role_texts` explains them. `quota`: the
    quota that counts them. `keeps_session`: a deleted account that is signed in keeps reading until it logs out
    (UCOM-14). `fields` has exactly one each of login, password and role. `full` is the reason beside the button that
    cannot be pressed; ``%(stand)s`` in it becomes the quota. `wrong_mark` stands beside inputs that are wrong.
    """

    scheme: str
    quota: str
    roles: Mapping[str, str]
    title: str
    keeps_session: bool = False
    role_texts: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[AccountField, ...] = ACCOUNT_FIELDS
    lead: str = ""
    add: str = "Register a new account"
    full: str = "No more accounts can be registered (%(stand)s)."
    empty: str = "There is no account yet."
    mail_label: str = "Mail address"
    no_mail: str = "Not registered"
    delete: str = "Delete"
    notes_title: str = "Please note"
    notes: tuple[str, ...] = ()
    wrong_mark: str = ""
    register: AccountSteps = AccountSteps(
        titles=("Register an account", "Check the new account", "The account is registered")
    )
    change: AccountSteps = AccountSteps(
        titles=("Change the account", "Check the change", "The account is changed"), commit="Make the change"
    )
    deletion: AccountDeletion = AccountDeletion()

    def __post_init__(self) -> None:
        kinds = [each.kind for each in self.fields]
        needed: tuple[AccountFieldKind, ...] = ("login", "password", "role")
        for kind in needed:
            if kind not in kinds:
                raise ValueError(f"fields has none of kind {kind!r}")
        if len(kinds) != len(set(kinds)):
            raise ValueError("fields has a kind twice")
        if not self.roles:
            raise ValueError("roles names no role")
        if strange := set(self.role_texts) - set(self.roles):
            raise ValueError(f"role_texts explains {min(strange)!r}, which roles does not name")

    def row(self, kind: AccountFieldKind) -> AccountField | None:
        """The field of a kind, when the form has it."""
        return next((each for each in self.fields if each.kind == kind), None)


class SubAccountsSpec:
    """Hooks about accounts that customers hand out."""

    @hookspec
    def sub_account_items(self) -> list[SubAccounts]:
        """The accounts that a customer hands out; at most one kind."""
