"""Filing a form: input with files and addresses by postal code, check, done (BIZ-61, BIZ-65)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mypage.db.keys import Vault
from mypage.forms.choices import TickField
from mypage.forms.drafts import DraftContent, draft_id_of, drop_draft, named_draft, save_draft
from mypage.forms.form import PortalForm
from mypage.forms.wizard import once, recall
from mypage.hooks.permissions import REQUEST_FILE
from mypage.hooks.requests import RequestCatalogue, RequestField, RequestForm
from mypage.lib.errors import NotAllowed, NotFound, StaleForm
from mypage.requests.content import ContentRow, content_rows
from mypage.requests.errors import BadFile, OpenAlready, TooMany
from mypage.requests.files import FileFacts, add_file, by_field, drop_absent, drop_file, files_of_draft, keeper
from mypage.requests.forms import PREFIX, Sheet, Today, fill_address, make_sheet, posted_contract
from mypage.requests.having import read_having
from mypage.requests.pages import AddressFields, RequestConfirmPage, RequestDonePage, RequestInputPage
from mypage.requests.reading import find_request
from mypage.requests.routes import REQUESTS, words_of
from mypage.requests.service import Filing, file_request, open_request
from mypage.requests.views import address_view, field_views
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes of a form with its files; a file that is too large alone is said at its field."""
_REFUSED: Mapping[str, str] = {
    "empty": "%(name)s is empty.",
    "large": "%(name)s is too large.",
    "type": "%(name)s is not of a type that we can take.",
    "broken": "%(name)s is damaged, or not what its name says. Please save it anew.",
    "active": "%(name)s holds programs or other files. Please print it into a plain PDF.",
    "many": "There are too many files. Please leave some out.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wizard:
    """The form that a page is about."""

    words: RequestCatalogue
    rules: RequestForm
    fields: tuple[RequestField, ...]
    today: Today

    @property
    def name(self) -> str:
        """Under which drafts are kept: two forms can be filled in beside each other."""
        return f"request-{self.rules.code}"


@get("/requests/new/{form:str}", name="request-new", permission=REQUEST_FILE, capability=REQUESTS)
def new(rq: PortalRequest) -> Reply:
    """The form, with what is known of the customer; with `edit`, with what was entered before the check."""
    wizard = _wizard(rq)
    draft = _draft(rq, wizard, rq.query.get("edit", ""))
    draft_id = draft.id if draft else uuid.uuid4()
    sheet = _sheet(rq, wizard, values=draft.data["values"] if draft else None, contract=_of(draft, "contract"))
    return _input(rq, wizard, sheet, draft_id)


@post(
    "/requests/new/{form:str}",
    name="request-new",
    permission=REQUEST_FILE,
    capability=REQUESTS,
    limit=BODY_LIMIT,
    uploads=True,
)
def entered(rq: PortalRequest) -> Reply:
    """Take the files, check what was entered, and go on; the buttons of files and of the address stay on the page."""
    wizard = _wizard(rq)
    draft_id = draft_id_of(rq.form.get("draft", "")) or uuid.uuid4()
    sheet = _sheet(rq, wizard, data=rq.form, contract=posted_contract(rq.form))
    problems = _take_files(rq, wizard, draft_id)
    if taken_out := draft_id_of(rq.form.get("remove", "")):
        drop_file(rq.tx, owner=keeper(rq.principal), draft_id=draft_id, file_id=taken_out)
        return _input(rq, wizard, sheet, draft_id)
    if lookup := rq.form.get("lookup", ""):
        return _input(rq, wizard, sheet, draft_id, problem=fill_address(sheet, lookup[:100]))
    files = by_field(files_of_draft(rq.tx, owner=keeper(rq.principal), draft_id=draft_id))
    good = sheet.check(rq.t, {name: len(each) for name, each in files.items()})
    there = {field.name for field in sheet.present()}
    for name, message in problems:
        if name in there:
            # What was wrong with a file says more than that there is none.
            sheet.form[name].errors = [message]
            good = False
    if not good:
        return _input(rq, wizard, sheet, draft_id, status=422)
    drop_absent(rq.tx, owner=keeper(rq.principal), draft_id=draft_id, fields=tuple(there))
    kept = {"values": dict(sheet.filled()), "contract": sheet.contract, "language": rq.locale}
    life = rq.operator.sessions.idle
    vault = rq.ports.get(Vault)
    save_draft(rq.tx, vault, owner=rq.owner, wizard=wizard.name, data=kept, life=life, draft_id=draft_id)
    return Go("request-confirm", {"form": wizard.rules.code, "draft": draft_id})


@get(
    "/requests/new/{form:str}/address/{field:str}", name="request-address", permission=REQUEST_FILE, capability=REQUESTS
)
def address(rq: PortalRequest) -> Reply:
    """The address of a postal code, for the form while one types; nothing changes for an unknown or unfinished one."""
    wizard = _wizard(rq)
    name = str(rq.params["field"])
    posted = {f"{PREFIX}-{name}": [rq.query.get(f"{PREFIX}-{name}", "")[:40]]}
    sheet = _sheet(rq, wizard, data=posted, contract="")
    view = address_view(rq, sheet, wizard.today, name)
    if view is None:
        raise NotFound
    problem = fill_address(sheet, name)
    known = any(fill.input and sheet.form.text(fill.input) for fill in view.fills)
    headers = {} if known else {"HX-Reswap": "none"}
    return Show(AddressFields(view=view, form=sheet.form, problem=problem), headers=headers)


@get("/requests/new/{form:str}/confirm", name="request-confirm", permission=REQUEST_FILE, capability=REQUESTS)
def confirm(rq: PortalRequest) -> Reply:
    """Everything that would be sent, with what to agree to besides."""
    wizard, text = _wizard(rq), rq.query.get("draft", "")
    draft = _draft(rq, wizard, text)
    if draft is None:
        return _after_the_end(rq, wizard, text)
    sheet, files = _again(rq, wizard, draft)
    if sheet is None:
        return _changed(rq, wizard, draft)
    return Show(_confirm_page(rq, wizard, sheet, draft, files))


@post("/requests/new/{form:str}/confirm", name="request-confirm", permission=REQUEST_FILE, capability=REQUESTS)
def commit(rq: PortalRequest) -> Reply:
    """File it once."""
    wizard, text = _wizard(rq), rq.form.get("operation", "")
    draft = _draft(rq, wizard, text)
    if draft is None:
        return _after_the_end(rq, wizard, text)
    sheet, files = _again(rq, wizard, draft)
    if sheet is None:
        return _changed(rq, wizard, draft)
    form = _agreeing(rq, wizard, sheet, posted=True)
    if not form.validate():
        return Show(_confirm_page(rq, wizard, sheet, draft, files, form), 422)
    try:
        done = once(
            rq.tx,
            str(draft.id),
            owner=rq.owner,
            wizard=wizard.name,
            effect=lambda: _file(rq, wizard, sheet, draft, files, form),
        )
    except OpenAlready:
        rq.flash("warn", rq.t("Another request of this kind was sent meanwhile. Please check."))
        return Go("request-confirm", {"form": wizard.rules.code, "draft": draft.id})
    except TooMany:
        rq.flash("warn", rq.t("Nothing more can be sent online today. Please call us if it is urgent."))
        return Go("request-confirm", {"form": wizard.rules.code, "draft": draft.id})
    return Go("request-done", {"form": wizard.rules.code, "operation": draft.id}) if done.result else _home(wizard)


@get("/requests/new/{form:str}/done", name="request-done", permission=REQUEST_FILE, capability=REQUESTS)
def done(rq: PortalRequest) -> Reply:
    """The number, and what happens next."""
    wizard = _wizard(rq)
    result = recall(rq.tx, rq.query.get("operation", ""), owner=rq.owner, wizard=wizard.name)
    if not result:
        return _home(wizard)
    found = find_request(rq.tx, rq.principal, uuid.UUID(result["request"]))
    return Show(
        RequestDonePage(
            words=wizard.words,
            rules=wizard.rules,
            number=found.number,
            due_on=found.due_on,
            request_url=rq.href("request", request_id=found.id),
            catalogue_url=rq.href("requests"),
        )
    )


def _wizard(rq: PortalRequest) -> Wizard:
    """Raises NotFound for a form that is none or opens another page, NotAllowed for one of others."""
    words = words_of(rq)
    rules = words.forms.get(str(rq.params["form"]))
    if rules is None or rules.opens:
        raise NotFound
    if not rq.principal.may(rules.permission):
        raise NotAllowed
    today = Today(day=rq.tx.today(), closed=rq.operator.desk.closed)
    return Wizard(words=words, rules=rules, fields=words.fields_of(rules), today=today)


def _sheet(
    rq: PortalRequest, wizard: Wizard, *, data: Any = None, values: Mapping[str, Any] | None = None, contract: str
) -> Sheet:
    having = read_having(rq.tx, rq.principal, wizard.rules, wizard.fields, contract=contract)
    return make_sheet(
        rq.t,
        wizard.rules,
        wizard.fields,
        having,
        wizard.today,
        data,
        values,
        contract_label=wizard.words.contract_label,
    )


def _input(
    rq: PortalRequest, wizard: Wizard, sheet: Sheet, draft_id: uuid.UUID, *, status: int = 200, problem: str = ""
) -> Reply:
    files = by_field(files_of_draft(rq.tx, owner=keeper(rq.principal), draft_id=draft_id))
    page = RequestInputPage(
        words=wizard.words,
        rules=wizard.rules,
        views=field_views(rq, sheet, wizard.today, files),
        form=sheet.form,
        draft=str(draft_id),
        action_url=rq.href("request-new", form=wizard.rules.code),
        catalogue_url=rq.href("requests"),
        contract=_contract_text(sheet),
        has_files=any(field.kind == "file" for field in wizard.fields),
        problem=problem,
        errors=tuple(sheet.form.errors_for_summary()),
    )
    return Show(page, status)


def _take_files(rq: PortalRequest, wizard: Wizard, draft_id: uuid.UUID) -> list[tuple[str, str]]:
    """Keep what is good, whatever else is wrong, so that nobody has to choose it again; say what is not."""
    found: list[tuple[str, str]] = []
    for field in wizard.fields:
        if field.kind != "file":
            continue
        for upload in rq.form.files.get(f"{PREFIX}-{field.name}", ()):
            try:
                add_file(
                    rq.tx,
                    rq.ports.get(Vault),
                    owner=keeper(rq.principal),
                    draft_id=draft_id,
                    field=field.name,
                    rule=field.files,
                    name=upload.name,
                    content=upload.content,
                )
            except BadFile as bad:
                found.append((field.name, rq.t(_REFUSED[bad.code], name=upload.name[:100])))
    return found


def _draft(rq: PortalRequest, wizard: Wizard, text: str) -> DraftContent | None:
    return named_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=wizard.name, text=text)


