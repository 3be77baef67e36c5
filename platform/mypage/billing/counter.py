"""Numbers that are counted up without gaps: each is used in the transaction that counts it, or not at all."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from mypage.billing.models import Counter
from mypage.db.session import Tx

INVOICES = "invoice"

_ADD = insert(Counter).values(tenant_id=bindparam("tenant"), name=bindparam("name"), value=bindparam("count"))
_TAKE = _ADD.on_conflict_do_update(
    index_elements=["tenant_id", "name"], set_={"value": Counter.value + _ADD.excluded.value}
).returning(Counter.value)
_OWN = (Counter.tenant_id == bindparam("tenant"), Counter.name == bindparam("counter"))
_LOOK = select(Counter.value).where(*_OWN)
_MOVE = update(Counter).where(*_OWN, Counter.value == bindparam("seen")).values(value=bindparam("after"))


def take(tx: Tx, name: str, count: int = 1) -> int:
    """The first of `count` numbers that are nobody else's. Others wait for theirs until this unit ends."""
    values = {"tenant": tx.tenant, "name": name, "count": count}
    return int(tx.execute(_TAKE, values).scalar_one()) - count + 1


def last(tx: Tx, name: str) -> int:
    """The last number that was taken; 0 before the first."""
    return int(tx.execute(_LOOK, {"tenant": tx.tenant, "counter": name}).scalar() or 0)


def move(tx: Tx, name: str, seen: int, count: int) -> bool:
    """Take the `count` numbers after `seen`; False, and nothing is taken, when somebody else took some meanwhile.

    For units that write their numbers before they are counted, so that others need not wait while they write.
    """
    if seen == 0:
        return take(tx, name, count) == 1
    found = tx.execute(_MOVE, {"tenant": tx.tenant, "counter": name, "seen": seen, "after": seen + count})
    return bool(found.rowcount)  # type: ignore[attr-defined]
