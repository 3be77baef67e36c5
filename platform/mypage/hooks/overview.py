"""The words of the overview: a customer's contract, options and accounts on one page (UCOM-47 to UCOM-55)."""

from __future__ import annotations

from dataclasses import dataclass

from mypage.hooks.markers import hookspec
from mypage.hooks.portal import Entry


@dataclass(frozen=True, slots=True)
class OverviewOption:
    """A row that says what of a page of products is held, and leads there. `named`: with the name of the product."""

    label: str
    page: str
    named: bool = False


@dataclass(frozen=True, slots=True)
class OverviewBlock:
    """Products that each account holds: a heading, the page where they are bought and ended, and the link there."""

    title: str
    page: str
    buy: str = "Buy or end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The words of the overview, and what it shows besides the contract, the quotas and the accounts.

    Labels of an account's data are those of its form (SubAccounts.fields), but for `secret_label` when it is given.
    `own_title` is that of the page of somebody who reaches no account but the own one. `secret` is the row of the
    contract's password, with the page where it is changed; without it there is none. `options` are rows for the whole
    contract, `account_options` for each account, `blocks` the products of each account. `space_label`, `site_label`:
    the web space of an account, and its address; `space` is where one is registered. `hint_title` (with `%(count)s`)
    and `hint` (with `%(accounts)s`) stand above all as long as accounts have no mail address.
    """

    title: str = "Overview"
    own_title: str = "My account"
    contract_title: str = "Contract"
    plan_label: str = "Contract type"
    secret: Entry | None = None
    change: str = "Change"
    register: str = "Register"
    quotas_title: str = "What is registered"
    quotas_note: str = ""
    options_title: str = "Options"
    options: tuple[OverviewOption, ...] = ()
    accounts_title: str = "Accounts"
    add: str = "Register an account"
    none: str = "There is no account yet."
    facts_title: str = "About the account"
    secret_label: str = ""
    registered: str = "Registered"
    unregistered: str = "Not registered"
    account_options: tuple[OverviewOption, ...] = ()
    space_label: str = ""
    space: Entry | None = None
    site_label: str = ""
    blocks: tuple[OverviewBlock, ...] = ()
    hint_title: str = ""
    hint: str = ""
    hint_link: str = ""


class OverviewSpec:
    """The hook about the overview."""

    @hookspec(firstresult=True)
    def overview_policy(self) -> Overview:
        """The words of the overview of portals with accounts that customers hand out."""
