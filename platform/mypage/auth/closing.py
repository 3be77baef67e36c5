"""Closing an account for ever: nobody signs in with it again, and nobody ever takes its login ID (UCOM-14, UCOM-22)."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, select, update

from mypage.auth import names
from mypage.auth.factors import recovery_codes
from mypage.auth.factors.models import SecondFactor
from mypage.auth.links import end_links
from mypage.auth.models import Account, Credential, LoginSession
from mypage.db.session import Tx


def close_account(tx: Tx, account_id: uuid.UUID, *, keep_sessions: bool) -> None:
    """Take away passwords, second factors and open links; the row stays as the tombstone of its login IDs.

    `keep_sessions`: sessions that are open go on, and `find_session` says that they may only read.
    """
    credentials = tx.scalars(
        select(Credential.id)
        .where(Credential.tenant_id == tx.tenant, Credential.account_id == account_id)
        .with_for_update()
    ).all()
    for credential_id in credentials:
        end_links(tx, "reset", credential_id)
    names.retire_all(tx, account_id)
    recovery_codes.drop_codes(tx, account_id)
    tx.execute(delete(SecondFactor).where(SecondFactor.tenant_id == tx.tenant, SecondFactor.account_id == account_id))
    tx.execute(delete(Credential).where(Credential.tenant_id == tx.tenant, Credential.account_id == account_id))
    if not keep_sessions:
        tx.execute(
            delete(LoginSession).where(LoginSession.tenant_id == tx.tenant, LoginSession.account_id == account_id)
        )
    tx.execute(
        update(Account)
        .where(Account.tenant_id == tx.tenant, Account.id == account_id)
        .values(status="closed", closed_at=tx.now())
    )
