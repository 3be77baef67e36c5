"""Services of the console that no request of the ring reaches, called directly: module → a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from mypage.staff.ending.closing import end_due
from mypage.testing.guard import UnfilteredStatement
from portal_rows import operator_of


def _search(both: Any) -> None:
    mine = both.browser(1)
    for typed in ("2000001", "青森", "taro@example.jp", "0177123456"):
        both.office.wait(mine.send("POST", "/search", form={"q": typed}))
    both.office.wait(mine.send("GET", "/queue?q=abc"))


def _end_due(both: Any) -> None:
    portal = both.twins.portals[1]
    with suppress(UnfilteredStatement):
        portal.run(lambda tx: end_due(tx, 5, operator=operator_of(portal)))


CALLS: Mapping[str, Callable[[Any], object]] = {
    "staff.search.service": _search,
    "staff.queue.listing": _search,
    "staff.ending.closing": _end_due,
}
