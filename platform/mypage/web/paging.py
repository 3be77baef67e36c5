"""Lists in pages: which page an address asks for, and the addresses of all of them."""

from __future__ import annotations

from dataclasses import dataclass

from mypage.web.request import PortalRequest


@dataclass(frozen=True, slots=True)
class Pager:
    """The pages of a list: `page` is the current one, from 1; `urls` the address of each in order."""

    page: int
    urls: tuple[str, ...]


def page_wanted(rq: PortalRequest) -> int:
    """The page that the address asks for; the first when it names none."""
    typed = rq.query.get("page", "")
    return max(1, int(typed)) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1


def pager_of(rq: PortalRequest, *, page: int, pages: int, **query: str | None) -> Pager | None:
    """The pages of the list that this route shows, its filters in `query`; None when there is only one."""
    if pages < 2:
        return None
    return Pager(page, tuple(rq.href(rq.route_name, **query, page=n if n > 1 else None) for n in range(1, pages + 1)))