def _of(draft: DraftContent | None, name: str) -> str:
    return str(draft.data[name]) if draft else ""


def _again(rq: PortalRequest, wizard: Wizard, draft: DraftContent) -> tuple[Sheet | None, tuple[FileFacts, ...]]:
    """The draft, checked anew: a day may be over, a service gone. None when it does not hold any more."""
    files = files_of_draft(rq.tx, owner=keeper(rq.principal), draft_id=draft.id)
    sheet = _sheet(rq, wizard, values=draft.data["values"], contract=_of(draft, "contract"))
    counts = {name: len(each) for name, each in by_field(files).items()}
    if sheet.contract != _of(draft, "contract") or not sheet.check(rq.t, counts):
        return None, files
    return sheet, files


def _rows(rq: PortalRequest, wizard: Wizard, sheet: Sheet, files: tuple[FileFacts, ...]) -> tuple[ContentRow, ...]:
    names = {name: [file.name for file in each] for name, each in by_field(files).items()}
    return content_rows(rq.t, wizard.fields, sheet.filled(), sheet.having, names)


def _agreeing(rq: PortalRequest, wizard: Wizard, sheet: Sheet, *, posted: bool = False) -> PortalForm:
    """What is ticked on the confirm page: that an open one is known, and that the consequences are understood."""
    fields: dict[str, Any] = {}
    if wizard.rules.warns_twice and _open_number(rq, wizard, sheet):
        fields["besides"] = TickField("Send this one as well")
    if wizard.rules.understood:
        fields["understood"] = TickField(wizard.rules.understood)
    return PortalForm(fields, rq.form if posted else None, t=rq.t)


