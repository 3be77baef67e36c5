"""Whose an account is: for lines of the trail, which are found by their customer."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from mypage.auth.models import Account
from mypage.db.session import Tx


def customer_of(tx: Tx, account_id: uuid.UUID) -> uuid.UUID | None:
    """The customer of an account; None for an account that is not there."""
    return tx.scalar(select(Account.customer_id).where(Account.tenant_id == tx.tenant, Account.id == account_id))
