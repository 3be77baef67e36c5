"""Writing the trail, in the transaction of the change itself. Secrets never reach it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, insert

from mypage.audit.models import AuditEntry
from mypage.db.reads import Read
from mypage.db.session import Tx

MASK = "*****"
SECRET_WORDS = ("password", "secret", "token", "code", "pin", "card_number", "answer")
NO_SECRETS = frozenset({"postal_code"})
"""Keys that only sound like one of those."""
_COLUMNS = (column.key for column in AuditEntry.__table__.columns)
_APPEND = Read(insert(AuditEntry).values({name: bindparam(name) for name in _COLUMNS}))


def record(
    tx: Tx,
    action: str,
    object_type: str,
    object_id: object,
    *,
    customer_id: uuid.UUID | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Append one entry for what the unit's actor does. `action` is a past event such as "login.succeeded"."""
    tx.rows(
        _APPEND,
        tenant_id=tx.tenant,
        id=uuid.uuid4(),
        at=tx.now(),
        actor_kind=tx.actor.kind,
        actor=tx.actor.ref,
        as_whom=tx.actor.as_whom,
        customer_id=customer_id,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        before=_json(before),
        after=_json(after),
        request_id=tx.scope.request_id,
    )


def masked(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The values with every secret replaced, whatever a caller passed by mistake."""
    if values is None:
        return None
    return {
        key: MASK if key not in NO_SECRETS and any(word in key for word in SECRET_WORDS) else _plain(value)
        for key, value in values.items()
    }


def _json(values: Mapping[str, Any] | None) -> str | None:
    """What a read sends for a JSON column; None is no JSON null."""
    return None if values is None else json.dumps(masked(values))


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | None) else str(value)