def _open_number(rq: PortalRequest, wizard: Wizard, sheet: Sheet) -> str:
    contract = sheet.having.contract
    return open_request(rq.tx, rq.principal, wizard.rules, contract.id if contract else None) or ""


def _confirm_page(
    rq: PortalRequest,
    wizard: Wizard,
    sheet: Sheet,
    draft: DraftContent,
    files: tuple[FileFacts, ...],
    form: PortalForm | None = None,
) -> RequestConfirmPage:
    code = wizard.rules.code
    form = form or _agreeing(rq, wizard, sheet)
    return RequestConfirmPage(
        words=wizard.words,
        rules=wizard.rules,
        rows=_rows(rq, wizard, sheet, files),
        form=form,
        contract=_contract_text(sheet),
        operation=str(draft.id),
        action_url=rq.href("request-confirm", form=code),
        back_url=rq.href("request-new", form=code, edit=draft.id),
        here_url=rq.href("request-confirm", form=code, draft=draft.id),
        open_number=_open_number(rq, wizard, sheet) if wizard.rules.warns_twice else "",
        errors=tuple(form.errors_for_summary()),
    )


def _file(
    rq: PortalRequest,
    wizard: Wizard,
    sheet: Sheet,
    draft: DraftContent,
    files: tuple[FileFacts, ...],
    form: PortalForm,
) -> Mapping[str, Any]:
    rows = list(_rows(rq, wizard, sheet, files))
    if wizard.rules.understood:
        read = rq.t(wizard.rules.understood)
        rows.append(ContentRow(name="understood", kind="consent", label=wizard.rules.understood, value="1", read=read))
    contract = sheet.having.contract
    filing = Filing(
        form=wizard.rules,
        rows=rows,
        contract_id=contract.id if contract else None,
        draft_id=draft.id,
        owner=keeper(rq.principal),
        language=rq.locale,
    )
    if "besides" in form:
        filing = replace(filing, besides=True)
    made = file_request(rq.tx, rq.ports.get(Vault), rq.operator, rq.principal, filing)
    drop_draft(rq.tx, owner=rq.owner, wizard=wizard.name)
    return {"request": str(made.id)}


def _contract_text(sheet: Sheet) -> str:
    held = sheet.having.contract
    return f"{held.number} {held.name}" if held else ""


def _changed(rq: PortalRequest, wizard: Wizard, draft: DraftContent) -> Reply:
    rq.flash("warn", rq.t("Something has changed meanwhile. Please check what you entered."))
    return Go("request-new", {"form": wizard.rules.code, "edit": draft.id})


def _home(wizard: Wizard) -> Reply:
    return Go("request-new", {"form": wizard.rules.code})


def _after_the_end(rq: PortalRequest, wizard: Wizard, text: str) -> Reply:
    if not text:
        return _home(wizard)
    if recall(rq.tx, text, owner=rq.owner, wizard=wizard.name):
        return Go("request-done", {"form": wizard.rules.code, "operation": text})
    raise StaleForm
