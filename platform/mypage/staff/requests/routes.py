"""Requests for staff: their queue by section and form, print view, files, and export."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import fields

from mypage.audit.trail import record
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.requests import REQUEST
from mypage.requests.files import file_for_staff, read_file
from mypage.requests.reading import request_for_staff
from mypage.staff.customers.service import find_customer
from mypage.staff.names import names_of
from mypage.staff.permissions import EXPORT, QUEUE_READ
from mypage.staff.queue.means import Means
from mypage.staff.queue.saying import who_is
from mypage.staff.queue.views import means_of, queue_page
from mypage.staff.requests.exporting import codes_of, export_requests
from mypage.staff.requests.kind import form_title, state_of, value_of
from mypage.staff.requests.pages import PrintPage, PrintStep, RequestQueuePage
from mypage.web.replies import Download, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get


@desk_get("/queue/requests", name="queue-requests", permission=QUEUE_READ)
def queue_requests(rq: PortalRequest) -> Reply:
    """Requests of all sections, of one section or of one form, what is due first."""
    return Show(_list(rq, rq.tx))


@desk_get("/requests/export", name="request-export", permission=EXPORT)
def request_export(rq: PortalRequest) -> Reply:
    """What was asked for, with the answers of each field in a column."""
    return export_requests(rq, rq.tx)


@desk_get("/requests/{request_id:uuid}/print", name="request-print", permission=QUEUE_READ)
def request_print(rq: PortalRequest) -> Reply:
    """All of a request on paper."""
    return Show(_print(rq, rq.tx))


@desk_get("/requests/files/{file_id:uuid}", name="request-attachment", permission=QUEUE_READ)
def request_attachment(rq: PortalRequest) -> Reply:
    """A file of a customer, always as a download; the trail says who took it."""
    facts, request_id = file_for_staff(rq.tx, rq.uuid_param("file_id"))
    filed = request_for_staff(rq.tx, request_id)
    record(
        rq.tx,
        "request.file_read",
        "request",
        filed.id,
        customer_id=filed.customer_id,
        after={"number": filed.number, "file": facts.name},
    )
    return Download(b"".join(read_file(rq.tx, rq.ports.get(Vault), facts.id)), facts.media_type, filename=facts.name)


def _list(rq: PortalRequest, tx: Tx) -> RequestQueuePage:
    means = means_of(rq)
    catalogue, section = means.operator.requests, rq.query.get("section", "")[:100]
    codes = codes_of(catalogue, section) if catalogue is not None else ()
    section = section if codes else ""
    page = queue_page(rq, tx, title="Requests", kinds=(REQUEST,), titles=codes if section else (), section=section)
    options = [("", rq.t("All"))]
    for each in catalogue.sections if catalogue is not None else ():
        options.append((f"s-{each.code}", means.words(each.title)))
        options += [(f"f-{form.code}", f"\u2003{means.words(form.title)}") for form in each.forms if not form.opens]
    return RequestQueuePage(
        **{field.name: getattr(page, field.name) for field in fields(page)},
        sections=tuple(options),
        section=section,
        content_url=rq.href("request-export", section=section or None)
        if rq.principal.may(EXPORT) and catalogue is not None
        else "",
    )


def _print(rq: PortalRequest, tx: Tx) -> PrintPage:
    filed, means = request_for_staff(tx, rq.uuid_param("request_id")), means_of(rq)
    customer = find_customer(tx, filed.customer_id)
    catalogue = means.operator.requests
    section = next((s for s in catalogue.sections if s.code == filed.section), None) if catalogue is not None else None
    names = names_of(tx, {each for step in filed.steps if (each := _uuid(step.author)) is not None})
    return PrintPage(
        company=means.words(means.operator.portal.company),
        title=form_title(filed.form, means),
        section=means.words(section.title) if section is not None else "",
        number=filed.number,
        state=state_of(filed, means),
        filed_at=filed.filed_at,
        closed_at=filed.closed_at,
        customer=customer.name,
        customer_number=customer.number,
        contract_number=filed.contract_number,
        rows=tuple((means.words(row.label), value_of(row, means)) for row in filed.rows),
        files=tuple((file.name, file.size) for file in filed.files),
        steps=tuple(
            PrintStep(
                at=step.at,
                title=_step_word(step.step, means),
                who=_who(rq, step.author, names),
                body=tuple(step.body.splitlines()),
            )
            for step in filed.steps
        ),
        back_url=rq.href("queue-requests"),
    )


def _step_word(step: str, means: Means) -> str:
    catalogue = means.operator.requests
    if step == "answered" or catalogue is None:
        return means.t("The customer has answered")
    return means.words(catalogue.state_word(step))


def _who(rq: PortalRequest, author: str, names: Mapping[uuid.UUID, str]) -> str:
    """A member of the staff by name; everybody else is the customer."""
    known = _uuid(author)
    return who_is(rq, author, names) if known is not None and known in names else rq.t("the customer")


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
