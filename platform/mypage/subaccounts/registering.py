"""Registering and changing accounts: under the contract's lock, within the quota, by login IDs that nobody ever had."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import update

from mypage.audit.trail import record
from mypage.auth import credentials, names
from mypage.auth.errors import LoginNameTaken
from mypage.auth.finding import account_keys
from mypage.auth.models import Account, Credential
from mypage.contracts.reaching import ContractRef, lock_contract
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.permissions import ACCOUNT_CHANGE, ACCOUNT_MANAGE
from mypage.hooks.subaccounts import SubAccounts
from mypage.lib.errors import NotFound
from mypage.operators.operator import Operator
from mypage.orders.quotas import standing
from mypage.subaccounts.accounts import SubAccount, reach_account
from mypage.subaccounts.errors import AccountsFull


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What an account is called; "" for what the operator's form does not ask."""

    family_name: str = ""
    given_name: str = ""
    family_kana: str = ""
    given_kana: str = ""
    user_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account to register; its login ID can never be changed."""

    login_id: str
    login_key: str
    role: str
    password_hash: str
    names: Names


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """What an account becomes. None keeps the role or the password."""

    names: Names
    role: str | None = None
    password_hash: str | None = None


def rules_of(operator: Operator) -> SubAccounts:
    """What the operator says about accounts. Raises NotFound where customers hand out none."""
    if operator.sub_accounts is None:
        raise NotFound
    return operator.sub_accounts


def register(tx: Tx, operator: Operator, principal: Principal, ref: ContractRef, wanted: NewAccount) -> uuid.UUID:
    """Make the account and give its id. It can sign in at once (UCOM-56 to UCOM-66).

    Raises AccountsFull and LoginNameTaken; two at the same moment are decided one after the other.
    """
    rules = rules_of(operator)
    lock_contract(tx, ref)
    if standing(tx, operator, ref)[rules.quota].free < 1:
        raise AccountsFull
    account_id = uuid.uuid4()
    if not names.take(tx, rules.scheme, wanted.login_key, account_id):
        raise LoginNameTaken
    tx.add(
        Account(
            tenant_id=tx.tenant,
            id=account_id,
            customer_id=principal.customer_id,
            role=wanted.role,
            created_at=tx.now(),
            **asdict(wanted.names),
        )
    )
    tx.flush()
    tx.add(
        Credential(
            tenant_id=tx.tenant,
            account_id=account_id,
            scheme=rules.scheme,
            login_id=wanted.login_id,
            login_key=wanted.login_key,
            password_hash=wanted.password_hash,
            changed_at=tx.now(),
        )
    )
    tx.flush()
    note(tx, principal, "account.registered", account_id, {"login_id": wanted.login_id, "role": wanted.role})
    return account_id


def change(
    tx: Tx,
    vault: Vault,
    operator: Operator,
    principal: Principal,
    ref: ContractRef,
    account_id: uuid.UUID,
    wanted: AccountChange,
    *,
    language: str,
) -> SubAccount:
    """Change an account and give it as it is now (UCOM-67 to UCOM-72).

    A new role holds from the next request of every session; a new password ends all other sessions of the account.
    Raises NotFound when the account is out of reach or gone. Only who may manage accounts changes a role.
    """
    lock_contract(tx, ref)
    before = reach_account(tx, operator, principal, account_id, ACCOUNT_CHANGE)
    role = wanted.role if wanted.role and principal.may(ACCOUNT_MANAGE) else before.role
    tx.execute(
        update(Account)
        .where(Account.tenant_id == tx.tenant, Account.id == account_id)
        .values(role=role, **asdict(wanted.names), **account_keys(**asdict(wanted.names)))
    )
    if wanted.password_hash is not None:
        credentials.change(
            tx,
            vault,
            operator.password_policies[rules_of(operator).scheme],
            credentials.Change(credential_id=before.credential_id, password_hash=wanted.password_hash),
            keep=principal.session_id if account_id == principal.account_id else None,
            language=language,
        )
    after = reach_account(tx, operator, principal, account_id, ACCOUNT_CHANGE)
    changed = {"login_id": before.login_id, "new_secret": wanted.password_hash is not None}
    was, now = ({name: getattr(each, name) for name in _TRACKED} for each in (before, after))
    note(tx, principal, "account.changed", account_id, changed | now, before=was)
    return after


def note(
    tx: Tx,
    principal: Principal,
    action: str,
    account_id: uuid.UUID,
    after: Mapping[str, Any],
    *,
    before: Mapping[str, Any] | None = None,
) -> None:
    """One line of the trail: what was done to which account, and by which kind of login (UCOM-174)."""
    by = {"by_scheme": principal.scheme, "by_role": principal.role}
    record(tx, action, "account", account_id, customer_id=principal.customer_id, before=before, after={**after, **by})


_TRACKED = ("role", "family_name", "given_name", "family_kana", "given_kana", "user_name")
