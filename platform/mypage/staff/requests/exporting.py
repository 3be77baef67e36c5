"""Requests of a form or a section as a file: a line each, a column for each field."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from mypage.audit.trail import record
from mypage.auth.models import Customer
from mypage.db.session import Tx
from mypage.hooks.requests import RequestCatalogue
from mypage.lib.clock import TOKYO
from mypage.lib.errors import NotFound
from mypage.lib.tabular import Cell, CsvStream
from mypage.requests.content import rows_of
from mypage.requests.models import Request
from mypage.requests.reading import requests_for_staff
from mypage.staff.queue.means import Means
from mypage.staff.queue.views import means_of
from mypage.staff.requests.kind import cell, form_title
from mypage.web.replies import Download
from mypage.web.request import PortalRequest

MOST_ROWS = 10_000
DAYS = 92
"""How far back a file goes where the address says nothing."""
HEADER = ("Request number", "Form", "Status", "Sent on", "Ended on", "Customer number", "Customer", "Contract")


def codes_of(catalogue: RequestCatalogue, wanted: str) -> tuple[str, ...]:
    """The forms of a section `s-…` or one form `f-…`; all for "". Empty for what is none."""
    kind, _, code = wanted.partition("-")
    if not wanted:
        return tuple(catalogue.forms)
    if kind == "f":
        return (code,) if code in catalogue.forms else ()
    section = next((s for s in catalogue.sections if kind == "s" and s.code == code), None)
    return tuple(form.code for form in section.forms) if section is not None else ()


def export_requests(rq: PortalRequest, tx: Tx) -> Download:
    """Up to MOST_ROWS requests of a time, the oldest first; the trail says who took them. Raises NotFound."""
    means, t = means_of(rq), rq.t
    catalogue = means.operator.requests
    codes = codes_of(catalogue, rq.query.get("section", "")) if catalogue is not None else ()
    if catalogue is None or not codes:
        raise NotFound
    until = _day(rq.query.get("until", "")) or tx.today()
    since = _day(rq.query.get("since", "")) or until - timedelta(days=DAYS)
    found = requests_for_staff(
        tx, codes, since=_midnight(since), until=_midnight(until + timedelta(days=1)), limit=MOST_ROWS
    )
    labels = dict.fromkeys(
        (row.name, row.label) for request, _ in found for row in rows_of(request.content) if row.kind != "note"
    )
    customers = _customers(tx, [request for request, _ in found])
    header = [t(name) for name in HEADER] + [means.words(label) for _, label in labels]

    def cells(request: Request, contract: str) -> tuple[Cell, ...]:
        rows = {(row.name, row.label): row for row in rows_of(request.content)}
        number, name = customers[request.customer_id]
        return (
            request.number,
            form_title(request.form, means),
            means.words(catalogue.state_word(request.state)),
            _local(request.filed_at),
            _local(request.closed_at) if request.closed_at else None,
            number,
            name,
            contract,
            *(cell(rows.get(key), means) for key in labels),
        )

    stream = CsvStream(header, [cells(request, contract) for request, contract in found])
    content = b"".join(stream)
    record(
        tx,
        "request.exported",
        "request",
        "",
        after={"rows": len(found), "forms": ", ".join(codes)[:500], "since": since, "until": until},
    )
    return Download(content, stream.media_type, filename=f"{_file_title(catalogue, codes, means)}-{until:%Y%m%d}.csv")


def _file_title(catalogue: RequestCatalogue, codes: tuple[str, ...], means: Means) -> str:
    if len(codes) == 1:
        return form_title(codes[0], means)
    section = catalogue.section_of(codes[0])
    whole = section is not None and len(codes) == len(section.forms)
    return means.words(section.title if section is not None and whole else catalogue.title)


def _customers(tx: Tx, requests: list[Request]) -> dict[object, tuple[str, str]]:
    ids = {request.customer_id for request in requests}
    rows = tx.execute(
        select(Customer.id, Customer.number, Customer.name).where(Customer.tenant_id == tx.tenant, Customer.id.in_(ids))
    )
    return {row.id: (row.number, row.name) for row in rows}


def _local(at: datetime) -> datetime:
    return at.astimezone(TOKYO).replace(tzinfo=None)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TOKYO)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= date(2999, 1, 1) else None
