"""The first page of operators that greet their customers with what is registered (OCN-36 to OCN-41)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mypage.contracts.pages import Fact
from mypage.contracts.status import Status, status_of
from mypage.hooks.home import HomeNotice, HomeRow, StatusHome
from mypage.web.page import Page
from mypage.web.request import PortalRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage(Page):
    """A greeting, fixed notices and a table. A fact without a value is missing; `ending` is said on top of all."""

    template: ClassVar[str] = "contracts/status.html"

    title: str
    addressed: str
    greeting: tuple[str, ...]
    notices: tuple[HomeNotice, ...]
    heading: str
    table: str
    facts: tuple[Fact, ...]
    ending: str = ""


def status_page(rq: PortalRequest, home: StatusHome) -> StatusPage:
    """The page of who is signed in."""
    status = status_of(rq.tx, rq.principal)
    name = status.fields["kana" if home.name == "kana" and status.fields["kana"] else "name"]
    return StatusPage(
        title=home.title,
        addressed=_addressed(rq, name),
        greeting=home.greeting,
        notices=home.notices,
        heading=rq.t(home.heading, name=name) if home.heading else "",
        table=home.table,
        facts=tuple(Fact(row.label, _value(rq, row, status)) for row in home.rows),
        ending=home.ending if status.ending else "",
    )


def _value(rq: PortalRequest, row: HomeRow, status: Status) -> str:
    value = status.fields[row.field] if row.field is not None else status.details.get(row.detail, "")
    if row.field == "contract":
        return rq.t(value) if value else ""
    return _addressed(rq, value, " ") if row.honorific and value else value


def _addressed(rq: PortalRequest, name: str, gap: str = "") -> str:
    honorific = rq.operator.portal.honorific
    return f"{name}{gap}{rq.t(honorific)}" if honorific and rq.locale == "ja" else name
