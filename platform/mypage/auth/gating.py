"""Which gate stands between a session and the portal: the first of the operator's whose condition holds (USEN-16).

Cards are an area above this one; of theirs, only whether one can pay is read here, together with the session, and only
for operators that have a gate of that condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, column, exists, table

from mypage.auth.models import Account
from mypage.hooks.auth import Gate
from mypage.operators.operator import Operator

_CARD = table("payment_method", *(column(name) for name in ("tenant_id", "customer_id", "current", "unfixed_at")))
GATED = (
    Account.confirmed_at,
    exists()
    .where(
        _CARD.c.tenant_id == bindparam("tenant"),
        _CARD.c.customer_id == Account.customer_id,
        _CARD.c.current,
        _CARD.c.unfixed_at.is_(None),
    )
    .label("card_fixed"),
)
"""Beside an account: when it confirmed what its first login shows, and whether a card of its customer can pay."""
_LOOKING = frozenset({"unconfirmed", "card-missing"})


def looks_at_gates(operator: Operator) -> bool:
    """Whether `GATED` has to be read for the operator's gates."""
    return any(gate.condition in _LOOKING for gate in operator.gates)


def standing_gate(operator: Operator, row: Any, known: Mapping[str, bool]) -> Gate | None:
    """The first gate that stands; `row` has the columns of `GATED` where they are looked at, `known` the others.

    What a first login shows is the customer's alone: accounts that they handed out confirm nothing.
    """
    conditions = dict(known)
    if looks_at_gates(operator):
        unconfirmed = row.confirmed_at is None and not operator.hands_out(row.role)
        conditions |= {"unconfirmed": unconfirmed, "card-missing": not row.card_fixed}
    return next((gate for gate in operator.gates if conditions[gate.condition]), None)
