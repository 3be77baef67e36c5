"""What an account may do while its customer's contracts stand as they do (OCN-32, OCN-35, OCN-150, OCN-151).

Contracts are an area above this one; of theirs, only where they stand and what they have is read here, together with
the session or the login, and only for operators that declare conditions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import any_, bindparam, case, column, exists, func, literal, select, table

from mypage.auth.models import Account
from mypage.hooks.permissions import FOR_ALL
from mypage.operators.operator import Operator

_CONTRACT = table(
    "contract",
    *(column(name) for name in ("tenant_id", "id", "customer_id", "status", "ending_accepted_at", "features")),
)
_PAPER = table(
    "paper_application", *(column(name) for name in ("tenant_id", "contract_id", "account_id", "settled_at", "kind"))
)
_PAPER_RUNS = exists().where(
    _PAPER.c.tenant_id == bindparam("tenant"),
    _PAPER.c.contract_id == _CONTRACT.c.id,
    _PAPER.c.account_id.is_(None),
    _PAPER.c.settled_at.is_(None),
    _PAPER.c.kind == any_(func.string_to_array(bindparam("stopping"), ",")),
)
# The same as contracts/standing.py says of a row; a test holds the two against each other.
_STANDING = case(
    (_CONTRACT.c.status == "terminated", "terminated"),
    (_CONTRACT.c.ending_accepted_at.is_not(None), "accepted"),
    (_PAPER_RUNS, "paper"),
    else_=_CONTRACT.c.status,
)
CONTRACTS = (
    select(func.array_agg(_STANDING.concat(literal(" ")).concat(func.array_to_string(_CONTRACT.c.features, " "))))
    .where(_CONTRACT.c.tenant_id == bindparam("tenant"), _CONTRACT.c.customer_id == Account.customer_id)
    .correlate(Account)
    .scalar_subquery()
    .label("contracts")
)
"""Beside an account: a text for each contract of its customer, where it stands and then what it has. None without any.

Needs `stopping`, see `looking`."""


@dataclass(frozen=True, slots=True)
class Held:
    """The permissions that an account holds just now, and why it lacks others that its role has."""

    permissions: frozenset[str]
    withheld: Mapping[str, str] = field(default_factory=dict)


def looking(operator: Operator) -> dict[str, str]:
    """What a statement with `CONTRACTS` is given besides its own values; empty when the operator looks at none."""
    if not operator.contract_policy.looks:
        return {}
    return {"stopping": ",".join(sorted(operator.desk.stopping()))}


def held(operator: Operator, role: str, contracts: Sequence[str] | None) -> Held:
    """What a role holds while the contracts stand so; `contracts` is what `CONTRACTS` found."""
    permissions = operator.permissions.of(role)
    conditions = operator.contract_policy.conditions
    if not conditions:
        return Held(permissions)
    standing = [_read(each) for each in contracts or ()]
    withheld: dict[str, str] = {}
    for permission in permissions:
        named = [each for each in conditions if permission.removesuffix(FOR_ALL) in each.permissions]
        if not named or any(all(each.met_by(*one) for each in named) for one in standing):
            continue
        failed = (each for each in named if not any(each.met_by(*one) for one in standing))
        withheld[permission] = next(failed, named[0]).refusal
    return Held(permissions.difference(withheld), withheld)


def signs_in(operator: Operator, contracts: Sequence[str] | None) -> bool:
    """Whether the customer of these contracts may sign in and stay signed in (OCN-151)."""
    wanted = operator.contract_policy.signs_in
    return wanted is None or any(_read(each)[0] in wanted for each in contracts or ())


def _read(contract: str) -> tuple[str, frozenset[str]]:
    standing, *features = contract.split()
    return standing, frozenset(features)
