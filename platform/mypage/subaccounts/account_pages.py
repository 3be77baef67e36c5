"""What the pages of accounts show: the list, the steps of registering and changing, and those of deleting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mypage.auth.pages import LinkSentence, Rule
from mypage.forms.form import PortalForm
from mypage.web.page import Page


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account in the list; an address is "" where the reader may not go there. `mail` is "" for none."""

    login_id: str
    name: str
    mail: str
    role: str
    edit_url: str = ""
    mail_url: str = ""
    delete_url: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsPage(Page):
    """The list of accounts (UCOM-56). `columns` are the headings of login ID, name, mail address and role.

    `add_url` is "" for who may not register; `full` is the reason why no more can be registered.
    """

    template: ClassVar[str] = "subaccounts/accounts.html"

    title: str
    lead: str
    columns: tuple[str, str, str, str]
    named: bool
    rows: tuple[AccountRow, ...]
    empty: str
    no_mail: str
    add: str
    add_url: str = ""
    full: str = ""
    stand: str = ""
    delete: str = "Delete"


@dataclass(frozen=True, slots=True)
class AccountInput:
    """One row of the form: fields of these names under a label; a row without fields shows `fixed`.

    `legend` stands above several inputs, with its help.
    """

    kind: str
    names: tuple[str, ...] = ()
    legend: str = ""
    help: str = ""
    parts: tuple[str, ...] = ()
    fixed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFormPage(Page):
    """The input of an account, new or changed (UCOM-57, UCOM-67). `rules` is the checklist of the password."""

    template: ClassVar[str] = "subaccounts/account_form.html"

    over: str
    title: str
    lead: str
    form: PortalForm
    inputs: tuple[AccountInput, ...]
    action_url: str
    back_url: str
    next: str
    notes_title: str
    notes: tuple[str, ...]
    wrong_mark: str
    keeps_password: bool
    rules: tuple[Rule, ...] = ()
    rules_url: str = ""


@dataclass(frozen=True, slots=True)
class AccountFact:
    """One row of what was entered; `code` is set apart, `note` stands below, `lines` are a list instead of a value."""

    label: str
    value: str
    code: bool = False
    note: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConfirmPage(Page):
    """What was entered, to be looked at once more (UCOM-60), or the account that is about to be deleted (UCOM-73).

    `ending` is what a deletion ends, `falling` what then ends by itself; both are names of products and addresses.
    """

    template: ClassVar[str] = "subaccounts/account_confirm.html"

    over: str
    title: str
    lead: str
    facts: tuple[AccountFact, ...]
    action_url: str
    back_url: str
    here_url: str
    commit: str
    back: str
    operation: str
    steps: bool = True
    ending: tuple[str, ...] = ()
    falling: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDonePage(Page):
    """It is done (UCOM-63, UCOM-76). `guide` leads on to the registration of a mail address."""

    template: ClassVar[str] = "subaccounts/account_done.html"

    over: str
    title: str
    done: tuple[str, ...]
    summary: str
    facts: tuple[AccountFact, ...]
    list_title: str
    list_url: str
    steps: bool = True
    guide_title: str = ""
    guide: LinkSentence | None = None
    ending: tuple[str, ...] = ()
    falling: tuple[str, ...] = ()
