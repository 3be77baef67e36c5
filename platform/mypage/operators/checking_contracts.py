"""What an operator says about what contracts permit: states that there are, permissions that somebody holds."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mypage.hooks.contracts import STANDINGS
from mypage.hooks.permissions import PUBLIC, SIGNED_IN
from mypage.operators.checking_base import Wrong
from mypage.operators.operator import Operator

_FEATURE = re.compile(r"[a-z0-9-]{1,40}")
HOOK = "contract_policy"


def check_contracts(operator: Operator, wrong: Wrong) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""
    policy, held = operator.contract_policy, operator.permissions.known()
    _check_states("signs_in", policy.signs_in, wrong)
    for condition in policy.conditions:
        what = f"the condition on {', '.join(sorted(condition.permissions)) or 'nothing'}"
        if not condition.permissions:
            raise wrong(HOOK, f"{what} names no permission; remove it")
        if always := condition.permissions & {PUBLIC, SIGNED_IN}:
            raise wrong(HOOK, f"{what}: {min(always)!r} is everybody's and cannot be withheld")
        if unknown := condition.permissions - held:
            raise wrong(HOOK, f"{what}: no role holds {min(unknown)!r}; correct or remove it")
        if condition.states is None and not condition.feature:
            raise wrong(HOOK, f"{what} demands nothing; give states or a feature")
        if condition.feature and not _FEATURE.fullmatch(condition.feature):
            raise wrong(HOOK, f"feature {condition.feature!r} may hold small letters, digits and hyphens only")
        if not condition.refusal:
            raise wrong(HOOK, f"{what} has no refusal; say why the page is closed")
        _check_states(what, condition.states, wrong)


def _check_states(what: str, states: Iterable[str] | None, wrong: Wrong) -> None:
    if states is None:
        return
    named = frozenset(states)
    if not named:
        raise wrong(HOOK, f"{what} names no state; leave states out for any")
    if unknown := named - set(STANDINGS):
        raise wrong(HOOK, f"{what}: state {min(unknown)!r} is unknown (known: {', '.join(STANDINGS)})")
