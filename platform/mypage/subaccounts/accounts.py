"""The accounts that a customer has handed out: which of them somebody reaches, and what is known of each."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, select

from mypage.auth.models import Account, Credential
from mypage.contracts.models import Resource
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.permissions import ACCOUNT_READ
from mypage.lib.errors import NotFound
from mypage.operators.operator import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class SubAccount:
    """One account with its login ID. `mail` is its registered mail address, "" for none; `status` active, suspended."""

    id: uuid.UUID
    credential_id: uuid.UUID
    login_id: str
    role: str
    family_name: str
    given_name: str
    family_kana: str
    given_kana: str
    user_name: str
    mail: str
    status: str
    created_at: datetime

    @property
    def name(self) -> str:
        """Family and given name, "" when neither is known."""
        return f"{self.family_name} {self.given_name}".strip()

    @property
    def kana(self) -> str:
        """The same in kana."""
        return f"{self.family_kana} {self.given_kana}".strip()


def list_accounts(tx: Tx, operator: Operator, principal: Principal) -> tuple[SubAccount, ...]:
    """The customer's accounts, the oldest first; only one's own without ACCOUNT_READ for all. One statement."""
    if operator.sub_accounts is None or not principal.may(ACCOUNT_READ):
        return ()
    wanted = _accounts(tx, operator, principal)
    if not principal.may_for_all(ACCOUNT_READ):
        wanted = wanted.where(Account.id == principal.account_id)
    return _read(tx, wanted.order_by(Account.created_at, Credential.login_key))


def reach_account(
    tx: Tx, operator: Operator, principal: Principal, account_id: uuid.UUID, permission: str
) -> SubAccount:
    """One account that a permission reaches: any of the customer's when it is held for all, else one's own.

    Raises NotFound for everything else, deleted ones among them. A change takes `lock_contract` first and reaches the
    account after that, so that nobody deletes it meanwhile.
    """
    if not principal.reaches(permission, account_id) or operator.sub_accounts is None:
        raise NotFound
    found = _read(tx, _accounts(tx, operator, principal).where(Account.id == account_id))
    if not found:
        raise NotFound
    return found[0]


def _accounts(tx: Tx, operator: Operator, principal: Principal) -> Select[*tuple[Any, ...]]:
    rules = operator.sub_accounts
    assert rules is not None
    return (
        select(
            Account.id,
            Credential.id.label("credential_id"),
            Credential.login_id,
            Account.role,
            Account.family_name,
            Account.given_name,
            Account.family_kana,
            Account.given_kana,
            Account.user_name,
            Account.status,
            Account.created_at,
            Resource.value.label("mail"),
        )
        .join(
            Credential,
            and_(
                Credential.tenant_id == tx.tenant,
                Credential.account_id == Account.id,
                Credential.scheme == rules.scheme,
            ),
        )
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
            Account.role.in_(rules.roles),
            Account.status != "closed",
        )
    )


def _read(tx: Tx, wanted: Select[*tuple[Any, ...]]) -> tuple[SubAccount, ...]:
    return tuple(SubAccount(**{**row, "mail": row["mail"] or ""}) for row in tx.execute(wanted).mappings())
