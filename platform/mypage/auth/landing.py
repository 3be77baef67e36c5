"""Where a login leads: what the operator declares, and which condition holds just now (UCOM-09 to UCOM-12)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, exists, select

from mypage.auth.models import Account, Credential
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.operators.operator import Operator


def landing(tx: Tx, operator: Operator, principal: Principal) -> str:
    """The route of the first landing that fits who is signed in; the home page when none does."""
    for each in operator.landings:
        if each.roles and principal.role not in each.roles:
            continue
        if each.condition == "no-sub-accounts" and _has_sub_accounts(tx, operator, principal):
            continue
        return each.route
    return "home"


def _has_sub_accounts(tx: Tx, operator: Operator, principal: Principal) -> bool:
    accounts = operator.sub_accounts
    if accounts is None:
        return False
    wanted: Select[Any] = (
        select(Account.id)
        .join(Credential, (Credential.tenant_id == tx.tenant) & (Credential.account_id == Account.id))
        .where(
            Account.tenant_id == tx.tenant,
            Account.customer_id == principal.customer_id,
            Account.status != "closed",
            Credential.scheme == accounts.scheme,
        )
    )
    return bool(tx.scalar(select(exists(wanted))))
