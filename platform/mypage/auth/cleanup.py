"""Deleting what has ended, in small portions, so that no portion holds locks for long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, tuple_

from mypage.auth.change_models import PasswordChange
from mypage.auth.models import LoginCounter, LoginName, LoginSession, MailLink, Registration, UsedChallenge
from mypage.auth.password_changes import wipe_former
from mypage.db.session import Tx
from mypage.forms.models import Draft, Operation

COUNTERS_KEPT = timedelta(hours=12)


def cleanup(tx: Tx, limit: int = 500, *, counters_kept: timedelta = COUNTERS_KEPT) -> int:
    """Delete up to `limit` ended rows of each kind of this tenant; returns how many in all. Call again until 0.

    Former passwords whose time is over are wiped, and counted, before their rows end.
    `counters_kept` is the operator's `ThrottlePolicy.forget_after`. Nothing that still has an effect is touched.
    """
    now = tx.now()
    idle = and_(
        LoginCounter.last_at < now - counters_kept,
        or_(LoginCounter.blocked_until.is_(None), LoginCounter.blocked_until < now),
    )
    over = and_(PasswordChange.former_until <= now, PasswordChange.again_at <= now)
    deleted = _registrations(tx, limit) + wipe_former(tx, limit)
    for model, ended in (
        (Draft, Draft.expires_at <= now),
        (Operation, Operation.expires_at <= now),
        (MailLink, MailLink.expires_at <= now),
        (UsedChallenge, UsedChallenge.expires_at <= now),
        (LoginSession, LoginSession.expires_at <= now),
        (LoginCounter, idle),
        (PasswordChange, over),
    ):
        deleted += len(_portion(tx, model, ended, limit))
    return deleted


def _registrations(tx: Tx, limit: int) -> int:
    """Ended registrations, and the login IDs that they still hold."""
    now = tx.now()
    held = _portion(
        tx, Registration, Registration.expires_at <= now, limit, Registration.scheme, Registration.login_key
    )
    if held:
        gone = delete(LoginName).where(
            LoginName.tenant_id == tx.tenant,
            LoginName.state == "held",
            LoginName.held_until <= now,
            tuple_(LoginName.scheme, LoginName.login_key).in_(held),
        )
        tx.execute(gone.execution_options(synchronize_session=False))
    return len(held)


def _portion(tx: Tx, model: Any, ended: ColumnElement[bool], limit: int, *wanted: Any) -> list[tuple[Any, ...]]:
    """Delete a portion; returns the wanted columns of its rows."""
    key = [column for column in model.__table__.primary_key.columns if column.name != "tenant_id"]
    doomed = select(*key).where(model.tenant_id == tx.tenant, ended).limit(limit).with_for_update(skip_locked=True)
    # Chosen once: a plan that looked them up anew for each row would take others each time, and all of them in the end.
    chosen = select(doomed.cte("doomed"))
    gone = delete(model).where(model.tenant_id == tx.tenant, tuple_(*key).in_(chosen)).returning(*(wanted or key))
    return [tuple(row) for row in tx.execute(gone.execution_options(synchronize_session=False))]
