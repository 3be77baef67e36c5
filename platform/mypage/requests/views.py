"""Rows of forms and requests as the pages show them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from mypage.db.session import Tx
from mypage.forms.fields import PortalForm, TextAreaField
from mypage.hooks.requests import RequestCatalogue, RequestField, RequestForm, RequestStep
from mypage.requests.file_types import ENDINGS
from mypage.requests.files import FileFacts
from mypage.requests.forms import AGAIN, Sheet, Today, days_of
from mypage.requests.models import OPEN_REQUESTS
from mypage.requests.pages import (
    Case,
    CataloguePage,
    FieldView,
    FileView,
    FormLink,
    RequestLine,
    RequestPage,
    SectionView,
    TimelineRow,
)
from mypage.requests.reading import Filed, Listed, list_requests
from mypage.requests.service import LONGEST_ANSWER
from mypage.web.request import PortalRequest

RECENT = 3
BADGES: Mapping[str, tuple[str, str]] = {
    "filed": ("", "inbox"),
    "working": ("warn", "clock"),
    "asked": ("danger", "mail"),
    "done": ("ok", "check"),
    "returned": ("danger", "no"),
    "withdrawn": ("", "minus"),
}
"""Kind and icon of a state's badge."""
_SAID: Mapping[RequestStep, str] = {
    "filed": "We have received it.",
    "working": "Somebody of ours checks it.",
    "answered": "Your answer has arrived.",
    "done": "It is completed.",
    "returned": "We could not carry it out.",
    "withdrawn": "You have taken it back.",
}


def catalogue_page(rq: PortalRequest, tx: Tx, words: RequestCatalogue) -> CataloguePage:
    """Sections with the forms that this account may file, those that fit the search alone where there is one."""
    query = rq.query.get("q", "").strip()[:100]
    sought = _folded(query).split()
    may = {code: form for code, form in words.forms.items() if rq.principal.may(form.permission)}
    fitting = {code for code, form in may.items() if all(word in _searched(rq, form) for word in sought)}
    sections = tuple(
        SectionView(s.code, s.title, tuple(_link(rq, form) for form in s.forms if form.code in fitting))
        for s in words.sections
    )
    recent = list_requests(tx, rq.principal, size=RECENT).requests
    return CataloguePage(
        words=words,
        sections=tuple(section for section in sections if section.forms),
        popular=tuple(_link(rq, form) for form in may.values() if form.popular),
        query=query,
        found=len(fitting),
        total=len(may),
        here_url=rq.href("requests"),
        list_url=rq.href("requests-filed"),
        recent=tuple(line_of(rq, words, each) for each in recent),
    )


def line_of(rq: PortalRequest, words: RequestCatalogue, listed: Listed) -> RequestLine:
    """A line of a list."""
    kind, mark = BADGES[listed.state]
    return RequestLine(
        number=listed.number,
        title=listed.title,
        state=words.state_word(listed.state),
        kind=kind,
        mark=mark,
        filed_at=listed.filed_at,
        contract_number=listed.contract_number,
        url=rq.href("request", request_id=listed.id),
    )


def field_views(
    rq: PortalRequest, sheet: Sheet, today: Today, files: Mapping[str, tuple[FileFacts, ...]]
) -> tuple[FieldView, ...]:
    """The rows of a form: what hangs on an option stands within the field that offers it."""
    return _views(rq, sheet, today, files, sheet.fields, under="")


def address_view(rq: PortalRequest, sheet: Sheet, today: Today, name: str) -> FieldView | None:
    """The row of one postal code, with those that it fills."""
    field = next((f for f in sheet.fields if f.name == name and f.kind == "postal"), None)
    return _view(rq, sheet, today, {}, field) if field is not None else None


def request_page(rq: PortalRequest, words: RequestCatalogue, filed: Filed, answer: PortalForm | None) -> RequestPage:
    """One request with all that its customer may know and do."""
    rules = words.forms.get(filed.form)
    question = filed.question
    files = rq.principal.may("request.file")
    form = answer or (answer_form(rq) if question is not None and files else None)
    back = rules is not None and filed.state in rules.withdrawable and filed.state in OPEN_REQUESTS
    return RequestPage(
        words=words,
        title=filed.title,
        number=filed.number,
        state=filed.state,
        state_word=words.state_word(filed.state),
        filed_at=filed.filed_at,
        contract_number=filed.contract_number,
        due_on=filed.due_on,
        timeline=_timeline(words, filed),
        rows=filed.rows,
        files=tuple(_file(rq, file) for file in filed.files),
        list_url=rq.href("requests-filed"),
        question=tuple(question.body.splitlines()) if question is not None else (),
        question_id=str(question.id) if question is not None else "",
        answer_form=form if question is not None else None,
        answer_url=rq.href("request-answer", request_id=filed.id),
        withdraw_url=rq.href("request-withdraw", request_id=filed.id) if back and files else "",
        no_withdrawal=rules.no_withdrawal if rules is not None and not back and filed.state in OPEN_REQUESTS else "",
        errors=tuple(form.errors_for_summary()) if form is not None else (),
    )


