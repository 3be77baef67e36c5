"""The namespace of login IDs of a scheme: held for a registration, used by an account, retired after a change.

A retired ID stays its last owner's for ever: nobody else can take it, but the owner may take it back. When the owner is
closed, nobody can (UCOM-22): an ID is never used again by somebody else, in no contract of the operator (UCOM-23).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from mypage.auth.models import LoginName, Registration
from mypage.db.session import Tx


def is_free(
    tx: Tx, scheme: str, login_key: str, *, customer_id: uuid.UUID | None = None, account_id: uuid.UUID | None = None
) -> bool:
    """Whether a login ID could be taken now.

    What the customer's own waiting registration holds is free for that customer, and an account's earlier IDs for it.
    """
    row = tx.execute(
        select(LoginName.state, LoginName.owner_id, LoginName.held_until).where(
            LoginName.tenant_id == tx.tenant, LoginName.scheme == scheme, LoginName.login_key == login_key
        )
    ).one_or_none()
    if row is None:
        return True
    if row.state == "held":
        return row.held_until <= tx.now() or _holds(tx, row.owner_id, customer_id)
    return account_id is not None and row.owner_id == account_id


def hold(tx: Tx, scheme: str, login_key: str, registration_id: uuid.UUID, until: datetime) -> bool:
    """Keep a login ID for a registration; False when it is not free."""
    values = {"state": "held", "owner_id": registration_id, "held_until": until}
    return _insert(tx, scheme, login_key, values, _over(tx))


def take(tx: Tx, scheme: str, login_key: str, account_id: uuid.UUID) -> bool:
    """Use a login ID for an account; False when it is not free."""
    values = {"state": "used", "owner_id": account_id, "held_until": None}
    own = and_(LoginName.state.in_(("retired", "used")), LoginName.owner_id == account_id)
    return _insert(tx, scheme, login_key, values, or_(_over(tx), own))


def use_held(tx: Tx, scheme: str, login_key: str, registration_id: uuid.UUID, account_id: uuid.UUID) -> bool:
    """Turn a hold into use; False when the hold is gone."""
    changed = tx.execute(
        update(LoginName)
        .where(
            LoginName.tenant_id == tx.tenant,
            LoginName.scheme == scheme,
            LoginName.login_key == login_key,
            LoginName.state == "held",
            LoginName.owner_id == registration_id,
        )
        .values(state="used", owner_id=account_id, held_until=None)
        .returning(LoginName.login_key)
    )
    return changed.one_or_none() is not None


def release(tx: Tx, registration_id: uuid.UUID) -> None:
    """Give back what a registration holds."""
    registration = select(Registration.scheme, Registration.login_key).where(
        Registration.tenant_id == tx.tenant, Registration.id == registration_id
    )
    for scheme, login_key in tx.execute(registration):
        tx.execute(
            delete(LoginName).where(
                LoginName.tenant_id == tx.tenant,
                LoginName.scheme == scheme,
                LoginName.login_key == login_key,
                LoginName.state == "held",
                LoginName.owner_id == registration_id,
            )
        )


def retire(tx: Tx, scheme: str, login_key: str) -> None:
    """Close a login ID for everybody but its last owner."""
    tx.execute(
        update(LoginName)
        .where(LoginName.tenant_id == tx.tenant, LoginName.scheme == scheme, LoginName.login_key == login_key)
        .values(state="retired")
    )


def retire_all(tx: Tx, account_id: uuid.UUID) -> None:
    """Close every login ID of an account that ends."""
    tx.execute(
        update(LoginName)
        .where(LoginName.tenant_id == tx.tenant, LoginName.owner_id == account_id, LoginName.state == "used")
        .values(state="retired")
    )


def _over(tx: Tx) -> ColumnElement[bool]:
    return and_(LoginName.state == "held", LoginName.held_until <= tx.now())


def _insert(tx: Tx, scheme: str, login_key: str, values: dict[str, object], free: ColumnElement[bool]) -> bool:
    taken = tx.execute(
        insert(LoginName)
        .values(tenant_id=tx.tenant, scheme=scheme, login_key=login_key, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "scheme", "login_key"], set_=values, where=free)
        .returning(LoginName.login_key)
    )
    return taken.one_or_none() is not None


def _holds(tx: Tx, registration_id: uuid.UUID, customer_id: uuid.UUID | None) -> bool:
    if customer_id is None:
        return False
    holder = tx.execute(
        select(Registration.customer_id).where(Registration.tenant_id == tx.tenant, Registration.id == registration_id)
    ).scalar_one_or_none()
    return holder == customer_id
