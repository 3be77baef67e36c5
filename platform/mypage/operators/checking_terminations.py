"""What an operator's form for the end of a contract says of itself, its products, and the law."""

from __future__ import annotations

import re
from collections import Counter
from typing import get_args, get_type_hints

from mypage.hooks.prices import UnitPrice
from mypage.hooks.terminations import EarlyEndFee, EndField, Termination
from mypage.lib.ending_law import check_early_end
from mypage.operators.checking_base import Wrong, check_places
from mypage.operators.operator import Operator

HOOK = "termination_items"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KINDS = get_args(get_type_hints(EndField)["kind"])
_ONCE = ("date", "reason", "detail", "email")


def check_termination(operator: Operator, wrong: Wrong) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""
    rules = operator.termination
    if rules is None:
        return
    _check_fields(rules, wrong)
    _check_reasons(rules, wrong)
    _check_options(operator, rules, wrong)
    if not 0 <= rules.days.earliest <= rules.days.latest:
        raise wrong(HOOK, f"days run from {rules.days.earliest} to {rules.days.latest}; the earliest comes first")
    for text in (rules.done, *rules.done_notes):
        check_places(HOOK, text, ("day", "address"), wrong)
    check_places(HOOK, rules.ends_title, ("day",), wrong)
    if rules.early is not None:
        _check_fee(operator, rules.early, wrong)


def _check_fields(rules: Termination, wrong: Wrong) -> None:
    names = Counter(field.name for field in rules.fields)
    kinds = Counter[str](field.kind for field in rules.fields)
    for field in rules.fields:
        if not _NAME.fullmatch(field.name) or names[field.name] > 1:
            raise wrong(HOOK, f"the name {field.name!r} of a field must be small letters, and its own")
        if field.kind not in _KINDS:
            raise wrong(HOOK, f"{field.name!r} has kind {field.kind!r} (known: {', '.join(_KINDS)})")
        if field.kind == "choice" and not field.choices:
            raise wrong(HOOK, f"{field.name!r} offers nothing to choose from; give choices")
    for kind in _ONCE:
        if kinds[kind] > 1:
            raise wrong(HOOK, f"there are {kinds[kind]} fields of kind {kind!r}; keep one")
    email = rules.field("email")
    if not kinds["date"] or email is None:
        raise wrong(HOOK, "the form needs a field of kind 'date' and one of kind 'email', which gets the receipt")
    if not email.again or not email.required:
        raise wrong(HOOK, f"{email.name!r} gets the receipt: it must be required, and entered again; give again")
    if kinds["detail"] and not kinds["reason"]:
        raise wrong(HOOK, "details belong to reasons; add a field of kind 'reason'")


def _check_reasons(rules: Termination, wrong: Wrong) -> None:
    if rules.field("reason") is not None and not rules.reasons:
        raise wrong(HOOK, "there is a field for the reason, but no reasons; give some")
    lists = [("reason", [reason.code for reason in rules.reasons])]
    lists += [(f"detail of {reason.code!r}", [detail.code for detail in reason.details]) for reason in rules.reasons]
    lists += [(f"choice of {field.name!r}", [choice.code for choice in field.choices]) for field in rules.fields]
    for what, codes in lists:
        if len(codes) != len(set(codes)) or "" in codes:
            raise wrong(HOOK, f"each {what} needs a code of its own: {', '.join(repr(code) for code in codes)}")
    detail = rules.field("detail")
    if detail is not None and detail.required:
        for reason in rules.reasons:
            if not reason.details:
                raise wrong(HOOK, f"reason {reason.code!r} has no details, but {detail.name!r} is required")


def _check_options(operator: Operator, rules: Termination, wrong: Wrong) -> None:
    for option in rules.options:
        for code in option.products:
            if code not in operator.products:
                raise wrong(HOOK, f"option {option.label!r} names product {code!r}, which does not exist")
        if not option.ends and not option.stays:
            raise wrong(HOOK, f"{option.label!r} cannot be ended online and does not say how it is; give stays")


def _check_fee(operator: Operator, fee: EarlyEndFee, wrong: Wrong) -> None:
    base = operator.products.get(fee.base)
    if base is None or not isinstance(base.price, UnitPrice):
        raise wrong(HOOK, f"early.base names {fee.base!r}, which is no product with a monthly price")
    try:
        check_early_end(
            monthly=base.price.monthly,
            penalty=fee.penalty,
            construction=fee.construction,
            months=fee.months,
            balance=fee.balance,
        )
    except ValueError as error:
        raise wrong(HOOK, f"early: {error}") from error
