"""Filed forms as a kind of work: what staff see of them, and how they end."""

from __future__ import annotations

import uuid

from mypage.db.session import Tx
from mypage.hooks.permissions import REQUEST_READ
from mypage.lib.tabular import Cell
from mypage.requests import service
from mypage.requests.content import ContentRow
from mypage.requests.models import OPEN_REQUESTS
from mypage.requests.reading import Filed, request_for_staff
from mypage.staff.queue.means import Act, Deciding, Kind, Line, Means, Moving, Subject, SubjectLink
from mypage.work.models import WorkItem


def _complete(tx: Tx, deciding: Deciding) -> None:
    means = deciding.means
    service.complete(
        tx,
        means.vault,
        means.operator,
        deciding.item.subject_id,
        by=str(means.by),
        told=deciding.told,
        note=deciding.note,
    )


def _return(tx: Tx, deciding: Deciding) -> None:
    means, reason = deciding.means, deciding.reason
    request = service.lock_request(tx, deciding.item.subject_id)
    words = means.operator.catalogues.get(request.language) or means.operator.catalogues["ja"]
    lines = (words(reason.told) if reason is not None and reason.told else "", deciding.told)
    service.send_back(
        tx,
        means.vault,
        means.operator,
        request.id,
        by=str(means.by),
        code=reason.code if reason is not None else "",
        told="\n".join(line for line in lines if line),
        note=deciding.why,
    )


COMPLETE = Act(
    name="complete",
    label="Complete",
    sure="“%(what)s” of %(customer)s is done. The customer is told so.",
    said="Completed.",
    carry=_complete,
    asks=frozenset({"told", "note"}),
)
RETURN = Act(
    name="return",
    label="Return to the customer",
    sure="“%(what)s” of %(customer)s is closed without being done. The customer is told why, and can send it anew.",
    said="Returned.",
    carry=_return,
    asks=frozenset({"reason", "told", "note"}),
    danger=True,
)


def form_title(code: str, means: Means) -> str:
    """The name of a form in the reader's language; the code of one that is not in the catalogue any more."""
    catalogue = means.operator.requests
    form = catalogue.forms.get(code) if catalogue is not None else None
    return means.words(form.title) if form is not None else code


def value_of(row: ContentRow, means: Means) -> str:
    """What was entered in a row, in the reader's language."""
    return row.text(means.words) if row.kind != "consent" else means.t("Agreed")


def state_of(filed: Filed, means: Means) -> str:
    """The state in the words that the customer reads."""
    catalogue = means.operator.requests
    return means.words(catalogue.state_word(filed.state)) if catalogue is not None else filed.state


def cell(row: ContentRow | None, means: Means) -> Cell:
    """A value for a file; nothing where the request has no such row."""
    return "" if row is None else value_of(row, means)


def _subject(tx: Tx, item: WorkItem, means: Means) -> Subject:
    filed = request_for_staff(tx, item.subject_id)
    catalogue = means.operator.requests
    section = next((s for s in catalogue.sections if s.code == filed.section), None) if catalogue is not None else None
    what = form_title(filed.form, means)
    lines = (
        Line(label="Form", value=what, note=means.words(section.title) if section is not None else ""),
        *((Line(label="Contract", value=filed.contract_number),) if filed.contract_number else ()),
        Line(label="What the customer sees", value=state_of(filed, means)),
        *(Line(label=means.words(row.label), value=value_of(row, means) or "–") for row in filed.rows),
    )
    return Subject(
        what=what,
        lines=lines,
        acts=(COMPLETE, RETURN) if filed.state in OPEN_REQUESTS else (),
        hint="Do what is asked for in your own system, then complete it." if filed.state in OPEN_REQUESTS else "",
        links=(
            *(SubjectLink(file.name, "request-attachment", {"file_id": file.id}, True) for file in filed.files),
            SubjectLink(means.t("Print view"), "request-print", {"request_id": filed.id}),
        ),
    )


def _lock(tx: Tx, subject_id: uuid.UUID) -> None:
    service.lock_request(tx, subject_id)


def _moved(tx: Tx, means: Means, item: WorkItem, act: Moving, body: str) -> bool | None:
    by = str(means.by)
    match act:
        case "taken":
            service.started(tx, means.vault, means.operator, item.subject_id, by=by)
        case "asked":
            return service.asked(tx, means.vault, means.operator, item.subject_id, by=by, question=body)
        case "answered":
            service.answered(tx, means.vault, means.operator, item.subject_id, by=by, text=body)
    return None


REQUESTS = Kind(
    label="Filed form",
    title=form_title,
    subject=_subject,
    notice_permission=REQUEST_READ,
    lock=_lock,
    moved=_moved,
)
