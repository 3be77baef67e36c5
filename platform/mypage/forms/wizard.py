"""One effect per operation id: a double click, a replay and Back with a second submit show the first result again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from mypage.db.session import Tx
from mypage.forms.models import Operation
from mypage.lib.errors import StaleForm

OPERATION_LIFE = timedelta(hours=24)
MAX_ID = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of an operation; `repeated` when it had been carried out before."""

    result: Mapping[str, Any]
    repeated: bool


def once(tx: Tx, operation_id: str, *, owner: bytes, wizard: str, effect: Callable[[], Mapping[str, Any]]) -> Outcome:
    """Run `effect` unless the operation was carried out; then give its stored result.

    A second request at the same time waits for the first. When `effect` raises, all that it did is taken back and the
    id stays free. `effect` returns what the result page needs, JSON values only and no secrets.
    Raises StaleForm when the id is another browser's or another wizard's.
    """
    with tx.begin_nested():
        if _claim(tx, operation_id, owner, wizard):
            result = dict(effect())
            tx.execute(
                update(Operation)
                .where(Operation.tenant_id == tx.tenant, Operation.operation_id == operation_id)
                .values(result=result)
            )
            return Outcome(result, repeated=False)
    known = recall(tx, operation_id, owner=owner, wizard=wizard)
    if known is None:
        raise StaleForm
    return Outcome(known, repeated=True)


def recall(tx: Tx, operation_id: str, *, owner: bytes, wizard: str) -> Mapping[str, Any] | None:
    """The result of an operation that this browser has carried out; None when there is none."""
    if not (0 < len(operation_id) <= MAX_ID and operation_id.isascii() and operation_id.isprintable()):
        return None
    return tx.execute(
        select(Operation.result).where(
            Operation.tenant_id == tx.tenant,
            Operation.operation_id == operation_id,
            Operation.owner == owner,
            Operation.wizard == wizard,
        )
    ).scalar_one_or_none()


def _claim(tx: Tx, operation_id: str, owner: bytes, wizard: str) -> bool:
    claimed = tx.execute(
        insert(Operation)
        .values(
            tenant_id=tx.tenant,
            operation_id=operation_id,
            owner=owner,
            wizard=wizard,
            result={},
            created_at=tx.now(),
            expires_at=tx.now() + OPERATION_LIFE,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "operation_id"])
        .returning(Operation.operation_id)
    )
    return claimed.one_or_none() is not None
