"""A unit that is closed for changes: what was written before stays, and nothing comes after."""

from __future__ import annotations

import secrets

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import InternalError

from mypage.audit.models import AuditEntry
from mypage.audit.trail import record
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.lib.clock import SystemClock


def test_changes_before_stay_and_none_come_after(engine: Engine) -> None:
    scope = Scope(f"t{secrets.token_hex(6)}", SystemClock(), Actor("system", "t"), "r")
    with unit(engine, scope) as tx:
        record(tx, "x.before", "thing", 1)
        tx.read_only()
        assert count(tx) == 1
    with unit(engine, scope) as tx:
        tx.read_only()
        with pytest.raises(InternalError, match="read-only transaction"):
            record(tx, "x.after", "thing", 2)
        tx.rollback()
    with unit(engine, scope) as tx:
        assert count(tx) == 1
        record(tx, "x.next", "thing", 3)


def count(tx: Tx) -> int:
    return tx.scalar(select(func.count()).where(AuditEntry.tenant_id == tx.tenant)) or 0
