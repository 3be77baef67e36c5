"""The accounts for which somebody may look at, buy or end what accounts hold."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from mypage.auth.models import Account, Credential
from mypage.contracts.models import Resource
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.lib.errors import NotFound
from mypage.operators.operator import Operator


@dataclass(frozen=True, slots=True)
class AccountHolder:
    """An account with its login ID; `mail` is where a mail to it goes, "" when it has no address."""

    id: uuid.UUID
    login_id: str
    mail: str
    language: str


def list_holders(tx: Tx, operator: Operator, principal: Principal, permission: str) -> tuple[AccountHolder, ...]:
    """The accounts that a permission reaches, the oldest first: all of the customer, or one's own. One statement."""
    return _read(tx, _accounts(tx, operator, principal, permission))


def reach_holder(
    tx: Tx, operator: Operator, principal: Principal, permission: str, account_id: uuid.UUID
) -> AccountHolder:
    """One of them. Raises NotFound: another customer's, a sibling's without `:all`, a closed one (UCOM-160)."""
    found = _read(tx, _accounts(tx, operator, principal, permission).where(Account.id == account_id))
    if not found:
        raise NotFound
    return found[0]


def _accounts(tx: Tx, operator: Operator, principal: Principal, permission: str) -> Select[Any]:
    credential = and_(Credential.tenant_id == tx.tenant, Credential.account_id == Account.id)
    if operator.sub_accounts is not None:
        credential = and_(credential, Credential.scheme == operator.sub_accounts.scheme)
    wanted = (
        select(
            Account.id,
            func.min(Credential.login_id).label("login_id"),
            _mail(operator).label("mail"),
            Account.language,
        )
        .join(Credential, credential)
        .outerjoin(
            Resource,
            and_(
                Resource.tenant_id == tx.tenant,
                Resource.account_id == Account.id,
                Resource.kind == "mail",
                Resource.ended_at.is_(None),
            ),
        )
        .where(
            Account.tenant_id == tx.tenant,
            Account.customer_id == principal.customer_id,
            Account.status != "closed",
        )
        .group_by(Account.id, Account.email, Account.language, Account.created_at)
        .order_by(Account.created_at, func.min(Credential.login_key))
    )
    if operator.sub_accounts is not None:
        wanted = wanted.where(Account.role.in_(list(operator.sub_accounts.roles)))
    if not principal.may_for_all(permission):
        wanted = wanted.where(Account.id == (principal.account_id if principal.may(permission) else None))
    return wanted


def _mail(operator: Operator) -> ColumnElement[Any]:
    """An account's address where the operator keeps addresses of accounts; else what the account signed up with."""
    registered = func.min(Resource.value)
    return func.coalesce(registered, "") if operator.mailboxes else func.coalesce(registered, Account.email)


def _read(tx: Tx, wanted: Select[Any]) -> tuple[AccountHolder, ...]:
    return tuple(AccountHolder(*row) for row in tx.execute(wanted))