def answer_form(rq: PortalRequest, *, posted: bool = False) -> PortalForm:
    """The answer to a question of staff."""
    field = TextAreaField("Your answer", max_length=LONGEST_ANSWER, render_kw={"rows": "5"})
    return PortalForm({"answer": field}, rq.form if posted else None, t=rq.t)


def _views(
    rq: PortalRequest,
    sheet: Sheet,
    today: Today,
    files: Mapping[str, tuple[FileFacts, ...]],
    fields: Sequence[RequestField],
    *,
    under: str,
) -> tuple[FieldView, ...]:
    filled = {name for field in sheet.fields for name in field.fills}
    return tuple(
        _view(rq, sheet, today, files, field)
        for field in fields
        if (field.when.name if field.when else "") == under and field.name not in filled
    )


def _view(
    rq: PortalRequest,
    sheet: Sheet,
    today: Today,
    files: Mapping[str, tuple[FileFacts, ...]],
    field: RequestField,
) -> FieldView:
    by_name = {each.name: each for each in sheet.fields}
    return FieldView(
        field=field,
        input=field.name if field.asks else "",
        again=field.name + AGAIN if field.again else "",
        value="" if field.asks else sheet.having.value(field),
        fills=tuple(_view(rq, sheet, today, files, by_name[name]) for name in field.fills),
        address_url=rq.href("request-address", form=sheet.rules.code, field=field.name)
        if field.kind == "postal"
        else "",
        cases=_cases(rq, sheet, today, files, field),
        files=tuple(FileView(id=str(f.id), name=f.name, size=f.size) for f in files.get(field.name, ())),
        limits=_limits(rq, field, today),
        accept=",".join(ENDINGS[kind] for kind in field.files.types) if field.kind == "file" else "",
    )


def _cases(
    rq: PortalRequest,
    sheet: Sheet,
    today: Today,
    files: Mapping[str, tuple[FileFacts, ...]],
    field: RequestField,
) -> tuple[Case, ...]:
    hanging = [each for each in sheet.fields if each.when is not None and each.when.name == field.name]
    found: list[Case] = []
    for values in dict.fromkeys(each.when.values for each in hanging if each.when is not None):
        chosen = [(n, o.label) for n, o in enumerate(field.choices, 1) if o.value in values]
        group = [each for each in hanging if each.when is not None and each.when.values == values]
        found.append(
            Case(
                numbers=tuple(number for number, _ in chosen),
                labels=tuple(label for _, label in chosen),
                views=_views(rq, sheet, today, files, group, under=field.name),
            )
        )
    return tuple(found)


def _limits(rq: PortalRequest, field: RequestField, today: Today) -> tuple[str, ...]:
    t = rq.t
    if field.kind == "date":
        first, last = days_of(field.window, today)
        said = t("From %(first)s to %(last)s.", first=f"{first:%Y/%m/%d}", last=f"{last:%Y/%m/%d}")
        return (said, t("Saturdays, Sundays and holidays cannot be chosen.")) if field.window.business else (said,)
    if field.kind == "file":
        kinds = t(", ").join(kind.upper() for kind in field.files.types)
        text = "%(kinds)s, up to %(size)s MB each, at most %(count)s files."
        return (t(text, kinds=kinds, size=field.files.megabytes, count=field.files.most),)
    return ()


def _timeline(words: RequestCatalogue, filed: Filed) -> tuple[TimelineRow, ...]:
    is_open = filed.state in OPEN_REQUESTS
    last = len(filed.steps) - 1
    rows = [
        TimelineRow(
            title=words.state_word(step.step) if step.step != "answered" else "Your answer",
            state="now" if is_open and place == last else "done",
            at=step.at,
            text=_SAID.get(step.step, ""),  # type: ignore[call-overload]
            body=tuple(step.body.splitlines()),
        )
        for place, step in enumerate(filed.steps)
    ]
    if is_open:
        rows.append(TimelineRow(title=words.state_word("done"), state="todo", text=words.soon))
    return tuple(rows)


def _file(rq: PortalRequest, file: FileFacts) -> FileView:
    url = rq.href("request-file", file_id=file.id)
    return FileView(id=str(file.id), name=file.name, size=file.size, url=url)


def _link(rq: PortalRequest, form: RequestForm) -> FormLink:
    url = rq.href(form.opens) if form.opens else rq.href("request-new", form=form.code)
    return FormLink(form.title, url)


def _searched(rq: PortalRequest, form: RequestForm) -> str:
    return _folded(" ".join((rq.t(form.title), form.title, form.words, rq.t(form.lead) if form.lead else "")))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
