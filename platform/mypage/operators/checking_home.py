"""What an operator says about its first page: rows that show something, words that can be filled in."""

from __future__ import annotations

from typing import get_args

from mypage.hooks.home import HomeField
from mypage.operators.checking_base import Wrong, check_places
from mypage.operators.operator import Operator

HOOK = "status_home_items"


def check_home(operator: Operator, wrong: Wrong) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""
    page = operator.status_home
    if page is None:
        return
    if not page.title or not page.rows:
        raise wrong(HOOK, "the page needs a title and rows")
    if page.heading:
        check_places(HOOK, page.heading, ("name",), wrong)
    for row in page.rows:
        if not row.label:
            raise wrong(HOOK, f"the row of {row.field or row.detail!r} has no label")
        if bool(row.field) == bool(row.detail):
            raise wrong(HOOK, f"row {row.label!r} must show one thing: a field or a detail")
        if row.field is not None and row.field not in get_args(HomeField):
            known = ", ".join(get_args(HomeField))
            raise wrong(HOOK, f"row {row.label!r} shows {row.field!r} (known: {known})")
    for notice in page.notices:
        if not (notice.title and notice.lines):
            raise wrong(HOOK, f"notice {notice.title!r} needs a title and lines")
