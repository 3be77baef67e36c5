"""Accounts that a customer hands out: roles, texts, rules of their login IDs. All of it data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mypage.hooks.markers import hookspec


@dataclass(frozen=True, slots=True, kw_only=True)
class SubAccounts:
    """The accounts of one login scheme that a customer's holder registers, changes and deletes.

    `roles`: role → label, in the order of the form, the first preselected. `quota`: the quota that counts them.
    `keeps_session`: a deleted account that is signed in keeps reading until it logs out (UCOM-14).
    """

    scheme: str
    quota: str
    roles: Mapping[str, str]
    title: str
    keeps_session: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailboxes:
    """Mail addresses of sub-accounts: one of the operator's own domain within a quota, or any other company's."""

    domain: str
    quota: str
    title: str


class SubAccountsSpec:
    """Hooks about accounts that customers hand out."""

    @hookspec
    def sub_account_items(self) -> list[SubAccounts]:
        """The accounts that a customer hands out; at most one kind."""

    @hookspec
    def mailbox_items(self) -> list[Mailboxes]:
        """The mail addresses of sub-accounts; at most one kind."""
