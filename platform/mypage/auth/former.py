"""Logging out with the token that a session had before its present one: a page that came late still ends it."""

from __future__ import annotations

from sqlalchemy import select

from mypage.auth.models import Account, LoginSession
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.lib.tokens import token_hash
from mypage.web.request import SignedIn


def find_leaving(tx: Tx, token: str) -> SignedIn | None:
    """The session whose former token this is, for a logout alone; None when there is none.

    Nothing of the account but its ids is told, and it may do nothing: who keeps a former token learns nothing by it.
    """
    row = tx.execute(
        select(LoginSession.public_id, LoginSession.scheme, LoginSession.account_id, Account.customer_id, Account.role)
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == LoginSession.account_id))
        .where(LoginSession.tenant_id == tx.tenant, LoginSession.former_hash == token_hash(token))
    ).one_or_none()
    if row is None:
        return None
    principal = Principal(
        account_id=row.account_id,
        customer_id=row.customer_id,
        session_id=row.public_id,
        scheme=row.scheme,
        role=row.role,
        name="",
        customer_number="",
        email="",
        permissions=frozenset(),
    )
    return SignedIn(principal=principal, token=token, reauth_fresh=False, gate=None, language="")
