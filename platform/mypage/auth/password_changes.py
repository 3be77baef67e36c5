"""The last change of a password: the former one for some minutes, and from when the next change is possible."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from mypage.auth.change_models import PasswordChange
from mypage.db.reads import Read
from mypage.db.session import Tx
from mypage.hooks.passwords import PasswordPolicy

_NONE = timedelta()
_FORMER = Read(
    select(PasswordChange.former_hash).where(
        PasswordChange.tenant_id == bindparam("tenant"),
        PasswordChange.credential_id == bindparam("credential"),
        PasswordChange.former_until > bindparam("now"),
    )
)


def note_change(tx: Tx, policy: PasswordPolicy, credential_id: uuid.UUID, former_hash: str | None) -> None:
    """Keep what the policy looks back at, in place of what was kept of an earlier change; often that is nothing."""
    if policy.cool_down is None and policy.effective_within is None:
        return
    kept: dict[str, Any] = {
        "former_hash": former_hash if policy.effective_within is not None else None,
        "former_until": tx.now() + (policy.effective_within or _NONE),
        "again_at": tx.now() + (policy.cool_down or _NONE),
    }
    tx.execute(
        insert(PasswordChange)
        .values(tenant_id=tx.tenant, credential_id=credential_id, **kept)
        .on_conflict_do_update(index_elements=["tenant_id", "credential_id"], set_=kept)
    )


def again_at(tx: Tx, policy: PasswordPolicy, credential_id: uuid.UUID) -> datetime | None:
    """From when the password may be changed again; None when it may be changed now (OCN-57)."""
    if policy.cool_down is None:
        return None
    wanted = select(PasswordChange.again_at).where(
        PasswordChange.tenant_id == tx.tenant, PasswordChange.credential_id == credential_id
    )
    at = tx.scalars(wanted).one_or_none()
    return at if at is not None and at > tx.now() else None


def former_hash(tx: Tx, credential_id: uuid.UUID) -> str | None:
    """The hash of the password before the present one, as long as people may not know yet that it changed (OCN-59)."""
    row = tx.row(_FORMER, tenant=tx.tenant, credential=credential_id, now=tx.now())
    return row.former_hash if row is not None else None


def wipe_former(tx: Tx, limit: int) -> int:
    """Forget up to `limit` former passwords whose time is over; returns how many."""
    over = (
        select(PasswordChange.credential_id)
        .where(
            PasswordChange.tenant_id == tx.tenant,
            PasswordChange.former_hash.is_not(None),
            PasswordChange.former_until <= tx.now(),
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("over")
    )
    wiped = tx.execute(
        update(PasswordChange)
        .where(PasswordChange.tenant_id == tx.tenant, PasswordChange.credential_id.in_(select(over.c.credential_id)))
        .values(former_hash=None)
        .returning(PasswordChange.credential_id),
        execution_options={"synchronize_session": False},
    )
    return len(wiped.all())


def reopen(tx: Tx, credential_id: uuid.UUID) -> None:
    """The last change did not come about everywhere: the next one is possible now."""
    tx.execute(
        update(PasswordChange)
        .where(
            PasswordChange.tenant_id == tx.tenant,
            PasswordChange.credential_id == credential_id,
            PasswordChange.again_at > tx.now(),
        )
        .values(again_at=tx.now()),
        execution_options={"synchronize_session": False},
    )
