"""The page of figures."""

from __future__ import annotations

from collections.abc import Callable

from mypage.staff.figures.pages import Bar, Chart, FiguresPage, WaitingRow
from mypage.staff.figures.service import Day, days_of, unpaid_of, waiting_of
from mypage.staff.permissions import FIGURES
from mypage.staff.queue.kinds import KINDS
from mypage.web.replies import Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get


@desk_get("/figures", name="figures", permission=FIGURES)
def figures(rq: PortalRequest) -> Reply:
    """How much happened in the last month, what waits, and which payments failed."""
    t, days = rq.t, days_of(rq.tx)
    return Show(
        FiguresPage(
            charts=(
                _chart(t("Logins"), days, lambda day: day.logins),
                _chart(t("Orders"), days, lambda day: day.orders),
            ),
            days=days,
            ages=(t("Today"), t("1 or 2 days"), t("3 to 6 days"), t("7 days and more")),
            waiting=tuple(
                WaitingRow(
                    label=t(KINDS[each.kind].label) if each.kind in KINDS else each.kind,
                    ages=each.ages,
                    total=each.total,
                    url=rq.href("queue", kind=each.kind),
                )
                for each in waiting_of(rq.tx)
            ),
            unpaid=unpaid_of(rq.tx),
        )
    )


def _chart(title: str, days: tuple[Day, ...], value: Callable[[Day], int]) -> Chart:
    most = max((value(day) for day in days), default=0) or 1
    oldest_first = days[::-1]
    bars = tuple(Bar(each.day, round(value(each) * 100 / most), each is days[0]) for each in oldest_first)
    return Chart(title, sum(value(day) for day in days), bars)
