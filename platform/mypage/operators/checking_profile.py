"""What an operator's profile form says of itself."""

from __future__ import annotations

from collections import Counter

from mypage.operators.checking_base import Wrong
from mypage.operators.operator import Operator

_PAPER = ("name", "kana", "birth-date")
_COLUMNS = ("name", "kana", "phone", "email")


def check_profile(operator: Operator, wrong: Wrong) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""
    form = operator.profile_form
    if form is None:
        return
    for name, count in Counter(field.name for field in form.fields).items():
        if count > 1 or not name.isidentifier():
            raise wrong("profile_form_items", f"name {name!r} is used twice, or is no identifier")
    kinds = Counter(str(field.kind) for field in form.fields)
    for kind in _COLUMNS:
        if kinds[kind] > 1:
            raise wrong("profile_form_items", f"there are {kinds[kind]} fields of kind {kind!r}; keep one")
    for field in form.fields:
        if field.kind in _PAPER and not field.locked:
            raise wrong("profile_form_items", f"{field.name!r} changes on paper; lock it")
        if field.kind == "choice" and not field.choices:
            raise wrong("profile_form_items", f"{field.name!r} offers nothing to choose from")
