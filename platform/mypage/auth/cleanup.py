"""Deleting what has ended, in small portions, so that no portion holds locks for long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, tuple_

from mypage.auth.models import LoginCounter, LoginName, LoginSession, MailLink, Registration, UsedChallenge
from mypage.db.session import Tx
from mypage.forms.models import Draft, Operation

COUNTERS_KEPT = timedelta(hours=12)


def cleanup(tx: Tx, limit: int = 500, *, counters_kept: timedelta = COUNTERS_KEPT) -> int:
    """Delete up to `limit` ended rows of each kind of this tenant; returns how many in all. Call again until 0.

    `counters_kept` is the operator's `ThrottlePolicy.forget_after`. Nothing that still has an effect is touched.
    """
    now = tx.now()
    deleted = _holds(tx, now, limit)
    idle = and_(
        LoginCounter.last_at < now - counters_kept,
        or_(LoginCounter.blocked_until.is_(None), LoginCounter.blocked_until < now),
    )
    for model, ended in (
        (Registration, Registration.expires_at <= now),
        (Draft, Draft.expires_at <= now),
        (Operation, Operation.expires_at <= now),
        (MailLink, MailLink.expires_at <= now),
        (UsedChallenge, UsedChallenge.expires_at <= now),
        (LoginSession, LoginSession.expires_at <= now),
        (LoginCounter, idle),
    ):
        deleted += _portion(tx, model, ended, limit)
    return deleted


def _portion(tx: Tx, model: Any, ended: ColumnElement[bool], limit: int) -> int:
    key = [column for column in model.__table__.primary_key.columns if column.name != "tenant_id"]
    doomed = select(*key).where(model.tenant_id == tx.tenant, ended).limit(limit).with_for_update(skip_locked=True)
    gone = delete(model).where(model.tenant_id == tx.tenant, tuple_(*key).in_(doomed))
    return len(tx.execute(gone.returning(*key).execution_options(synchronize_session=False)).all())


def _holds(tx: Tx, now: datetime, limit: int) -> int:
    """Login IDs that registrations still hold after their end, found by way of the registrations."""
    over = (
        select(Registration.scheme, Registration.login_key)
        .where(Registration.tenant_id == tx.tenant, Registration.expires_at <= now)
        .limit(limit)
    )
    gone = (
        delete(LoginName)
        .where(
            LoginName.tenant_id == tx.tenant,
            LoginName.state == "held",
            LoginName.held_until <= now,
            tuple_(LoginName.scheme, LoginName.login_key).in_(over),
        )
        .returning(LoginName.login_key)
    )
    return len(tx.execute(gone.execution_options(synchronize_session=False)).all())
