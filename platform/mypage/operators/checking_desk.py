"""What an operator says about the work of its staff: kinds that there are, codes that mean one thing, real days."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from mypage.hooks.desk import APPLICATION, CARD_REVIEW, FAILURE, MAIL, ORDER, WorkRule
from mypage.hooks.requests import REQUEST
from mypage.operators.checking_base import Wrong
from mypage.operators.operator import Operator

KINDS = (CARD_REVIEW, APPLICATION, REQUEST, ORDER, FAILURE, MAIL)
LONGEST = 250
"""Business days: about a year."""
_CODE = re.compile(r"[a-z0-9-]{1,40}")
_LEAP_YEAR = 2024


def check_desk(operator: Operator, wrong: Wrong) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""
    desk = operator.desk
    for kind, rule in desk.kinds.items():
        if kind not in KINDS:
            raise wrong("desk_policy", f"kind {kind!r} is unknown (known: {', '.join(KINDS)})")
        _check_rule(kind, rule, wrong)
    _check_rule("usual", desk.usual, wrong)
    if not 0 < desk.answer_days <= LONGEST:
        raise wrong("desk_policy", f"answer_days is {desk.answer_days}; give 1 to {LONGEST}")
    for month, day in desk.closed:
        try:
            date(_LEAP_YEAR, month, day)
        except ValueError:
            raise wrong("desk_policy", f"closed names {month}/{day}, which is no day") from None
    _check_codes("papers: code", [paper.code for paper in desk.papers], wrong)
    if not desk.papers:
        raise wrong("desk_policy", "papers is empty; leave it out for the usual ones")
    if desk.secrets_an_hour < 1:
        raise wrong("desk_policy", f"secrets_an_hour is {desk.secrets_an_hour}; give 1 or more")
    if len(set(desk.closed)) > LONGEST:
        raise wrong("desk_policy", "closed leaves hardly a day on which somebody works")


def _check_rule(kind: str, rule: WorkRule, wrong: Wrong) -> None:
    if not 0 <= rule.days <= LONGEST:
        raise wrong("desk_policy", f"{kind}: days is {rule.days}; give 0 to {LONGEST}")
    for what, codes in (
        ("reason", [reason.code for reason in rule.reasons]),
        ("question", [question.code for question in rule.questions]),
    ):
        _check_codes(f"{kind}: {what}", codes, wrong)


def _check_codes(what: str, codes: Iterable[str], wrong: Wrong) -> None:
    seen: set[str] = set()
    for code in codes:
        if not _CODE.fullmatch(code):
            raise wrong("desk_policy", f"{what} {code!r} may hold small letters, digits and hyphens only")
        if code in seen:
            raise wrong("desk_policy", f"{what} {code!r} is used twice")
        seen.add(code)
