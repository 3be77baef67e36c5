"""Where mails to a customer go follows an address that the customer changes (OCN-109)."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, Select, and_, func, select, update

from mypage.audit.trail import record
from mypage.auth.finding import account_keys, customer_keys
from mypage.auth.models import Account, Customer
from mypage.db.session import Tx


def gets_mails(tx: Tx, customer_id: uuid.UUID, address: str) -> bool:
    """Whether the customer, or an account of the customer, gets mails at the address: they would follow it."""
    known = select(Customer.id).where(_customer_at(tx, customer_id, address))
    return tx.execute(known.union_all(_accounts_at(tx, customer_id, address))).first() is not None


def follow_address(tx: Tx, customer_id: uuid.UUID, before: str, after: str) -> None:
    """Where the customer, or an account of the customer, gets mails at `before`, they get them at `after` now.

    The new address is the customer's own on a host of the operator's, so it need not be proved.
    """
    moved = tx.execute(
        update(Customer)
        .where(_customer_at(tx, customer_id, before))
        .values(email=after, **customer_keys(email=after))
        .returning(Customer.id)
        .execution_options(synchronize_session=False)
    ).all()
    accounts = tx.execute(
        update(Account)
        .where(Account.tenant_id == tx.tenant, Account.id.in_(_accounts_at(tx, customer_id, before)))
        .values(email=after, **account_keys(email=after))
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    ).all()
    if moved or accounts:
        record(
            tx,
            "slot.address_followed",
            "customer",
            customer_id,
            customer_id=customer_id,
            before={"address": before},
            after={"address": after, "customer": bool(moved), "accounts": len(accounts)},
        )


def _customer_at(tx: Tx, customer_id: uuid.UUID, address: str) -> ColumnElement[bool]:
    return and_(
        Customer.tenant_id == tx.tenant, Customer.id == customer_id, func.lower(Customer.email) == address.lower()
    )


def _accounts_at(tx: Tx, customer_id: uuid.UUID, address: str) -> Select[uuid.UUID]:
    return select(Account.id).where(
        Account.tenant_id == tx.tenant,
        Account.customer_id == customer_id,
        Account.status != "closed",
        func.lower(Account.email) == address.lower(),
    )
